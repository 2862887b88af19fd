package digest

import (
	"math"

	"forklore/experiments"
)

// Kinds of [Shift].
const (
	ShiftRequirement = "requirement" // a model that is as fast or faster does not meet what is required
	ShiftMemory      = "memory"      // a slower model needs less of it
	ShiftStart       = "start"       // a slower model is ready earlier
	ShiftCores       = "cores"       // another model is faster on fewer cores
)

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

// shifts collects what would lead to another answer than the first of Take.
func (a *Advice) shifts(d *Digest) {
	if a.Outcome != Decided && a.Outcome != Equal {
		return
	}
	best := &a.Models[max(a.Lean, 0)]
	for i := range a.Models {
		other := &a.Models[i]
		if other.Model == best.Model || math.IsNaN(other.Speed.Median) {
			continue
		}
		relation, part, _ := d.relation(best.Model, other.Model, a.Cores)
		if part == nil {
			continue
		}
		if i >= a.Fit {
			if relation == Worse {
				a.Shifts = append(a.Shifts, Shift{Kind: ShiftRequirement, Model: other.Model, Speed: part.Primary, Unmet: other.Unmet})
			}
			continue
		}
		if memory := d.contrastOf(other, best, best.Memory.Metric); memory.Verdict == Supported {
			a.Shifts = append(a.Shifts, Shift{Kind: ShiftMemory, Model: other.Model, Speed: part.Primary, Gain: memory.Theta})
		}
		if n := breakEven(best, other); n > 0 && relation == Better {
			a.Shifts = append(a.Shifts, Shift{Kind: ShiftStart, Model: other.Model, Speed: part.Primary, Items: n})
		}
	}
	a.onFewerCores(d, best)
}

// breakEven is how many items after one start make up for a later readiness of the faster
// model: 0 where there is nothing to make up for, or where intervals of the starts overlap.
func breakEven(fast, slow *Candidate) float64 {
	late := fast.Start.Median - slow.Start.Median
	gain := 1/slow.Speed.Median - 1/fast.Speed.Median
	if !(fast.Start.Lo > slow.Start.Hi) || !(gain > 0) || !(late > 0) {
		return 0
	}
	return math.Ceil(late / gain)
}

// onFewerCores tells which other model beats the best one there.
func (a *Advice) onFewerCores(d *Digest, best *Candidate) {
	m := a.By
	for i := range d.Cells {
		c := &d.Cells[i]
		if c.Model != best.Model || c.Cores == a.Cores || c.Model == experiments.Sequential {
			continue
		}
		here := Candidate{Cell: i}
		for k := range d.Cells {
			o := &d.Cells[k]
			same := o.Cores == c.Cores || o.Model == experiments.Sequential
			if !same || o.Model == best.Model || !a.fits(o.Model) {
				continue
			}
			if x := d.contrastOf(&Candidate{Cell: k}, &here, m); x.Verdict == Supported {
				a.Shifts = append(a.Shifts, Shift{Kind: ShiftCores, Model: o.Model, Cores: c.Cores, Speed: x.Theta.turned()})
			}
		}
	}
}

// fits reports whether a model meets what is required, or may.
func (a *Advice) fits(model string) bool {
	for i := range a.Fit {
		if a.Models[i].Model == model {
			return true
		}
	}
	return false
}
