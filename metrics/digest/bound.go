package digest

import (
	"math"

	"forklore/experiments"
	"forklore/metrics/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

var noRange = Range{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), 0, "", ""}

// boundParts judges a metric of each cell against numbers: its median, with
// the mean as companion.
func (d *Digest) boundParts(c experiments.Claim, claims int) ([]Part, string) {
	m, err := d.Metric(c.Metric)
	if err != nil {
		return nil, err.Error()
	}
	if c.AtLeast == nil && c.AtMost == nil {
		return nil, "a bound needs at_least or at_most"
	}
	cells, reason := d.chosen(c)
	var parts []Part
	for _, i := range cells {
		parts = append(parts, d.boundPart(c, m, i, claims))
	}
	return parts, reason
}

func (d *Digest) boundPart(c experiments.Claim, m Metric, i, claims int) Part {
	target := Target{AtLeast: c.AtLeast, AtMost: c.AtMost}.under(d.gatesOf(m.Name))
	p := Part{Title: Title(d.Cells[i].Cell), Left: i, Right: none, Metric: m.Name, Unit: m.Unit, Target: target,
		Primary: noRange, Companion: noRange, P: math.NaN()}
	x := d.arm(&d.Cells[i], m.Name).values
	s, err := stat.Summarize(x)
	if err != nil {
		p.Verdict, p.Reason = NoData, "no trial has a value: "+err.Error()
		return p
	}
	p.Primary = Range{s.Median, math.NaN(), math.NaN(), math.NaN(), math.NaN(), len(x), "median", ""}
	if wide, err := stat.MedianInterval(x, 0.95); err == nil {
		p.Primary.Lo95, p.Primary.Hi95 = wide.Lo, wide.Hi
	}
	if narrow, err := stat.MedianInterval(x, 0.90); err == nil {
		p.Primary.Lo90, p.Primary.Hi90 = narrow.Lo, narrow.Hi
	}
	p.Companion = meanRange(x)
	p.P = target.signP(x)
	p.Verdict, p.Reason = Judge(p.Primary, p.Companion, target, d.gatesOf(p.Metric))
	p.need = func() int { return target.medianTrials(s, alpha/float64(claims)) }
	return p
}

func meanRange(x []float64) Range {
	wide, err := stat.PairedT(x, 0.95)
	narrow, err2 := stat.PairedT(x, 0.90)
	if err != nil || err2 != nil {
		return noRange
	}
	return Range{wide.Estimate, wide.Lo, wide.Hi, narrow.Lo, narrow.Hi, len(x), "mean", ""}
}

// signP returns the two-sided p of the sign test that the median interval
// inverts: of the median lying on the side that the data do not show.
func (t Target) signP(x []float64) float64 {
	tail := func(beyond int) float64 { // of so many values or more beyond the true median
		b := distuv.Binomial{N: float64(len(x)), P: 0.5}
		return 1 - b.CDF(float64(beyond)-1)
	}
	count := func(ok func(float64) bool) (n int) {
		for _, v := range x {
			if ok(v) {
				n++
			}
		}
		return n
	}
	outside, inside := 1.0, 0.0
	if b := t.AtLeast; b != nil {
		outside = min(outside, 2*tail(count(func(v float64) bool { return t.most(v) < *b })))
		inside = max(inside, 2*tail(count(func(v float64) bool { return t.least(v) >= *b })))
	}
	if b := t.AtMost; b != nil {
		outside = min(outside, 2*tail(count(func(v float64) bool { return t.least(v) > *b })))
		inside = max(inside, 2*tail(count(func(v float64) bool { return t.most(v) <= *b })))
	}
	return min(1, outside, inside)
}

// medianTrials is trials for a median: its variance is pi/2 times that of the
// mean of normal data.
func (t Target) medianTrials(s stat.Summary, alpha float64) int {
	need := 0.0
	for _, b := range []*float64{t.AtLeast, t.AtMost} {
		if b == nil {
			continue
		}
		low, high := t.least(s.Median)-*b, t.most(s.Median)-*b
		far := min(math.Abs(low), math.Abs(high)) // to the nearer end of what the median may be
		if low*high <= 0 || math.IsNaN(s.SD) {
			return 0
		}
		n, err := stat.Design{Paired: true, Alpha: alpha}.Trials(far, max(s.SD, 1e-9*far), power)
		if err != nil || n*math.Pi/2 > 1e6 {
			return 0
		}
		need = max(need, n*math.Pi/2)
	}
	return max(leastN, int(math.Ceil(need)))
}
