package digest

import (
	"fmt"
	"math"

	"forklore/experiments"
	"forklore/metrics/stat"
)

// surely is the p below which a control counts as failed by more than chance:
// an honest run fails one of them once in a thousand.
const surely = 0.001

// gate judges the controls of the plan, and the noise of the run.
func (d *Digest) gate() {
	c := d.Manifest.Plan.Controls
	for _, role := range []struct {
		name  string
		asked bool
		judge func(control *Cell) Gate
	}{
		{experiments.ControlAA, c.AA, d.gateAA},
		{experiments.ControlPositive, c.Positive, d.gatePositive},
		{experiments.ControlCanary, c.Canary, d.gateCanary},
	} {
		found := false
		for i := range d.Controls {
			if d.Controls[i].Control == role.name {
				found = true
				g := role.judge(&d.Controls[i])
				g.Name = role.name
				d.Gates = append(d.Gates, g)
			}
		}
		if role.asked && !found {
			d.Gates = append(d.Gates, Gate{Name: role.name, Detail: "the plan has this control, but none of its trials has a row"})
		}
	}
	if ok := d.measured(); ok > 0 && d.noisyTrials() > 0 {
		share := float64(d.noisyTrials()) / float64(ok)
		d.Gates = append(d.Gates, Gate{Name: "noise", Passed: share <= maxNoisy,
			Detail: fmt.Sprintf("%d of %s disturbed; at most %s may be", d.noisyTrials(), trials(ok), percent(maxNoisy))})
	}
}

func (d *Digest) measured() (n int) {
	for i := range d.Cells {
		n += len(d.Cells[i].Trials)
	}
	return n
}

func (d *Digest) noisyTrials() (n int) {
	for i := range d.Cells {
		n += d.disturbed(&d.Cells[i])
	}
	return n
}

// repeated returns the ordinary cell that a control repeats.
func (d *Digest) repeated(control *Cell) (*Cell, bool) {
	key := func(c experiments.Cell) string {
		c.Label = "" // labels may name the control, or an amount of work that varies
		if control.Extra > 0 {
			c.Items, c.AutoS, c.DurationS = 0, 0, 0
		}
		return besides(c, "")
	}
	want := key(control.Cell)
	for i := range d.Cells {
		if key(d.Cells[i].Cell) == want {
			return &d.Cells[i], true
		}
	}
	return nil, false
}

// clock is the metric that the controls are about: wall time or, where the work is fixed by time, items done
// per second.
func clock(control *Cell) string {
	if control.DurationS > 0 {
		return "throughput_items_per_s"
	}
	return "wall_s"
}

// against compares a control with the cell it repeats, in a metric: in that of clock, above 1 the control is
// slower.
func (d *Digest) against(control *Cell, metric string) (Comparison, error) {
	cell, ok := d.repeated(control)
	if !ok {
		return Comparison{}, fmt.Errorf("the cell that it repeats (%s) has no trial", Title(control.Cell))
	}
	k := contrast{less: metric != "wall_s", blocks: d.Manifest.Plan.Order != "sequential", margin: Margin(metric)}
	c := k.of(d.arm(control, metric), d.arm(cell, metric))
	switch {
	case c.Verdict == NoData:
		return c, fmt.Errorf("no comparison in %s: %s", metric, c.Why)
	case c.N < leastN:
		return c, fmt.Errorf("%s, from %d of at least %d blocks", inWords(c.Theta), c.N, leastN)
	}
	return c, nil
}

// widestAA is how many margins the A/A interval may be wide each way, on logarithms: in one that is wider,
// differences that matter could hide.
const widestAA = 2

// gateAA wants no difference between a cell and itself in a metric: none beyond the margin at 95 %,
// for that would have been a verdict, and none at all that both estimators put down to chance
// less than once in a thousand. Where the interval is so wide that one could hide, what can hide is
// known: a verdict must hold beyond the far end.
func (d *Digest) gateAA(control *Cell) Gate {
	const what = "the same cell twice: "
	metric := clock(control)
	c, err := d.against(control, metric)
	if err != nil {
		return Gate{Detail: what + err.Error()}
	}
	return twice(c, metric, what)
}

// twice judges a comparison of a cell with itself.
func twice(c Comparison, metric, what string) Gate {
	found, widest := what+inWords(c.Theta), widestAA*Margin(metric)
	switch {
	case c.Verdict == Supported || c.Verdict == Reversed:
		return Gate{Detail: found + ": beyond the margin, though nothing differs"}
	case c.P < surely && c.ShiftP < surely:
		return Gate{Detail: found + fmt.Sprintf(": p = %.2g, though nothing differs", c.P)}
	case !(math.Log(c.Theta.Hi95/c.Theta.Lo95)/2 <= widest):
		return tooWide(max(c.Theta.Hi95, 1/c.Theta.Lo95), found+fmt.Sprintf(": wider than %s each way", percent(widest)))
	}
	return Gate{Passed: true, Detail: found}
}

// tooWide is a control that found nothing wrong, but would not have found everything.
func tooWide(leeway float64, found string) Gate {
	if math.IsNaN(leeway) || math.IsInf(leeway, 0) {
		return Gate{Detail: found}
	}
	return Gate{Passed: true, Leeway: leeway, Detail: fmt.Sprintf("%s, so that %.3gx could hide: a verdict must hold beyond it", found, leeway)}
}

