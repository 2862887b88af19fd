package digest

import (
	"errors"
	"fmt"
	"math"
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

// Quantities of a curve that claims may speak of.
var quantities = []string{"peak", "n_star", "limit", "sigma", "kappa"}

// quantity returns a quantity of a law with its interval; unbounded is +Inf.
func quantity(f *law.Fitted, name string) (estimate, lo, hi float64, err error) {
	switch name {
	case "peak": // the largest speedup over one worker
		return f.CI.PeakS.Estimate, f.CI.PeakS.Lo, f.CI.PeakS.Hi, nil
	case "n_star":
		return f.CI.PeakN.Estimate, f.CI.PeakN.Lo, f.CI.PeakN.Hi, nil
	case "limit": // the speedup that contention alone would allow: 1/sigma
		s := f.CI.Sigma
		return f.Knee(), over1(s.Hi), over1(s.Lo), nil
	case "sigma":
		return f.Sigma, f.CI.Sigma.Lo, f.CI.Sigma.Hi, nil
	case "kappa":
		return f.Kappa, f.CI.Kappa.Lo, f.CI.Kappa.Hi, nil
	}
	return math.NaN(), math.NaN(), math.NaN(), fmt.Errorf("unknown quantity %q of a law; known are %q", name, quantities)
}

func over1(v float64) float64 {
	if v == 0 {
		return math.Inf(1)
	}
	return 1 / v
}

// scalingParts judges a quantity of the fitted law, one part a curve. A
// bootstrap interval has no p: its level, 1 - 0.05/claims, allows for the
// number of claims instead (Bonferroni).
func (d *Digest) scalingParts(c experiments.Claim, claims int) ([]Part, string) {
	if c.AtLeast == nil && c.AtMost == nil {
		return nil, "a scaling claim needs at_least or at_most"
	}
	if c.Law == "" {
		c.Law = law.USL
	}
	if !slices.Contains(fitted, c.Law) {
		return nil, fmt.Sprintf("unknown law %q; known are %q", c.Law, fitted)
	}
	if !slices.Contains(quantities, c.Quantity) {
		return nil, fmt.Sprintf("unknown quantity %q of a law; known are %q", c.Quantity, quantities)
	}
	var parts []Part
	for _, f := range d.Fits() {
		cell := &d.Cells[f.Cells[0]].Cell
		meant := slices.ContainsFunc(f.Cells, func(i int) bool { return selects(c.Where, &d.Cells[i].Cell) })
		if !meant || c.Model != "" && !hasValue(cell, axisModel, c.Model) {
			continue
		}
		parts = append(parts, d.scalingPart(c, &f, claims))
	}
	if parts == nil {
		return nil, "no model was run with more than one number of workers that its where and model mean"
	}
	return parts, ""
}

func (d *Digest) scalingPart(c experiments.Claim, f *Fit, claims int) Part {
	target := Target{AtLeast: c.AtLeast, AtMost: c.AtMost}
	p := Part{Title: curveTitle(d.Cells[f.Cells[0]].Cell), Left: f.Cells[0], Right: none, Metric: c.Quantity, Target: target,
		Primary: noRange, Companion: noRange, P: math.NaN()}
	if f.Refused != "" {
		p.Verdict, p.Reason = NoData, f.Refused
		return p
	}
	one := &f.Laws[slices.Index(fitted, c.Law)]
	var err error
	p.Primary.N, p.Primary.Method = f.Trials, c.Law+" fit, "+one.CI.How
	if p.Primary.Estimate, p.Primary.Lo95, p.Primary.Hi95, err = quantity(one, c.Quantity); err != nil {
		p.Verdict, p.Reason = NoData, err.Error()
		return p
	}
	decisive := p.Primary
	if claims > 1 {
		o := f.Options
		o.Level = 1 - alpha/float64(claims)
		strict, err := law.Fit(c.Law, f.data, o)
		if err != nil {
			p.Verdict, p.Reason = NoData, refusal(err)
			return p
		}
		_, decisive.Lo95, decisive.Hi95, _ = quantity(&strict, c.Quantity)
	}
	p.Verdict, p.Reason = target.alone(decisive, d.Gates)
	if p.Verdict != Inconclusive && one.Law != c.Law {
		p.Reason = fmt.Sprintf("the %s fit lies on a bound: it is the %s law", c.Law, one.Law)
	}
	p.Trials = target.widthTrials(decisive, d.fewest(f))
	return p
}

// fewest returns the least number of trials of the curve's cells.
func (d *Digest) fewest(f *Fit) int {
	least := math.MaxInt
	for _, i := range f.Cells {
		least = min(least, len(d.Cells[i].Trials))
	}
	return least
}

// widthTrials returns the trials of each cell at which an interval that
// shrinks with the square root of n lies clear of the bounds.
func (t Target) widthTrials(r Range, n int) int {
	need := 0.0
	for _, b := range []*float64{t.AtLeast, t.AtMost} {
		if b == nil {
			continue
		}
		far, half := r.Estimate-*b, r.Estimate-r.Lo95
		if far < 0 {
			half = r.Hi95 - r.Estimate
		}
		scale := half / far
		if far == 0 || math.IsInf(half, 0) || math.IsNaN(scale) {
			return 0
		}
		need = max(need, float64(n)*scale*scale)
	}
	if need > 1e6 {
		return 0
	}
	return int(math.Ceil(need))
}

// curveTitle names a curve: its cell's title without the number of workers.
func curveTitle(c experiments.Cell) string {
	words := c.Label
	if words == "" {
		words = c.Workload
	}
	model := c.ModelLabel
	if model == "" {
		model = c.Model
	}
	words += ", " + model
	if c.Schedule == experiments.Dynamic {
		words += ", " + c.Schedule
	}
	if c.Scaling == experiments.Weak {
		words += ", " + c.Scaling
	}
	return words
}
