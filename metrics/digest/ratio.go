package digest

import (
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics/stat"
)

// Ratio compares one metric of two cells that differ in their model alone.
// Trials are paired by block, so that a slow hour of the machine cancels.
type Ratio struct {
	Metric           string
	Num, Den         int // indices into Digest.Cells
	N                int // blocks in which both have a value
	Median, Min, Max float64
}

// work is what two cells must have in common to be compared at all.
type work struct {
	workload, label, params, scaling string
	items                            int64
	auto, duration                   float64
	iterations                       int
}

func workOf(c *Cell) work {
	return work{c.Workload, c.Label, paramText(c.Params), c.Scaling, c.Items, c.AutoS, c.DurationS, c.Iterations}
}

// place is what the cells of a Ratio share besides their work.
type place struct {
	work
	cores, workers int
	schedule       string
	placement      experiments.Placement
}

// Ratios compares, for each workload, core count, worker count and schedule,
// every other model with goroutines, or with the first model of
// experiments.Models where there are no goroutines. Pairs that share no block
// with a value are left out.
func (d *Digest) Ratios(metric string) []Ratio {
	groups := map[place][]int{}
	var order []place
	for i := range d.Cells {
		c := &d.Cells[i]
		key := place{workOf(c), c.Cores, c.Workers, c.Schedule, c.Placement}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	var list []Ratio
	for _, key := range order {
		den := d.reference(groups[key])
		for _, num := range groups[key] {
			if num == den {
				continue
			}
			r := Ratio{Metric: metric, Num: num, Den: den}
			r.N, r.Median, r.Min, r.Max = d.paired(metric, num, den)
			if r.N > 0 {
				list = append(list, r)
			}
		}
	}
	return list
}

func (d *Digest) reference(group []int) int {
	rank := func(i int) int {
		if m := d.Cells[i].Model; m != experiments.Goroutines {
			return 1 + slices.Index(experiments.Models, m)
		}
		return -1
	}
	return slices.MinFunc(group, func(a, b int) int { return rank(a) - rank(b) })
}

// paired returns median and range of the ratios num/den over the blocks in
// which both have a positive value.
func (d *Digest) paired(metric string, num, den int) (n int, median, least, most float64) {
	below := map[int]float64{}
	for i, v := range d.Cells[den].Values[metric] {
		if v > 0 {
			below[d.Cells[den].Blocks[i]] = v
		}
	}
	var ratios []float64
	for i, v := range d.Cells[num].Values[metric] {
		if w, ok := below[d.Cells[num].Blocks[i]]; ok && v > 0 {
			ratios = append(ratios, v/w)
		}
	}
	if len(ratios) == 0 {
		return 0, math.NaN(), math.NaN(), math.NaN()
	}
	return len(ratios), stat.Median(ratios), slices.Min(ratios), slices.Max(ratios)
}
