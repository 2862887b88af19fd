package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/work"
)

// group is what shares a calibration: the same work, whatever runs it.
type group struct {
	workload, params string
	aim              float64
	weak             bool // work grows with workers, and what is timed has several: the items are those of one of them
}

// group names what a cell is calibrated with.
func (c *campaign) group(cell experiments.Cell) group {
	g := groupOf(cell)
	g.weak = cell.AutoS > 0 && cell.Scaling == experiments.Weak && c.referenceOf(cell, 1).Workers > 1
	return g
}

// groupOf is group, whatever the scaling.
func groupOf(c experiments.Cell) group {
	return group{workload: c.Workload, params: workText(c), aim: c.AutoS}
}

// workText is the parameters of the work itself: with something beside it, it is the same.
func workText(c experiments.Cell) string {
	c.Params = work.Alone(c.Params)
	return c.ParamText()
}

// calibration is what is known of a group before the first block.
type calibration struct {
	items int64
	err   error // why there is no number of items
}

// calibrate chooses the items of every group that asks for auto, and runs each
// amount of work once in the plain loop: its checksum is the one that all
// models must have.
func (c *campaign) calibrate(ctx context.Context) {
	if c.calibrations == nil {
		c.calibrations = map[group]calibration{}
	}
	proven := map[string]bool{}
	for i, cell := range c.plan.Cells {
		if ctx.Err() != nil || c.stopping() {
			return
		}
		if cell.DurationS > 0 {
			continue
		}
		g := c.group(cell)
		if _, met := c.calibrations[g]; !met && cell.AutoS > 0 {
			c.report(Progress{Phase: Calibrating, Cell: &c.plan.Cells[i]})
			c.calibrations[g] = c.choose(ctx, cell, g)
		}
		known := c.calibrations[g]
		if known.err != nil {
			continue
		}
		items := cell.TotalItems(known.items)
		if cell.Control == experiments.ControlPositive && items > 0 {
			c.checkExtra(cell, known.items)
		}
		key := fmt.Sprint(g.workload, "|", g.params, "|", items)
		if cell.Command != nil && cell.AutoS == 0 { // its first trial, or its plain loop, vouches for the others
			continue
		}
		if !proven[key] && !c.provenBefore(key) && (cell.AutoS > 0 || !c.hasSequential(g, items)) {
			proven[key] = true
			c.report(Progress{Phase: Proving, Cell: &c.plan.Cells[i]})
			c.refer(ctx, cell, g, items)
		}
	}
}

// checkExtra warns of a positive control that cannot have just 10 % more items.
func (c *campaign) checkExtra(cell experiments.Cell, calibrated int64) {
	more, share := cell.TotalItems(calibrated), cell.Extra
	cell.Extra = 0
	plain := cell.TotalItems(calibrated)
	if got := float64(more-plain) / float64(plain); math.Abs(got-share) > share/5 {
		c.warn("items are few: the positive control has %d beside %d, which is %.2g %% more instead of %.2g %%", more, plain, 100*got, 100*share)
	}
}

// hasSequential tells whether the plan runs this amount of work in the plain
// loop anyway.
func (c *campaign) hasSequential(g group, items int64) bool {
	return slices.ContainsFunc(c.plan.Cells, func(cell experiments.Cell) bool {
		return cell.Model == experiments.Sequential && c.group(cell) == g && cell.TotalItems(0) == items
	})
}

