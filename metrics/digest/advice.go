package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

// What an advice comes to.
const (
	Decided = "decided" // one model is faster than all others that meet what is required
	Equal   = "equal"   // the fastest differ by less than the margin
	Open    = "open"    // the data cannot tell the fastest apart, or whether they meet what is required
	NoModel = "none"    // no model meets what is required
)

// Advice is what a run of an [experiments.Ask] says about which model to take.
type Advice struct {
	Outcome string
	By      Metric // what the models are ordered by
	Cores   int
	Models  []Candidate // those that meet what is required, the fastest first; then those that may, then the others
	Fit     int         // how many of Models meet it or may
	Take    []int       // indices into Models: those that are taken for the fastest; one if Decided
	Lean    int         // index into Models: of Take the one that needs least memory; -1 where that is not decided
	Margin  float64     // differences within it do not matter
	Why     string      // of Open: what stands against a decision; empty where Broken says it
	Trials  int         // of each cell, that would decide it; 0 where none would, or not known
	Broken  string      // gates of the run that did not pass
	Shifts  []Shift     // what would change the answer
}

// Candidate is one model in the run.
type Candidate struct {
	Model    string
	Cell     int // index into Digest.Cells
	N        int // trials
	Unmet    []string
	Unclear  []string   // requirements that the data cannot decide
	Speed    Quantity   // in the advice's metric
	Memory   Quantity   // peak
	CPU      Quantity   // per item
	Start    Quantity   // spawn and setup
	Numbers  []Quantity // of each requirement that is a number, in its order
	Against  *Part      // the first of Take against this model, in speed; nil of that itself, or where they were not compared
	Relation string     // of the first of Take: better, worse, same, open; empty of itself
}

// Quantity is a median with its interval, in the metric's unit. NaN is absent; without an
// interval, Lo and Hi are NaN.
type Quantity struct {
	Metric         Metric
	Median, Lo, Hi float64
}

// Shift is something else that would lead to another answer.
type Shift struct {
	Kind  string  // "requirement", "memory", "start", "cores"
	Model string  // the other answer
	Speed Range   // of the advised model over the other; above 1 it is the faster
	Gain  Range   // memory: of the other over the advised model, above 1 it takes less
	Items float64 // start: as many items after one start at which both take equally long
	Cores int
	Unmet []string
}

// Relations of two models.
const (
	relBetter = "better"
	relWorse  = "worse"
	relSame   = "same"
	relOpen   = "open"
)

// Advise says which model a run of an Ask speaks for, among those that meet what is
// required, on the largest number of cores.
func (d *Digest) Advise(musts []experiments.Must) (*Advice, error) {
	m, err := d.Metric(experiments.AskMetric)
	if err != nil {
		return nil, err
	}
	a := &Advice{By: m, Lean: none, Margin: Margin(m.Name), Broken: brokenGates(d.Gates)}
	for i := range d.Cells {
		a.Cores = max(a.Cores, d.Cells[i].Cores)
	}
	for i := range d.Cells {
		if c := &d.Cells[i]; c.Cores == a.Cores || c.Model == experiments.Sequential {
			one, err := d.candidate(i, m, musts)
			if err != nil {
				return nil, err
			}
			a.Models = append(a.Models, one)
		}
	}
	a.order()
	a.choose(d)
	a.shifts(d)
	return a, nil
}

func (d *Digest) candidate(i int, speed Metric, musts []experiments.Must) (Candidate, error) {
	c := &d.Cells[i]
	one := Candidate{Model: c.Model, Cell: i, N: len(c.Trials), Speed: c.quantity(speed)}
	one.Memory = c.quantity(d.memory())
	if m, err := Lookup("cpu_per_item_s"); err == nil {
		one.CPU = c.quantity(m)
	}
	one.Start = c.start()
	if len(c.Trials) == 0 {
		one.Unmet = append(one.Unmet, "no trial ended ok")
	}
	for _, must := range musts {
		if err := d.weighMust(&one, c, must); err != nil {
			return one, err
		}
	}
	return one, nil
}

