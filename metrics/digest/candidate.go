package digest

import (
	"fmt"
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

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

func (d *Digest) candidate(i int, speed Metric, musts []experiments.Must) (Candidate, error) {
	c := &d.Cells[i]
	one := Candidate{Model: c.Model, Cell: i, N: len(c.Trials), Speed: c.quantity(speed)}
	one.Memory = c.quantity(d.memory())
	if m, err := Lookup("cpu_per_item_s"); err == nil {
		one.CPU = c.quantity(m)
	}
	one.Start = c.start()
	if len(c.Trials) == 0 {
		one.Unmet = append(one.Unmet, "no trial ended ok"+d.firstFailure(c.ID))
	}
	for _, must := range musts {
		if err := d.weighMust(&one, c, must); err != nil {
			return one, err
		}
	}
	return one, nil
}

// firstFailure says how the first trial of a cell ended that failed, as far as it is known.
func (d *Digest) firstFailure(id string) string {
	for _, f := range d.Failures {
		if f.Cell == id {
			return ": " + f.Status + ", " + f.Detail
		}
	}
	return ""
}

// atLeastMemory is what was sampled of the peak: of a plain program nothing else is known.
const atLeastMemory = "mem_low_B"

// memory is the metric of the peak: the best authority that all cells have.
func (d *Digest) memory() Metric {
	names := []string{"mem_peak_B", "mem_high_B", atLeastMemory}
	lacks := func(name string) bool {
		return slices.ContainsFunc(d.Cells, func(c Cell) bool { return len(c.Trials) > 0 && !c.has(name) })
	}
	k := slices.IndexFunc(names, func(name string) bool { return !lacks(name) })
	if k < 0 {
		k = 1
	}
	i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == names[k] })
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
		case Supported:
			if q.Metric.Name == atLeastMemory && must.AtMost != nil {
				one.Unclear = append(one.Unclear, must.Text+": of the peak only a lower bound is known, sampled while a program ran that does not tell its own (protocol: 1 does)")
			}
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
		i := slices.IndexFunc(d.Manifest.Measures, func(m record.Measure) bool { return m.Hist && !m.Aside })
		if i < 0 {
			return Metric{}, fmt.Errorf("%s: the workload measures no latency", must.Text)
		}
		return d.Metric(QuantileName(d.Manifest.Measures[i].Name, must.Metric))
	}
	return d.Metric(must.Metric)
}
