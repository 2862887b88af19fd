package digest

import (
	"fmt"
	"math"
	"sort"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/metrics/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// proportionParts judges a share of trials: of those that end ok, or of those in which a probe succeeds.
func (d *Digest) proportionParts(c experiments.Claim, claims int) ([]Part, string) {
	if c.Metric == "" {
		c.Metric = "ok"
	}
	if !experiments.Proportion(c.Metric) {
		return nil, fmt.Sprintf("unknown share %q; known are ok, the share of trials that end ok, and can_..., that of trials in which a probe succeeds", c.Metric)
	}
	if _, err := d.Metric(c.Metric); c.Metric != "ok" && err != nil {
		return nil, err.Error()
	}
	if c.AtLeast == nil && c.AtMost == nil {
		return nil, "a proportion needs at_least or at_most"
	}
	cells, reason := d.chosen(c)
	var parts []Part
	for _, i := range cells {
		parts = append(parts, d.proportionPart(c, i, claims))
	}
	return parts, reason
}

// proportion counts the successes of a cell and the trials that can tell; where none can, it says why.
func (d *Digest) proportion(cell *Cell, metric string) (k, n int, none string) {
	if metric != "ok" {
		t := d.arm(cell, metric).successes()
		return t.k, t.n, "no trial has an answer: not testable here"
	}
	// Trials that the user ended or that could not be run say nothing of it.
	k, n = len(cell.Trials), len(cell.Trials)
	for status, count := range cell.Failed {
		if status != record.Killed && status != record.Skipped {
			n += count
		}
	}
	return k, n, "no trial ended by itself"
}

func (d *Digest) proportionPart(c experiments.Claim, i, claims int) Part {
	target := Target{AtLeast: c.AtLeast, AtMost: c.AtMost}
	p := Part{Title: Title(d.Cells[i].Cell), Left: i, Right: none, Metric: c.Metric, Target: target,
		Primary: noRange, Companion: noRange, P: math.NaN()}
	k, n, lacking := d.proportion(&d.Cells[i], c.Metric)
	if n == 0 {
		p.Verdict, p.Reason = NoData, lacking
		return p
	}
	wide, err := stat.ClopperPearson(k, n, 0.95)
	narrow, err2 := stat.ClopperPearson(k, n, 0.90)
	if err != nil || err2 != nil {
		p.Verdict, p.Reason = NoData, "no interval"
		return p
	}
	p.Primary = Range{wide.Estimate, wide.Lo, wide.Hi, narrow.Lo, narrow.Hi, n, "Clopper-Pearson", ""}
	p.P = target.shareP(k, n)
	p.Verdict, p.Reason = target.alone(p.Primary, d.gatesOf(p.Metric))
	p.need = func() int { return target.shareTrials(float64(k)/float64(n), alpha/float64(claims)) }
	return p
}

// alone is Judge for an exact interval, which needs no companion.
func (t Target) alone(r Range, gates []Gate) (verdict, reason string) {
	if broken := strictly(gates); broken != "" {
		return Inconclusive, broken
	}
	if verdict = t.judge(r); verdict == Inconclusive {
		reason = t.undecided(r)
	}
	return verdict, reason
}

// shareP returns the two-sided p of the exact binomial tests that the
// Clopper-Pearson interval inverts.
func (t Target) shareP(k, n int) float64 {
	outside, inside := 1.0, 0.0
	tails := func(b float64) (atMost, atLeast float64) { // of k under the share b
		if b <= 0 || b >= 1 {
			at := b * float64(n)
			return truth(float64(k) >= at), truth(float64(k) <= at)
		}
		x := distuv.Binomial{N: float64(n), P: b}
		return x.CDF(float64(k)), 1 - x.CDF(float64(k)-1)
	}
	if b := t.AtLeast; b != nil {
		below, above := tails(*b)
		outside, inside = min(outside, 2*below), max(inside, 2*above)
	}
	if b := t.AtMost; b != nil {
		below, above := tails(*b)
		outside, inside = min(outside, 2*above), max(inside, 2*below)
	}
	return min(1, outside, inside)
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// shareTrials returns the number of trials of which the interval at 1 - alpha
// lies clear of the bounds with a chance of 80 %, by exact binomial sums, if
// the share seen is the truth; 0 where 100 000 are not enough.
func (t Target) shareTrials(share, alpha float64) int {
	for n := leastN; n <= 100_000; n += 1 + n/20 {
		if t.sharePower(share, n, alpha) >= power {
			return n
		}
	}
	return 0
}

// sharePower returns the chance that n trials decide to the side of the share.
func (t Target) sharePower(share float64, n int, alpha float64) float64 {
	ends := func(k int) (lo, hi float64) {
		i, err := stat.ClopperPearson(k, n, 1-alpha)
		if err != nil {
			return math.NaN(), math.NaN()
		}
		return i.Lo, i.Hi
	}
	atMost := func(k int) float64 { // P(X <= k)
		switch {
		case k < 0:
			return 0
		case k >= n:
			return 1
		case share <= 0 || share >= 1:
			return truth(share <= 0)
		}
		return distuv.Binomial{N: float64(n), P: share}.CDF(float64(k))
	}
	least, most := t.ends()
	if t.within(share, share) == Supported { // from the first k above the lower bound to the last below the upper
		from := sort.Search(n+1, func(k int) bool { lo, _ := ends(k); return lo >= least })
		to := sort.Search(n+1, func(k int) bool { _, hi := ends(k); return !(hi <= most) }) - 1
		return max(0, atMost(to)-atMost(from-1))
	}
	below := sort.Search(n+1, func(k int) bool { _, hi := ends(k); return !(hi < least) }) - 1
	above := sort.Search(n+1, func(k int) bool { lo, _ := ends(k); return lo > most })
	return atMost(below) + 1 - atMost(above-1)
}

// ends returns the bounds, infinite where there is none.
func (t Target) ends() (least, most float64) {
	least, most = math.Inf(-1), math.Inf(1)
	if t.AtLeast != nil {
		least = *t.AtLeast
	}
	if t.AtMost != nil {
		most = *t.AtMost
	}
	return least, most
}
