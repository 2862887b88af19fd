package digest

import (
	"math"

	"forklore/experiments"
	"forklore/metrics/stat"
)

// Speedup is how much faster a cell is than two bases: the plain loop, which
// asks whether parallel work pays, and its own model with one worker, which
// asks how it scales. A base that was not run is nil.
type Speedup struct {
	Cell       int    // index into Digest.Cells
	Metric     string // "wall_s", or "throughput_items_per_s" under weak scaling and fixed time
	Sequential *Base  // the fastest sequential cell of the same work
	One        *Base  // the same model, schedule and work with one worker
}

// Base is one base of a speedup. Ratios are paired by block; more than 1 is
// faster than the base.
type Base struct {
	Cell             int     // index into Digest.Cells
	WallS            float64 // median wall time of the base in seconds
	Rate             float64 // median throughput of the base in items/s
	N                int     // blocks in which both have a value
	Median, Min, Max float64
}

// Speedups returns one Speedup for each cell that has at least one base; a
// base is its own, with 1. Under strong scaling the speedup is the ratio of
// wall times, under weak scaling and fixed time, where the amounts of work
// differ, that of throughputs.
func (d *Digest) Speedups() []Speedup {
	loops, ones := map[work][]int{}, map[one][]int{}
	for i := range d.Cells {
		c := &d.Cells[i]
		if c.Model == experiments.Sequential {
			loops[workOf(c)] = append(loops[workOf(c)], i)
		}
		if c.Workers == 1 {
			ones[oneOf(c)] = append(ones[oneOf(c)], i)
		}
	}
	var list []Speedup
	for i := range d.Cells {
		c := &d.Cells[i]
		s := Speedup{Cell: i, Metric: "wall_s"}
		if c.Scaling == experiments.Weak || c.DurationS > 0 {
			s.Metric = "throughput_items_per_s"
		}
		s.Sequential = d.base(s, d.fastest(s.Metric, loops[workOf(c)]))
		s.One = d.base(s, d.nearest(i, ones[oneOf(c)]))
		if s.Sequential != nil || s.One != nil {
			list = append(list, s)
		}
	}
	return list
}

// one is what a cell shares with its one-worker base.
type one struct {
	work
	model, modelLabel, schedule string
	placement                   experiments.Placement
}

func oneOf(c *Cell) one {
	return one{workOf(c), c.Model, c.ModelLabel, c.Schedule, c.Placement}
}

// none stands for no cell within this file.
const none = -1

// fastest returns the best of the cells by the median of the metric.
func (d *Digest) fastest(metric string, cells []int) int {
	best, value := none, math.NaN()
	for _, i := range cells {
		v := stat.Median(present(d.Cells[i].Values[metric]))
		better := v < value
		if metric != "wall_s" {
			better = v > value
		}
		if better || math.IsNaN(value) && !math.IsNaN(v) {
			best, value = i, v
		}
	}
	return best
}

// nearest returns the cell with as many cores as cell i, else that with the
// fewest.
func (d *Digest) nearest(i int, cells []int) int {
	best := none
	for _, k := range cells {
		if d.Cells[k].Cores == d.Cells[i].Cores {
			return k
		}
		if best == none || d.Cells[k].Cores < d.Cells[best].Cores {
			best = k
		}
	}
	return best
}

func (d *Digest) base(s Speedup, base int) *Base {
	if base == none {
		return nil
	}
	num, den := s.Cell, base
	if s.Metric == "wall_s" {
		num, den = den, num
	}
	b := &Base{Cell: base}
	if b.N, b.Median, b.Min, b.Max = d.paired(s.Metric, num, den); b.N == 0 {
		return nil
	}
	b.WallS = stat.Median(present(d.Cells[base].Values["wall_s"]))
	b.Rate = stat.Median(present(d.Cells[base].Values["throughput_items_per_s"]))
	return b
}
