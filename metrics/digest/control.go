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
		judge func(control *Cell) (bool, string)
	}{
		{experiments.ControlAA, c.AA, d.gateAA},
		{experiments.ControlPositive, c.Positive, d.gatePositive},
		{experiments.ControlCanary, c.Canary, d.gateCanary},
	} {
		found := false
		for i := range d.Controls {
			if d.Controls[i].Control == role.name {
				found = true
				passed, detail := role.judge(&d.Controls[i])
				d.Gates = append(d.Gates, Gate{role.name, passed, detail})
			}
		}
		if role.asked && !found {
			d.Gates = append(d.Gates, Gate{role.name, false, "the plan has this control, but none of its trials has a row"})
		}
	}
	if ok := d.measured(); ok > 0 && d.noisyTrials() > 0 {
		share := float64(d.noisyTrials()) / float64(ok)
		d.Gates = append(d.Gates, Gate{"noise", share <= maxNoisy,
			fmt.Sprintf("%d of %s disturbed; at most %s may be", d.noisyTrials(), trials(ok), percent(maxNoisy))})
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

// against compares a control with the cell it repeats, in wall time or, where
// the work is fixed by time, in items done per second: above 1 the control is
// slower.
func (d *Digest) against(control *Cell) (Comparison, error) {
	cell, ok := d.repeated(control)
	if !ok {
		return Comparison{}, fmt.Errorf("the cell that it repeats (%s) has no trial", Title(control.Cell))
	}
	metric := "wall_s"
	if control.DurationS > 0 {
		metric = "throughput_items_per_s"
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

// widestAA is the greatest half-width of the A/A interval, on logarithms: one
// that is wider could hold a difference of twice the margin.
const widestAA = 0.10

// gateAA wants no difference between a cell and itself, found so closely that
// one would have shown: none beyond the margin at 95 %, for that would have
// been a verdict, and none at all that both estimators put down to chance less
// than once in a thousand.
func (d *Digest) gateAA(control *Cell) (bool, string) {
	c, err := d.against(control)
	if err != nil {
		return false, "the same cell twice: " + err.Error()
	}
	found := "the same cell twice: " + inWords(c.Theta)
	switch {
	case c.Verdict == Supported || c.Verdict == Reversed:
		return false, found + ": beyond the margin, though nothing differs"
	case c.P < surely && c.ShiftP < surely:
		return false, found + fmt.Sprintf(": p = %.2g, though nothing differs", c.P)
	case !(math.Log(c.Theta.Hi95/c.Theta.Lo95)/2 <= widestAA):
		return false, found + fmt.Sprintf(": wider than %s each way, so that a difference could hide", percent(widestAA))
	}
	return true, found
}

// mostPositive is how far the positive control may lie beyond its extra work.
const mostPositive = 1.1

// gatePositive wants the 10 % of extra work to be seen, and as about 10 %: both
// intervals above 1, and one that reaches what the work can cost.
func (d *Digest) gatePositive(control *Cell) (bool, string) {
	more := percent(control.Extra) + " more work: "
	c, err := d.against(control)
	if err != nil {
		return false, more + err.Error()
	}
	found := more + inWords(c.Theta)
	least, most := 1+control.Extra/2, (1+control.Extra)*mostPositive
	switch {
	case !(c.Theta.Lo95 > 1 && c.Shift.Lo95 > 1):
		return false, found + ": not detected"
	case c.Theta.Hi95 < least:
		return false, found + fmt.Sprintf(": below %.4g, too little for the work", least)
	case c.Theta.Lo95 > most:
		return false, found + fmt.Sprintf(": above %.4g, too much for the work", most)
	}
	return true, found
}

const (
	leastCanary = 8    // values; the normal approximation of a trend's p needs them
	alphaCanary = 0.01 // of its trend
)

// gateCanary wants the machine to stay what it was: no trend of the canary's
// time by more than the margin that chance does not explain, and no such step.
func (d *Digest) gateCanary(control *Cell) (bool, string) {
	a := d.arm(control, "wall_s")
	x := a.values
	if err := a.positive("canary"); err != nil {
		return false, err.Error()
	}
	if len(x) < leastCanary {
		return false, fmt.Sprintf("%s of the canary: to tell a trend or a step needs %d", trials(len(x)), leastCanary)
	}
	m := Margin("wall_s")
	drift, p := trend(x)
	if p < alphaCanary && math.Abs(drift) > m {
		return false, fmt.Sprintf("the canary's time moved by %s over the run (p = %.2g)", percent(drift), p)
	}
	if step, at := largestStep(x); math.Abs(step) > m {
		return false, fmt.Sprintf("the canary's time changed by %s at its trial %d of %d", percent(step), at+1, len(x))
	}
	return true, fmt.Sprintf("drift of %s over %s (p = %.2g)", percent(drift), trials(len(x)), p)
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