// mostPositive is how far the positive control may lie beyond its extra work.
const mostPositive = 1.1

// gatePositive wants the 10 % of extra work to be seen, and as about 10 %: both
// intervals above 1, and one that reaches what the work can cost. An interval that holds both, nothing and
// what the work costs, is wrong in neither, but says by which factor a time may have been missed.
func (d *Digest) gatePositive(control *Cell) Gate {
	more := percent(control.Extra) + " more work: "
	c, err := d.against(control, clock(control))
	if err != nil {
		return Gate{Detail: more + err.Error()}
	}
	found := more + inWords(c.Theta)
	least, most, due := 1+control.Extra/2, (1+control.Extra)*mostPositive, 1+control.Extra
	seen := c.Theta.Lo95 > 1 && c.Shift.Lo95 > 1
	switch {
	case c.Theta.Hi95 < least && !seen:
		return Gate{Detail: found + ": not detected"}
	case c.Theta.Hi95 < least:
		return Gate{Detail: found + fmt.Sprintf(": below %.4g, too little for the work", least)}
	case c.Theta.Lo95 > most:
		return Gate{Detail: found + fmt.Sprintf(": above %.4g, too much for the work", most)}
	case !seen:
		return tooWide(max(c.Theta.Hi95/due, due/c.Theta.Lo95), found+": not told from nothing")
	}
	return Gate{Passed: true, Detail: found}
}

const (
	leastCanary = 8    // values; the normal approximation of a trend's p needs them
	alphaCanary = 0.01 // of its trend
)

// gateCanary wants the machine to stay what it was: no trend of the canary's
// time by more than the margin that chance does not explain, and no such step.
func (d *Digest) gateCanary(control *Cell) Gate {
	a := d.arm(control, "wall_s")
	x := a.values
	if err := a.positive("canary"); err != nil {
		return Gate{Detail: err.Error()}
	}
	if len(x) < leastCanary {
		return Gate{Detail: fmt.Sprintf("%s of the canary: to tell a trend or a step needs %d", trials(len(x)), leastCanary)}
	}
	m := Margin("wall_s")
	drift, p := trend(x)
	if p < alphaCanary && math.Abs(drift) > m {
		return Gate{Detail: fmt.Sprintf("the canary's time moved by %s over the run (p = %.2g)", percent(drift), p)}
	}
	if step, at := largestStep(x); math.Abs(step) > m {
		return Gate{Detail: fmt.Sprintf("the canary's time changed by %s at its trial %d of %d", percent(step), at+1, len(x))}
	}
	return Gate{Passed: true, Detail: fmt.Sprintf("drift of %s over %s (p = %.2g)", percent(drift), trials(len(x)), p)}
}

// trend returns the rise of x from first to last by Theil and Sen's slope, as
// a share of its median, and the p of Mann and Kendall's test.
func trend(x []float64) (drift, p float64) {
	x = thin(x)
	slope, err := stat.TheilSen(nil, x, 0.95)
	test, err2 := stat.MannKendall(x)
	if err != nil || err2 != nil {
		return 0, 1
	}
	return ratio(slope.Estimate*float64(len(x)-1), stat.Median(x)), test.P
}

// longSeries is the most values that the quadratic statistics take.
const longSeries = 500

// thin takes an even spread of a series that is too long for the trend.
func thin(x []float64) []float64 {
	if len(x) <= longSeries {
		return x
	}
	var kept []float64
	for _, i := range evenly(len(x), longSeries) {
		kept = append(kept, x[i])
	}
	return kept
}

// pieces returns the medians of longSeries equal pieces of a longer series.
func pieces(x []float64) []float64 {
	if len(x) <= longSeries {
		return x
	}
	kept := make([]float64, longSeries)
	for k := range kept {
		kept[k] = stat.Median(x[k*len(x)/longSeries : (k+1)*len(x)/longSeries])
	}
	return kept
}

// leastStretch is the number of values that make a level.
const leastStretch = 3

// largestStep returns the greatest change of level of x from one stretch of at
// least 3 values to a later one, as a share, and the index where the later one
// begins. Changes are sought with a penalty of 3 log n, so that noise has none;
// of more than 500 values, between the medians of 500 pieces.
func largestStep(x []float64) (step float64, at int) {
	y := pieces(x)
	changes, err := stat.ChangePoints(y, 3)
	if err != nil {
		return 0, 0
	}
	var levels []float64
	from := 0
	for _, to := range append(changes, len(y)) {
		if to-from >= leastStretch {
			level := stat.Median(y[from:to])
			for _, before := range levels {
				if s := level/before - 1; math.Abs(s) > math.Abs(step) {
					step, at = s, from*len(x)/len(y)
				}
			}
			levels = append(levels, level)
		}
		from = to
	}
	return step, at
}

// inWords prints a ratio with its interval: "1.003 [0.99, 1.02]".
func inWords(r Range) string { return fmt.Sprintf("%.4g [%.4g, %.4g]", r.Estimate, r.Lo95, r.Hi95) }