// memory is the metric of the peak: the best authority that all cells have.
func (d *Digest) memory() Metric {
	name := "mem_peak_B"
	if slices.ContainsFunc(d.Cells, func(c Cell) bool { return !c.has(name) }) {
		name = "mem_high_B"
	}
	i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name })
	return metrics[i]
}

// quantity is the median of a metric over the cell's trials.
func (c *Cell) quantity(m Metric) Quantity {
	q := Quantity{m, math.NaN(), math.NaN(), math.NaN()}
	values := present(c.Values[m.Name])
	if len(values) == 0 {
		return q
	}
	q.Median = stat.Median(values)
	if i, err := stat.MedianInterval(values, 0.95); err == nil {
		q.Lo, q.Hi = i.Lo, i.Hi
	}
	return q
}

// start is what a model takes from the call to readiness.
func (c *Cell) start() Quantity {
	m := Metric{Name: "start_s", Title: "start", Unit: "s", Less: true}
	sum := Cell{Values: map[string][]float64{}}
	spawn, setup := c.Values["spawn_s"], c.Values["setup_s"]
	for i := range min(len(spawn), len(setup)) {
		sum.Values[m.Name] = append(sum.Values[m.Name], spawn[i]+setup[i])
	}
	return sum.quantity(m)
}

// weighMust holds a candidate against one requirement.
func (d *Digest) weighMust(one *Candidate, c *Cell, must experiments.Must) error {
	apart := c.Model == experiments.Processes || c.Model == experiments.Sequential
	switch {
	case must.Isolate && !apart:
		one.Unmet = append(one.Unmet, must.Text+": workers share a process, and with it its crashes and secrets")
	case must.Share && (c.Model == experiments.Processes || c.Model == experiments.Hybrid):
		one.Unmet = append(one.Unmet, must.Text+": its processes have memories of their own")
	}
	if must.Metric == "" {
		return nil
	}
	m, err := d.mustMetric(must)
	if err != nil {
		return err
	}
	q := c.quantity(m)
	one.Numbers = append(one.Numbers, q)
	switch {
	case math.IsNaN(q.Median):
		one.Unclear = append(one.Unclear, must.Text+": no trial has a value")
	case math.IsNaN(q.Lo):
		one.Unclear = append(one.Unclear, fmt.Sprintf("%s: an interval needs %d trials, and there are %d", must.Text, leastN, len(c.Trials)))
	default:
		switch (Target{AtLeast: must.AtLeast, AtMost: must.AtMost}).within(q.Lo, q.Hi) {
		case Reversed:
			one.Unmet = append(one.Unmet, must.Text)
		case Inconclusive:
			one.Unclear = append(one.Unclear, must.Text+": the 95 % interval contains the bound")
		}
	}
	return nil
}

// mustMetric finds the metric that a requirement is about.
func (d *Digest) mustMetric(must experiments.Must) (Metric, error) {
	switch {
	case must.Metric == experiments.MustMemory:
		return d.memory(), nil
	case must.Quantile:
		i := slices.IndexFunc(d.Manifest.Measures, func(m record.Measure) bool { return m.Hist })
		if i < 0 {
			return Metric{}, fmt.Errorf("%s: the workload measures no latency", must.Text)
		}
		return d.Metric(QuantileName(d.Manifest.Measures[i].Name, must.Metric))
	}
	return d.Metric(must.Metric)
}

