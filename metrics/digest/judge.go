package digest

import (
	"fmt"
	"math"
	"strings"
)

// Verdicts of a claim.
const (
	Supported    = "supported"    // the 95 % interval lies wholly beyond the margin, on the claim's side
	Reversed     = "reversed"     // wholly beyond it on the other side
	Equivalent   = "equivalent"   // the 90 % interval lies inside the margin: two one-sided tests at 5 %
	Inconclusive = "inconclusive" // none of these, or something forbids to say
	Conditional  = "conditional"  // the cells of the claim disagree
	NoData       = "no data"      // there is nothing to judge
)

// Range is an estimate with its intervals at 95 and 90 %: of a ratio in favour
// of the claim's left side, or of a quantity in its own unit. NaN is absent.
type Range struct {
	Estimate           float64
	Lo95, Hi95         float64
	Lo90, Hi90         float64
	N                  int    // blocks, or trials of the smaller arm
	Method, Complaints string // how it was estimated; reservations in words
}

// Target is what a claim asks for. With neither bound it is a difference
// beyond Margin.
type Target struct {
	Margin          float64
	AtLeast, AtMost *float64
	Leeway          float64 // factor that the controls of the run could not have told from 1: intervals are taken as that much wider, each way; 0 for none
	Difference      bool    // estimates are differences of levels in [0, 1], Margin too; else ratios, or quantities
}

// reach returns the ends of the margin: within them nothing matters.
func (t Target) reach() (low, high float64) {
	if t.Difference {
		return -t.Margin, t.Margin
	}
	return 1 / (1 + t.Margin), 1 + t.Margin
}

// scaled takes an estimate to the scale on which it is symmetric: ratios to their logarithm.
func (t Target) scaled(v float64) float64 {
	if t.Difference {
		return v
	}
	return math.Log(v)
}

// under returns the target under the gates of a run.
func (t Target) under(gates []Gate) Target {
	for _, g := range gates {
		t.Leeway = max(t.Leeway, g.Leeway)
	}
	return t
}

// slack is the leeway on the scale of logarithms.
func (t Target) slack() float64 {
	if t.Leeway > 1 {
		return math.Log(t.Leeway)
	}
	return 0
}

// loosened is an interval with the leeway added to it.
func (t Target) loosened(r Range) Range {
	if t.slack() == 0 {
		return r
	}
	r.Lo95, r.Hi95, r.Lo90, r.Hi90 = t.least(r.Lo95), t.most(r.Hi95), t.least(r.Lo90), t.most(r.Hi90)
	return r
}

// least and most are the ends of what a value may be for all that the controls can tell.
func (t Target) least(v float64) float64 { e := max(1, t.Leeway); return min(v/e, v*e) }

func (t Target) most(v float64) float64 { e := max(1, t.Leeway); return max(v/e, v*e) }

// strictly says which gates forbid a verdict on what leeway, a factor, cannot be added to: those that are broken, or
// that leave any.
func strictly(gates []Gate) string {
	var words []string
	if broken := brokenGates(gates); broken != "" {
		words = append(words, broken)
	}
	for _, g := range gates {
		if g.Passed && g.Leeway > 1 {
			words = append(words, fmt.Sprintf("control %s is coarse, which no factor makes up for here: %s", g.Name, g.Detail))
		}
	}
	return strings.Join(words, "; ")
}

// leastN is the least number of blocks for which rank intervals reach 95 %.
const leastN = 6

// Judge returns the verdict on an estimate, and the reason wherever it is
// inconclusive. The companion, another estimator of the same quantity, must
// come to the same verdict; every gate must have passed.
func Judge(primary, companion Range, target Target, gates []Gate) (verdict, reason string) {
	broken := brokenGates(gates)
	if target.Difference {
		broken = strictly(gates)
	}
	if broken != "" {
		return Inconclusive, broken
	}
	target = target.under(gates)
	if min(primary.N, companion.N) < leastN {
		return Inconclusive, fmt.Sprintf("%d of the %d blocks that rank intervals need at 95 %%", min(primary.N, companion.N), leastN)
	}
	verdict = target.judge(primary)
	if verdict == Inconclusive {
		return verdict, target.undecided(primary)
	}
	if other := target.judge(companion); other != verdict {
		return Inconclusive, fmt.Sprintf("fragile: %s by %s, but %s by %s", verdict, primary.Method, other, companion.Method)
	}
	return verdict, ""
}

// judge is the rule for one estimator.
func (t Target) judge(r Range) string {
	r = t.loosened(r)
	if t.AtLeast != nil || t.AtMost != nil {
		return t.within(r.Lo95, r.Hi95)
	}
	low, high := t.reach()
	switch {
	case r.Lo95 > high:
		return Supported
	case r.Hi95 < low:
		return Reversed
	case r.Lo90 > low && r.Hi90 < high:
		return Equivalent
	}
	return Inconclusive
}

// within judges an interval against one bound or two: supported if it lies
// wholly inside, reversed if wholly outside. An end on the bound meets it.
func (t Target) within(lo, hi float64) string {
	least, most := math.Inf(-1), math.Inf(1)
	if t.AtLeast != nil {
		least = *t.AtLeast
	}
	if t.AtMost != nil {
		most = *t.AtMost
	}
	switch {
	case lo >= least && hi <= most:
		return Supported
	case hi < least || lo > most:
		return Reversed
	}
	return Inconclusive
}

func (t Target) undecided(r Range) string {
	low, high := t.reach()
	plain := t
	plain.Leeway = 0
	switch {
	case t.slack() > 0 && plain.judge(r) != Inconclusive:
		return fmt.Sprintf("%s, but not beyond the %.3gx that the controls leave open; more blocks narrow both", plain.judge(r), t.Leeway)
	case math.IsNaN(r.Lo95) || math.IsNaN(r.Hi95):
		return "no interval"
	case t.AtLeast != nil || t.AtMost != nil:
		return "the 95 % interval contains the bound"
	case r.Lo95 > low && r.Hi95 < high:
		return "the 90 % interval is not inside the margin" // intervals that are not nested
	}
	return "the 95 % interval reaches across the margin"
}

// brokenGates says which gates did not pass, or nothing.
func brokenGates(gates []Gate) string {
	var words []string
	for _, g := range gates {
		if !g.Passed {
			words = append(words, fmt.Sprintf("gate %s broken: %s", g.Name, g.Detail))
		}
	}
	return strings.Join(words, "; ")
}
