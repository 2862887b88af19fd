package digest

import (
	"errors"
	"slices"

	"forklore/experiments"
	"forklore/metrics/law"
)

// fitted are the laws that every curve is held against, simplest first.
var fitted = []string{law.Linear, law.Amdahl, law.USL}

// Fit is a scaling curve, one model on one workload over its workers, with the
// laws fitted to the throughput of each of its trials.
type Fit struct {
	Cells   []int        // indices into Digest.Cells, by workers
	Metric  string       // what counts as throughput
	Unit    string       // of it
	Laws    []law.Fitted // linear, Amdahl, USL; empty where refused
	Choice  law.Choice   // by AICc
	Refused string       // why there is no fit, in words
	Counts  int          // distinct numbers of workers
	Trials  int          // trials that count
	Options law.Options  // as fitted
	data    law.Data     // for other levels
}

// Says returns the law chosen: linear, amdahl or usl, or "cannot distinguish".
func (f *Fit) Says() string {
	switch {
	case f.Refused != "":
		return "refused"
	case f.Choice.Clear:
		return f.Choice.Fits[0].Law
	}
	return "cannot distinguish"
}

// The resamples of all fits of a run together: a million take some 15 s.
const (
	maxResamples = 1_000_000
	leastSamples = 500
	mostSamples  = 10_000
)

// Fits returns one Fit for each curve with more than one number of workers: of
// a model on a workload, over its cells with no more workers than cores. Each
// has 10 000 bootstrap resamples, and fewer, down to 500, where the run has
// more than 33 curves. The slice is shared: do not change it. It is computed
// once.
func (d *Digest) Fits() []Fit {
	c := d.cache()
	c.fits.Do(func() { c.curves = d.fit() })
	return c.curves
}

func (d *Digest) fit() []Fit {
	var curves [][]int
	for _, group := range d.groups(axisCurve) {
		curve := d.onCurve(group, func(c *Cell) bool { return c.Workers == c.Cores })
		if curve == nil { // the cores are fixed, the workers vary
			curve = d.onCurve(group, func(c *Cell) bool { return c.Workers <= c.Cores })
		}
		if curve != nil {
			curves = append(curves, curve)
		}
	}
	o := law.Options{CPUs: len(d.Manifest.Machine.Topology.CPUs), Seed: d.Manifest.Plan.Seed}
	o.Resamples = min(mostSamples, max(leastSamples, maxResamples/(len(fitted)*max(1, len(curves)))))
	if d.resamples > 0 {
		o.Resamples = d.resamples
	}
	list := make([]Fit, 0, len(curves))
	for _, cells := range curves {
		list = append(list, d.curve(cells, o))
	}
	return list
}

// onCurve returns the cells of the group that fit, if they have more than one
// number of workers.
func (d *Digest) onCurve(group []int, fits func(*Cell) bool) []int {
	var curve []int
	many := false
	for _, i := range group {
		if c := &d.Cells[i]; c.Model != experiments.Sequential && fits(c) {
			curve = append(curve, i)
			many = many || c.Workers != d.Cells[curve[0]].Workers
		}
	}
	if !many {
		return nil
	}
	return curve
}

func (d *Digest) curve(cells []int, o law.Options) Fit {
	slices.SortStableFunc(cells, func(a, b int) int { return d.Cells[a].Workers - d.Cells[b].Workers })
	f := Fit{Cells: cells, Options: o}
	f.throughput(d)
	seen := map[float64]bool{}
	for _, n := range f.data.N {
		seen[n] = true
	}
	f.Counts, f.Trials = len(seen), len(f.data.N)
	if f.Trials == 0 {
		f.Refused = "no trial has a throughput"
		return f
	}
	choice, err := law.Compare(fitted, f.data, o)
	if err != nil {
		f.Refused = refusal(err)
		return f
	}
	f.Choice = choice
	for _, name := range fitted {
		k := slices.IndexFunc(choice.Fits, func(x law.Fitted) bool { return x.Asked == name })
		f.Laws = append(f.Laws, choice.Fits[k])
	}
	return f
}

func refusal(err error) string {
	var r *law.Refusal
	if errors.As(err, &r) {
		return r.Text
	}
	return err.Error()
}

// throughput gathers the throughput of every trial: items/s, or one over the
// wall time where the work is fixed and items were not counted.
func (f *Fit) throughput(d *Digest) {
	f.Metric, f.Unit = "throughput_items_per_s", "items/s"
	of := func(v float64) float64 { return v }
	if !slices.ContainsFunc(f.Cells, func(i int) bool { return d.Cells[i].has(f.Metric) }) {
		c := &d.Cells[f.Cells[0]]
		if c.Scaling == experiments.Weak || c.DurationS > 0 {
			return
		}
		f.Metric, f.Unit = "wall_s", "1/s"
		of = func(v float64) float64 { return ratio(1, v) }
	}
	for _, i := range f.Cells {
		a := d.arm(&d.Cells[i], f.Metric)
		for k, v := range a.values {
			f.data.N = append(f.data.N, float64(d.Cells[i].Workers))
			f.data.X = append(f.data.X, of(v))
			f.data.Block = append(f.data.Block, a.blocks[k])
		}
	}
	if d.Manifest.Plan.Order == "sequential" {
		f.data.Block = nil // there a block is a number within its cell
	}
}
