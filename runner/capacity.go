package runner

import (
	"context"
	"fmt"
	"slices"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/work"
)

// capacity is what a server can do in a closed loop, in requests/s.
type capacity struct {
	perS float64
	err  error // why it is not known
}

// capacityOf names the servers that are offered the same rates: equal but for their load and their design.
func capacityOf(kind work.Kind, c experiments.Cell) string {
	return fmt.Sprintf("%s cores=%d", kind.Load(work.Alone(c.Params)).Group, c.Cores)
}

// needsCapacity tells whether a cell is offered a share of the capacity, or looks for a rate near it.
func needsCapacity(kind work.Kind, c experiments.Cell) bool {
	l := kind.Load(work.Alone(c.Params))
	return l.Search || l.Share > 0
}

// capacityTrials are measured, and their median is the capacity: each for as long as the
// cell's own trials, but not longer than capacityS.
const (
	capacityTrials = 3
	capacityS      = 2.0
)

// measureCapacities finds, before the first block, what shares of the capacity are shares of: for each group of
// servers that of their first cell in the plan, so that all models are offered the same rate.
func (c *campaign) measureCapacities(ctx context.Context) {
	c.capacities = map[string]capacity{}
	for _, cell := range c.plan.Cells {
		kind, serves := server(cell)
		if !serves || !needsCapacity(kind, cell) {
			continue
		}
		group := capacityOf(kind, cell)
		if _, met := c.capacities[group]; met {
			continue
		}
		if ctx.Err() != nil || c.stopping() {
			return
		}
		if known, ok := c.capacityBefore(cell.Workload, group); ok {
			c.capacities[group] = capacity{perS: known}
			continue
		}
		first := c.firstOf(kind, group)
		c.report(Progress{Phase: Calibrating, Cell: &first})
		c.capacities[group] = c.measureCapacity(ctx, first, group)
	}
}

// firstOf returns the first cell of a group, whatever its load; a plain loop where there is nothing
// else, since the others would be offered next to nothing.
func (c *campaign) firstOf(kind work.Kind, group string) experiments.Cell {
	of := slices.DeleteFunc(slices.Clone(c.plan.Cells), func(cell experiments.Cell) bool {
		return cell.Workload != kind.Name || capacityOf(kind, cell) != group
	})
	concurrent := func(cell experiments.Cell) bool { return cell.Model != experiments.Sequential }
	return of[max(0, slices.IndexFunc(of, concurrent))]
}

// capacityBefore is what the part of a resumed run before its interruption has measured.
func (c *campaign) capacityBefore(workload, group string) (perS float64, ok bool) {
	for _, r := range c.manifest.Calibration {
		if r.Workload == workload && r.Params == group && r.RatePerS > 0 {
			return r.RatePerS, true
		}
	}
	return 0, false
}

func (c *campaign) measureCapacity(ctx context.Context, cell experiments.Cell, group string) capacity {
	cell.DurationS = min(cell.DurationS, capacityS)
	cell.Params = work.Alone(cell.Params) // nothing fails there
	cell.Iterations, cell.Control, cell.Extra, cell.ID = 1, "", 0, "capacity"
	var rates []float64
	var wall float64
	for range capacityTrials {
		a := c.newAttempt(cell, 0, experiments.Step{})
		a.closed = true
		if a.try(ctx); a.row.Status != record.OK {
			return capacity{err: fmt.Errorf("the capacity that load is a share of is not known: a closed loop against %s ended %s: %s",
				capacityTitle(cell), a.row.Status, a.row.Detail)}
		}
		rates = append(rates, a.served[0].Achieved)
		wall = a.row.WallS
		if a.served[0].Saturated != "" {
			c.warn("%s: the load generator was the bottleneck while the capacity was measured: it is more than the %.0f requests/s that loads are shares of", group, rates[len(rates)-1])
		}
	}
	slices.Sort(rates)
	rate := rates[len(rates)/2]
	c.manifest.Calibration = append(c.manifest.Calibration, record.Calibration{
		Workload: cell.Workload, Params: group, Cell: capacityTitle(cell), WallS: wall, RatePerS: rate,
	})
	return capacity{perS: rate}
}

// capacityTitle says what a capacity was measured on.
func capacityTitle(c experiments.Cell) string {
	return fmt.Sprintf("%s, %d workers, %d CPUs", c.ModelLabel, c.Workers, c.Cores)
}
