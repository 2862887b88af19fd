package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

// derived keeps what was computed once.
type derived struct {
	grid, fits, verdicts sync.Once

	comparisons []Comparison
	curves      []Fit
	claims      []Verdict
	twiceMu     sync.Mutex
	twice       map[string]Gate // A/A by metric; without a name where it has none
}

func (d *Digest) cache() *derived {
	if d.derived == nil { // made by hand, as in tests
		return &derived{}
	}
	return d.derived
}

const (
	maxGrid  = 100_000 // comparisons of the exploratory grid
	maxFlips = 500     // comparisons up to which the grid has sign-flip tests: each takes milliseconds
)

// Comparisons returns the exploratory grid: every pair of models within a
// group of cells that differ in nothing else, in time, CPU and memory, with p
// adjusted over all of them (Benjamini and Hochberg). The slice is shared: do
// not change it. It is computed once.
func (d *Digest) Comparisons() []Comparison {
	c := d.cache()
	c.grid.Do(func() { c.comparisons = d.explore() })
	return c.comparisons
}

// pairing is two cells to be compared.
type pairing struct {
	left, right int
	metric      Metric
}

func (d *Digest) explore() []Comparison {
	pairings, _ := d.pairings()
	list := make([]Comparison, 0, len(pairings))
	var p []float64
	var at []int
	for i, pair := range pairings {
		c := d.compare(pair, axisModel, Margin(pair.metric.Name), len(pairings) <= maxFlips)
		if c.P >= 0 {
			p, at = append(p, c.P), append(at, i)
		}
		list = append(list, c)
	}
	if adjusted, err := stat.BenjaminiHochberg(p); err == nil {
		for k, i := range at {
			list[i].BH = adjusted[k]
		}
	}
	return list
}

func (d *Digest) compare(p pairing, axis string, margin float64, flip bool) Comparison {
	k := contrast{less: p.metric.Less, blocks: d.Manifest.Plan.Order != "sequential", flip: flip, seed: d.Manifest.Plan.Seed, margin: margin}
	c := k.of(d.arm(&d.Cells[p.left], p.metric.Name), d.arm(&d.Cells[p.right], p.metric.Name))
	c.Axis, c.Metric, c.Left, c.Right = axis, p.metric.Name, p.left, p.right
	if why := d.unlike(&d.Cells[p.left], &d.Cells[p.right], p.metric); why != "" {
		nan := math.NaN()
		c.Theta, c.Shift, c.Verdict, c.Why = noRange, noRange, NoData, why
		c.P, c.ShiftP, c.FlipP, c.A12 = nan, nan, nan, nan
	}
	c.unless(d.unfit(p.left, p.right))
	return c
}

// totals are the metrics that grow with the work that a trial does.
var totals = map[string]bool{
	"wall_s": true, "cold_s": true, "cpu_s": true, "cpu_work_s": true, "gc_cpu_s": true, "alloc_B": true,
	"voluntary_switches": true, "involuntary_switches": true, "minor_faults": true,
	"steal_s": true, "foreign_cpu_s": true, "run_delay_s": true,
}

func (d *Digest) isTotal(m Metric) bool {
	return totals[m.Name] || slices.ContainsFunc(d.Manifest.Measures, func(o record.Measure) bool { return o.Total && o.Name == m.Name })
}

// unlike says why two cells cannot be compared in a metric that grows with the work: where
// calibration gave each its own number of items the longer one may be the faster, and where time is
// fixed the faster one did more; what dies early has done less. Weak scaling gives cells different numbers on purpose.
func (d *Digest) unlike(a, b *Cell, m Metric) string {
	const instead = "compare throughput_items_per_s or cpu_per_item_s, or write how many items"
	switch {
	case !d.isTotal(m):
		return ""
	case a.DurationS > 0 || b.DurationS > 0:
		return fmt.Sprintf("%s grows with the work, and in a fixed time each side does as much as it can: %s", m.Name, instead)
	case a.short || b.short:
		return fmt.Sprintf("items were lost to a fault: %s is that of less work; compare throughput_items_per_s", m.Name)
	case a.AutoS == 0 || b.AutoS == 0 || a.Scaling == experiments.Weak || b.Scaling == experiments.Weak || !(a.dealt > 0) || !(b.dealt > 0) || a.dealt == b.dealt:
		return ""
	}
	return fmt.Sprintf("items: auto gave the left side %g items and the right side %g: %s", a.dealt, b.dealt, instead)
}

// pairings lists the grid: in each group the models in the order of
// experiments.Models, each held against those before it; cut says that there are more than maxGrid.
func (d *Digest) pairings() (list []pairing, cut bool) {
	for _, group := range d.groups(axisModel) {
		slices.SortStableFunc(group, func(a, b int) int {
			return cmp.Compare(slices.Index(experiments.Models, d.Cells[a].Model), slices.Index(experiments.Models, d.Cells[b].Model))
		})
		for j := range group {
			for i := range j {
				for _, m := range d.primary(group[j], group[i]) {
					if len(list) == maxGrid {
						return list, true
					}
					list = append(list, pairing{group[j], group[i], m})
				}
			}
		}
	}
	return list, false
}

// groups returns the cells that differ along one axis alone, in the order in
// which the groups are met.
func (d *Digest) groups(axis string) [][]int {
	at := map[string]int{}
	var list [][]int
	for i := range d.Cells {
		key := besides(d.Cells[i].Cell, axis)
		k, met := at[key]
		if !met {
			k = len(list)
			at[key] = k
			list = append(list, nil)
		}
		list[k] = append(list[k], i)
	}
	return list
}

// primary returns the metrics in which two cells are compared unasked: time,
// or throughput where time is fixed or items were lost; CPU; peak memory by the best authority
// that both have.
func (d *Digest) primary(i, j int) []Metric {
	names := []string{"wall_s", "cpu_s"}
	if d.Cells[i].DurationS > 0 || d.Cells[i].short || d.Cells[j].short {
		names = []string{"throughput_items_per_s", "cpu_per_item_s"}
	}
	memory := "mem_peak_B"
	if !d.Cells[i].has(memory) || !d.Cells[j].has(memory) {
		memory = "mem_high_B"
	}
	var list []Metric
	for k, name := range append(names, memory) {
		// The first is shown even where nothing came of it.
		if k == 0 || d.Cells[i].has(name) && d.Cells[j].has(name) {
			m, err := d.Metric(name)
			if err == nil {
				list = append(list, m)
			}
		}
	}
	return list
}

// has reports whether a trial of the cell has a value of the metric.
func (c *Cell) has(metric string) bool {
	return slices.ContainsFunc(c.Values[metric], func(v float64) bool { return v == v })
}
