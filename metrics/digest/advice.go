package digest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forklore/experiments"
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

// Relations of two models.
const (
	Better    = "better"
	Worse     = "worse"
	Same      = "same"
	Undecided = "open"
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
	a.champion(d)
	a.Take = []int{0}
	var open []string
	for i := 1; i < len(a.Models); i++ {
		other := &a.Models[i]
		var v Verdict
		other.Relation, other.Against, v = d.relation(a.Models[0].Model, other.Model, a.Cores)
		surely := len(a.Models[0].Unclear) == 0 && len(other.Unclear) > 0 // the first meets what is required, the other may not
		switch {
		case i >= a.Fit || other.Relation == Better || surely && other.Relation == Same:
		case other.Relation == Same:
			a.Take = append(a.Take, i)
		case surely && other.Relation == Worse:
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

// champion puts in front the first model that no other one beats: blocks may order two models
// otherwise than their medians do. Models that may not meet what is required stay behind those that do.
func (a *Advice) champion(d *Digest) {
	sure := slices.IndexFunc(a.Models[:a.Fit], func(c Candidate) bool { return len(c.Unclear) > 0 })
	if sure <= 0 {
		sure = a.Fit
	}
	beaten := func(c Candidate) bool {
		return slices.ContainsFunc(a.Models[:sure], func(o Candidate) bool {
			relation, _, _ := d.relation(c.Model, o.Model, a.Cores)
			return relation == Worse
		})
	}
	i := slices.IndexFunc(a.Models[:sure], func(c Candidate) bool { return !beaten(c) })
	if i > 0 {
		best := a.Models[i]
		a.Models = slices.Insert(slices.Delete(a.Models, i, i+1), 0, best)
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
		word := map[string]string{Supported: Better, Reversed: Worse, Equivalent: Same}[verdict]
		return cmp.Or(word, Undecided), &p, v
	}
	return Undecided, nil, Verdict{Reason: "no claim holds them against each other"}
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
	c.Verdict, c.Why = Judge(c.Theta, c.Shift, Target{Margin: Margin(m.Name)}, d.gatesOf(m.Name))
	c.unless(d.tooNoisy(x.Cell, y.Cell))
	return c
}
