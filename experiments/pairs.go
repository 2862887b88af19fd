package experiments

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Pair is two cells that differ on one axis and are equal otherwise. Both are
// indexes into Plan.Cells.
type Pair struct {
	Left  int `json:"left"`
	Right int `json:"right"`
}

// baselineAxes mean nothing to the plain loop: it is run once for all of them.
var baselineAxes = []string{"processes", "cores", "workers", "schedule", "scaling"}

// Covers reports whether the claim is about the cell: it is no control, meets
// every condition of Where, has one of the compared values, or the model of a
// scaling claim. The sequential baseline meets every condition on cores,
// workers, schedule and scaling where it is one side of a comparison.
func (c *Claim) Covers(cell *Cell) bool {
	if cell.Control != "" {
		return false
	}
	switch c.Kind {
	case ClaimScaling:
		return c.meets(cell, false) && cell.on("model", []string{c.Model})
	case ClaimCompare:
		baseline := c.Axis == "model" && cell.Model == Sequential
		return c.meets(cell, baseline) && cell.on(c.Axis, []string{c.Left, c.Right})
	}
	return c.meets(cell, false)
}

func (c *Claim) meets(cell *Cell, baseline bool) bool {
	for axis, values := range c.Where {
		if baseline && slices.Contains(baselineAxes, axis) {
			continue
		}
		if !cell.on(axis, values) {
			return false
		}
	}
	return true
}

// Pairs returns the cells that a comparison claim holds against each other, in
// the order of the plan: equal in everything but its axis and what follows
// from it (a model's layout; workers that are a multiple of the cores). A
// sequential side is paired with every number of cores and workers. It returns
// none for other kinds of claims, and where the plan lacks a side.
func (p *Plan) Pairs(c Claim) []Pair {
	if c.Kind != ClaimCompare {
		return nil
	}
	var left, right []int
	baseline := false
	for i := range p.Cells {
		cell := &p.Cells[i]
		if !c.Covers(cell) {
			continue
		}
		if cell.on(c.Axis, []string{c.Left}) {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
		baseline = baseline || c.Axis == "model" && cell.Model == Sequential
	}
	out := p.match(left, right, twin{axis: c.Axis, baseline: baseline})
	if c.Axis != "cores" {
		return out
	}
	met := map[int]bool{}
	for _, pair := range out {
		met[pair.Left], met[pair.Right] = true, true
	}
	done := func(i int) bool { return met[i] }
	more := p.match(slices.DeleteFunc(left, done), slices.DeleteFunc(right, done), twin{axis: "cores", counts: true})
	return slices.SortedStableFunc(slices.Values(append(out, more...)), func(a, b Pair) int { return a.Left - b.Left })
}

// ModelPairs returns every model against goroutines where all else is equal,
// in the order of the plan, without the controls.
func (p *Plan) ModelPairs() []Pair {
	var left, right []int
	for i := range p.Cells {
		switch cell := &p.Cells[i]; {
		case cell.Control != "":
		case cell.Model == Goroutines:
			right = append(right, i)
		default:
			left = append(left, i)
		}
	}
	return p.match(left, right, twin{axis: "model"})
}

func (p *Plan) match(left, right []int, t twin) []Pair {
	at := make(map[string][]int, len(right))
	for _, i := range right {
		key := t.key(&p.Cells[i])
		at[key] = append(at[key], i)
	}
	var out []Pair
	for _, i := range left {
		for _, j := range at[t.key(&p.Cells[i])] {
			out = append(out, Pair{i, j})
		}
	}
	return out
}

// twin says what two cells of a pair have in common.
type twin struct {
	axis     string
	baseline bool // one side is the plain loop
	counts   bool // cells of different cores with as many workers, instead of as many per core
}

// key is equal for cells that may be a pair.
func (t twin) key(c *Cell) string {
	k := *c
	k.ID, k.TimeoutS, k.Placement = "", 0, Placement{}
	k.Items, k.AutoS, k.DurationS = 0, 0, 0 // the label tells them where they vary
	if k.Model != Hybrid || t.axis == "model" {
		k.Processes = 0
	}
	workers := fmt.Sprint(c.Workers)
	switch t.axis {
	case "workload":
		k.Workload, k.Label, k.Params = "", "", nil
	case "model":
		k.Model, k.ModelLabel = "", ""
	case "processes":
		k.Processes, k.ModelLabel = 0, ""
	case "cores":
		k.Cores = 0
		if times := c.perCore(); times != "" && !t.counts {
			workers = times
		}
	case "workers":
		workers = ""
	case "schedule":
		k.Schedule = ""
	case "scaling":
		k.Scaling = ""
	case "iterations":
		k.Iterations = 0
	default:
		k.Label = strings.Replace(c.Label+" ", " "+t.axis+"="+c.Params[t.axis]+" ", " ", 1)
		k.Params = maps.Clone(c.Params)
		delete(k.Params, t.axis)
	}
	if t.baseline {
		k.Cores, workers, k.Schedule, k.Scaling = 0, "", "", ""
	}
	return fmt.Sprint(k.Workload, "|", k.Label, "|", k.ParamText(), "|", k.Model, "|", k.ModelLabel, "|", k.Cores, "|", workers,
		"|", k.Processes, "|", k.Schedule, "|", k.Scaling, "|", k.Iterations)
}
