package digest

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"

	"forklore/metrics/stat"
)

// Comparison holds two cells against each other in one metric. Its ratios
// favour the left side: above 1 the left one is better, in a metric where less
// is better too.
type Comparison struct {
	Claim       string // ID; empty in the exploratory grid
	Axis        string // on which the two differ
	Metric      string
	Left, Right int // indices into Digest.Cells

	Paired              bool // by block; else the arms count as independent
	N                   int  // pairs; of unpaired arms, the smaller
	NLeft, NRight       int  // values that count in each arm
	LostLeft, LostRight int  // blocks that have a value in the other arm alone
	Disturbed           int  // trials of both arms that count though something disturbed them

	Theta   Range   // ratio of geometric means: t, or Welch, on logarithms
	Shift   Range   // Hodges-Lehmann, on logarithms
	P       float64 // of "the ratio is 1", two-sided: the t test
	ShiftP  float64 // signed-rank, or Mann-Whitney
	FlipP   float64 // sign flips; paired data only, and not in a large grid
	A12     float64 // chance that a trial of the left side beats one of the right, pairs or not
	BH      float64 // P, adjusted over the exploratory grid; NaN elsewhere
	Verdict string  // against the metric's margin, gates and other claims left aside
	Why     string  // of an inconclusive Verdict

	logs spread
}

// Agree reports whether both estimators come to one verdict at that margin.
func (c *Comparison) Agree(margin float64) bool {
	t := Target{Margin: margin}
	return t.judge(c.Theta) == t.judge(c.Shift)
}

// unless makes an inconclusive one of a comparison whose trials something
// disturbed too often.
func (c *Comparison) unless(noisy string) {
	if noisy != "" && c.Verdict != NoData {
		c.Verdict, c.Why = Inconclusive, noisy
	}
}

// contrast compares two arms. A comparison that cannot be made says so in Why.
type contrast struct {
	less   bool // less is better
	blocks bool // the plan ran in blocks
	flip   bool
	seed   uint64
	margin float64
}

func (k contrast) of(left, right arm) Comparison {
	nan := math.NaN()
	none := Range{nan, nan, nan, nan, nan, 0, "", ""}
	c := Comparison{NLeft: len(left.values), NRight: len(right.values), Disturbed: left.disturbed + right.disturbed, Theta: none, Shift: none,
		P: nan, ShiftP: nan, FlipP: nan, A12: nan, BH: nan, Verdict: NoData, logs: spread{nan, nan, nan, nan, 0, false}}
	if err := k.fill(&c, left, right); err != nil {
		c.Why = err.Error()
	}
	return c
}

func (k contrast) fill(c *Comparison, left, right arm) error {
	l, r, lostLeft, lostRight := pairs(left, right)
	c.LostLeft, c.LostRight = lostLeft, lostRight
	if err := cmp.Or(left.lacking("left"), right.lacking("right")); err != nil {
		return err
	}
	if err := left.positive("left"); err != nil {
		return err
	}
	if err := right.positive("right"); err != nil {
		return err
	}
	// Arms that share few blocks would lose most of their trials by pairing.
	c.Paired = k.blocks && len(l) >= 2 && 2*len(l) >= min(len(left.values), len(right.values))
	if !c.Paired {
		l, r = left.values, right.values
	}
	c.N = min(len(l), len(r))
	if k.less {
		l, r = r, l // the ratio favours the left side
	}
	if err := k.estimate(c, l, r); err != nil {
		return err
	}
	if math.IsInf(c.Theta.Hi95, 0) || math.IsInf(c.Shift.Hi95, 0) {
		return errors.New("the ratio overflows: are these the same unit?")
	}
	c.A12, _ = stat.A12(l, r)
	c.Verdict, c.Why = Judge(c.Theta, c.Shift, Target{Margin: k.margin}, nil)
	return nil
}

// estimate fills in both estimators for the ratio over/under.
func (k contrast) estimate(c *Comparison, over, under []float64) error {
	if !c.Paired {
		return k.unpaired(c, over, under)
	}
	logs, err := stat.LogRatios(over, under)
	if err != nil {
		return err
	}
	mean, err := stat.PairedT(logs, 0.95)
	if err != nil {
		return err
	}
	c.Theta, c.logs, c.P = ratioRange(mean, "mean log ratio"), spreadOf(mean, true, logs), mean.P
	shift, err := stat.SignedRank(logs, 0.95)
	if err != nil {
		return err
	}
	narrow, err := stat.SignedRank(logs, 0.90)
	if err != nil {
		return err
	}
	c.Shift, c.ShiftP = shiftRange(shift, narrow), shift.P
	if k.flip {
		if t, err := stat.SignFlip(logs, k.seed); err == nil {
			c.FlipP = t.P
		}
	}
	return nil
}

func (k contrast) unpaired(c *Comparison, over, under []float64) error {
	x, err := stat.Logs(over)
	if err != nil {
		return err
	}
	y, err := stat.Logs(under)
	if err != nil {
		return err
	}
	mean, err := stat.WelchT(x, y, 0.95)
	if err != nil {
		return err
	}
	c.Theta, c.logs, c.P = ratioRange(mean, "Welch's mean of logs"), spreadOf(mean, false, x, y), mean.P
	shift, err := stat.MannWhitney(x, y, 0.95)
	if err != nil {
		return err
	}
	narrow, err := stat.MannWhitney(x, y, 0.90)
	if err != nil {
		return err
	}
	c.Shift, c.ShiftP = shiftRange(shift, narrow), shift.P
	return nil
}

// ratioRange turns a t estimate on logarithms into the ratio with both
// intervals.
func ratioRange(e stat.Effect, method string) Range {
	half := 0.0
	if e.SE > 0 {
		half = e.SE * student(e.DF).Quantile(0.95)
	}
	return Range{
		Estimate: math.Exp(e.Estimate), Lo95: math.Exp(e.Lo), Hi95: math.Exp(e.Hi),
		Lo90: math.Exp(e.Estimate - half), Hi90: math.Exp(e.Estimate + half),
		N: e.N, Method: method, Complaints: strings.Join(e.Warnings, "; "),
	}
}

func shiftRange(wide, narrow stat.Effect) Range {
	warnings := wide.Warnings
	if wide.N >= leastN {
		warnings = slices.DeleteFunc(slices.Clone(warnings), func(w string) bool { return w == stat.WarnLevel })
	}
	return Range{
		Estimate: math.Exp(wide.Estimate), Lo95: math.Exp(wide.Lo), Hi95: math.Exp(wide.Hi),
		Lo90: math.Exp(narrow.Lo), Hi90: math.Exp(narrow.Hi),
		N: wide.N, Method: "Hodges-Lehmann", Complaints: strings.Join(warnings, "; "),
	}
}