// refer runs the reference trial of one amount of work. What was not
// calibrated may take a plain loop very long, so patience is limited.
func (c *campaign) refer(ctx context.Context, cell experiments.Cell, g group, items int64) {
	const patience = 5.0
	ref := c.referenceOf(cell, items)
	if cell.AutoS == 0 {
		ref.TimeoutS = min(ref.TimeoutS, patience)
	}
	a := c.try(ctx, ref, items, experiments.Step{})
	if ctx.Err() != nil {
		return // a resumed run makes it again
	}
	if a.row.Status != record.OK {
		if a.row.Status != record.Skipped || ref.Model != cell.Model { // else the rows of the cell say the same
			c.warn("%s %s: the reference run (%s) ended %s, so the first ok trial stands in for it: %s",
				g.workload, g.params, referenceTitle(ref), a.row.Status, a.row.Detail)
		}
		return
	}
	c.manifest.Calibration = append(c.manifest.Calibration, record.Calibration{
		Workload: g.workload, Params: g.params, Items: items, Cell: referenceTitle(ref), WallS: a.row.WallS, AimS: g.aim,
	})
}

// provenBefore reports whether the part of a resumed run before its interruption
// made the reference run.
func (c *campaign) provenBefore(key string) bool {
	return slices.ContainsFunc(c.manifest.Calibration, func(r record.Calibration) bool {
		return key == fmt.Sprint(r.Workload, "|", r.Params, "|", r.Items)
	})
}

// referenceTitle says what a calibration was timed on.
func referenceTitle(ref experiments.Cell) string {
	if ref.Model == experiments.Sequential {
		return "sequential, 1 CPU"
	}
	return fmt.Sprintf("%s, %d workers, %d CPUs", ref.Model, ref.Workers, ref.Cores)
}

// choose finds how many items a group has.
func (c *campaign) choose(ctx context.Context, cell experiments.Cell, g group) calibration {
	search := c.search
	if cell.Command != nil && cell.Command.Protocol == 0 {
		search = c.searchPlain
	}
	items, err := search(ctx, cell, g.aim)
	if err != nil {
		return calibration{err: err}
	}
	if g.weak {
		items /= float64(c.referenceOf(cell, 1).Workers)
	}
	return calibration{items: c.round(g, items)}
}

// search finds how many items of the reference cell take aim seconds, by running more and
// more of them until a trial is long enough to judge by.
func (c *campaign) search(ctx context.Context, cell experiments.Cell, aim float64) (float64, error) {
	n := int64(1)
	for range tries {
		wall, err := c.time(ctx, cell, n)
		if err != nil {
			return 0, err
		}
		if wall >= aim/5 {
			return float64(n) * aim / wall, nil
		}
		grow := math.Min(100, math.Max(2, aim/2/math.Max(wall, 1e-9)))
		if float64(n)*grow > math.MaxInt64/2 {
			break
		}
		n = int64(float64(n) * grow)
	}
	return 0, errNoTime
}

// tries bounds the trials of one calibration.
const tries = 24

var errNoTime = errors.New("items: auto could not be calibrated: the items take no measurable time; give a number of items or a duration")

// time runs so many items of a cell once and returns how long they took, in seconds.
func (c *campaign) time(ctx context.Context, cell experiments.Cell, n int64) (float64, error) {
	a := c.try(ctx, c.referenceOf(cell, n), n, experiments.Step{})
	switch a.row.Status {
	case record.OK:
		return a.row.WallS, nil
	case record.Skipped:
		return 0, errors.New(a.row.Detail)
	}
	return 0, fmt.Errorf("items: auto could not be calibrated: the plain loop over %d items ended %s: %s", n, a.row.Status, a.row.Detail)
}

// round makes a number of items that every worker count of the group divides,
// so that equal ranges are equal, and that reads well.
func (c *campaign) round(g group, items float64) int64 {
	unit := int64(1)
	for _, cell := range c.plan.Cells {
		if w := int64(cell.Workers); c.group(cell) == g {
			if l := lcm(unit, w); float64(l) <= math.Max(items, 1)/4 {
				unit = l
			} else {
				items = math.Max(items, float64(w))
			}
		}
	}
	digits := math.Pow(10, math.Max(0, math.Floor(math.Log10(items))-1))
	n := int64(math.Round(items/digits) * digits)
	return max(unit, (n+unit/2)/unit*unit)
}

func lcm(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
