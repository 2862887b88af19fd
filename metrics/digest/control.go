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
			fmt.Sprintf("%d of %s disturbed; more than %s would be too many", d.noisyTrials(), trials(ok), percent(maxNoisy))})
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

// against compares the wall time of a control with that of the cell it
// repeats: above 1 the control is slower.
func (d *Digest) against(control *Cell) (Comparison, error) {
	cell, ok := d.repeated(control)
	if !ok {
		return Comparison{}, fmt.Errorf("the cell that it repeats (%s) has no trial", Title(control.Cell))
	}
	k := contrast{blocks: d.Manifest.Plan.Order != "sequential", margin: Margin("wall_s")}
	c := k.of(d.arm(control, "wall_s"), d.arm(cell, "wall_s"))
	if c.Verdict == NoData {
		return c, fmt.Errorf("no comparison: %s", c.Why)
	}
	return c, nil
}

// gateAA wants no difference between a cell and itself: none beyond the margin
// at 95 %, for that would have been a verdict, and none at all that both
// estimators put down to chance less than once in a thousand.
func (d *Digest) gateAA(control *Cell) (bool, string) {
	c, err := d.against(control)
	if err != nil {
		return false, err.Error()
	}
	found := "the same cell twice: " + inWords(c.Theta)
	switch {
	case c.N < leastN:
		return false, found + fmt.Sprintf(", from %d of at least %d blocks", c.N, leastN)
	case c.Verdict == Supported || c.Verdict == Reversed:
		return false, found + ": beyond the margin, though nothing differs"
	case c.P < surely && c.ShiftP < surely:
		return false, found + fmt.Sprintf(": p = %.2g, though nothing differs", c.P)
	}
	return true, found
}

// gatePositive wants the 10 % of extra work to be seen: both intervals above 1.
func (d *Digest) gatePositive(control *Cell) (bool, string) {
	c, err := d.against(control)
	if err != nil {
		return false, err.Error()
	}
	found := fmt.Sprintf("%s more work: %s", percent(control.Extra), inWords(c.Theta))
	if c.N < leastN {
		return false, found + fmt.Sprintf(", from %d of at least %d blocks", c.N, leastN)
	}
	if c.Theta.Lo95 > 1 && c.Shift.Lo95 > 1 {
		return true, found
	}
	return false, found + ": not detected"
}

// gateCanary wants the machine to stay what it was: no trend and no step of
// the canary's time by more than the margin that chance does not explain.
func (d *Digest) gateCanary(control *Cell) (bool, string) {
	a := d.arm(control, "wall_s")
	x := a.values
	if err := a.positive("canary"); err != nil {
		return false, err.Error()
	}
	if len(x) < 4 {
		return false, fmt.Sprintf("%s of the canary: a trend needs 4", trials(len(x)))
	}
	m := Margin("wall_s")
	drift, p := trend(x)
	if p < surely && math.Abs(drift) > m {
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

// thin takes an even spread of a series that is too long for the quadratic
// trend statistics.
func thin(x []float64) []float64 {
	const most = 500
	if len(x) <= most {
		return x
	}
	var kept []float64
	for _, i := range evenly(len(x), most) {
		kept = append(kept, x[i])
	}
	return kept
}

// largestStep returns the greatest change of level of x between two stretches
// of at least 4 values, as a share, and the index where it happens. Changes
// are sought with a penalty of 3 log n, so that noise has none.
func largestStep(x []float64) (step float64, at int) {
	changes, err := stat.ChangePoints(thin(x), 3)
	if err != nil || len(x) != len(thin(x)) {
		return 0, 0
	}
	from := 0
	for k, c := range changes {
		to := len(x)
		if k+1 < len(changes) {
			to = changes[k+1]
		}
		if c-from >= 4 && to-c >= 4 {
			if s := stat.Median(x[c:to])/stat.Median(x[from:c]) - 1; math.Abs(s) > math.Abs(step) {
				step, at = s, c
			}
		}
		from = c
	}
	return step, at
}

// inWords prints a ratio with its interval: "1.003 [0.99, 1.02]".
func inWords(r Range) string { return fmt.Sprintf("%.4g [%.4g, %.4g]", r.Estimate, r.Lo95, r.Hi95) }