// order puts models that meet what is required first, and of these the fastest.
func (a *Advice) order() {
	rank := func(c Candidate) int {
		switch {
		case len(c.Unmet) > 0:
			return 2
		case len(c.Unclear) > 0:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(a.Models, func(x, y Candidate) int {
		if c := cmp.Compare(rank(x), rank(y)); c != 0 {
			return c
		}
		return cmp.Compare(first(y.Speed.Median, 0), first(x.Speed.Median, 0))
	})
	for _, c := range a.Models {
		if rank(c) < 2 {
			a.Fit++
		}
	}
}

// choose draws the answer from the verdicts on the claims.
func (a *Advice) choose(d *Digest) {
	if a.Fit == 0 {
		a.Outcome = NoModel
		return
	}
	a.Take = []int{0}
	var open []string
	for i := 1; i < len(a.Models); i++ {
		other := &a.Models[i]
		var v Verdict
		other.Relation, other.Against, v = d.relation(a.Models[0].Model, other.Model, a.Cores)
		surely := len(a.Models[0].Unclear) == 0 && len(other.Unclear) > 0 // the first meets what is required, the other may not
		switch {
		case i >= a.Fit || other.Relation == relBetter || surely && other.Relation == relSame:
		case other.Relation == relSame:
			a.Take = append(a.Take, i)
		case surely && other.Relation == relWorse:
			open = append(open, other.Model+" is faster, but may not meet "+strings.Join(other.Unclear, ", "))
		default:
			a.Take = append(a.Take, i)
			open = append(open, fmt.Sprintf("%s against %s: %s", a.Models[0].Model, other.Model, cmp.Or(v.Reason, "the verdict contradicts the medians")))
			a.Trials = max(a.Trials, v.Trials)
		}
	}
	open = append(open, a.unclear()...)
	switch {
	case a.Broken != "":
		a.Outcome, a.Trials = Open, 0 // Broken says why
	case len(open) > 0:
		a.Outcome, a.Why = Open, strings.Join(open, "; ")
	case len(a.Take) > 1:
		a.Outcome, a.Lean = Equal, a.leanest(d)
	default:
		a.Outcome, a.Lean = Decided, 0
	}
}

// unclear says which requirements of the models that are taken cannot be decided.
func (a *Advice) unclear() []string {
	var words []string
	for _, i := range a.Take {
		for _, u := range a.Models[i].Unclear {
			words = append(words, a.Models[i].Model+" may not meet "+u)
		}
	}
	return words
}

// relation says what the model is against another by the claim that holds them against each
// other, turned so that above 1 the model is the faster.
func (d *Digest) relation(model, other string, cores int) (string, *Part, Verdict) {
	for _, v := range d.Verdicts() {
		c := v.Claim
		mine := c.Left == model && c.Right == other
		if c.Kind != experiments.ClaimCompare || c.Metric != experiments.AskMetric || !mine && (c.Left != other || c.Right != model) || len(v.Parts) != 1 {
			continue
		}
		p := v.Parts[0]
		verdict := v.Verdict
		if !mine {
			p.Left, p.Right = p.Right, p.Left
			p.Primary = p.Primary.turned()
			verdict = map[string]string{Supported: Reversed, Reversed: Supported}[verdict]
			if verdict == "" {
				verdict = v.Verdict
			}
		}
		word := map[string]string{Supported: relBetter, Reversed: relWorse, Equivalent: relSame}[verdict]
		return cmp.Or(word, relOpen), &p, v
	}
	return relOpen, nil, Verdict{Reason: "no claim holds them against each other"}
}

// turned is the same ratio in favour of the other side.
func (r Range) turned() Range {
	r.Estimate, r.Lo95, r.Hi95, r.Lo90, r.Hi90 = 1/r.Estimate, 1/r.Hi95, 1/r.Lo95, 1/r.Hi90, 1/r.Lo90
	return r
}

// leanest returns the model among those taken that needs less memory than each of the
// others, beyond the margin.
func (a *Advice) leanest(d *Digest) int {
	for _, i := range a.Take {
		least := func(k int) bool {
			return k == i || d.contrastOf(&a.Models[i], &a.Models[k], a.Models[i].Memory.Metric).Verdict == Supported
		}
		if !slices.ContainsFunc(a.Take, func(k int) bool { return !least(k) }) {
			return i
		}
	}
	return none
}

// contrastOf compares two candidates in a metric, unasked: no claim was made beforehand.
func (d *Digest) contrastOf(x, y *Candidate, m Metric) Comparison {
	c := d.compare(pairing{x.Cell, y.Cell, m}, axisModel, Margin(m.Name), false)
	if c.Verdict == NoData {
		return c
	}
	c.Verdict, c.Why = Judge(c.Theta, c.Shift, Target{Margin: Margin(m.Name)}, d.Gates)
	c.unless(d.tooNoisy(x.Cell, y.Cell))
	return c
}
