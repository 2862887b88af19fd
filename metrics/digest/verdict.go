package digest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/stat"
)

// Verdict is what the data say of a claim.
type Verdict struct {
	Claim   experiments.Claim
	Verdict string  // one of the verdicts above
	Reason  string  // why it is inconclusive or has no data; of a conditional one, the factor that flips it
	P       float64 // that all parts are so by chance: the greatest of theirs; NaN where there is none
	Holm    float64 // P, adjusted over the claims of the file
	Trials  int     // per cell, that would decide an inconclusive claim with a chance of 80 %; 0 where unknown
	Broken  string  // gates that did not pass, in words
	Parts   []Part
}

// Part is the claim in one cell, one pair of cells or one curve.
type Part struct {
	Title       string // in words: what was looked at
	Left, Right int    // indices into Digest.Cells; Right is -1 but for comparisons
	Metric      string
	Unit        string // of the estimates; empty for ratios
	Target      Target
	Verdict     string // of this part alone, before the correction for many claims
	Reason      string
	Primary     Range
	Companion   Range // N = 0 where the kind of claim has none
	P           float64
	Trials      int
	Comparison  *Comparison // of a comparison claim

	need func() int // computes Trials; nil where nothing would decide
}

// Verdicts returns the verdict on each claim of the plan, in its order. The
// slice is shared: do not change it. It is computed once.
func (d *Digest) Verdicts() []Verdict {
	c := d.cache()
	c.verdicts.Do(func() { c.claims = d.judge() })
	return c.claims
}

const alpha = 0.05

func (d *Digest) judge() []Verdict {
	claims := d.Manifest.Plan.Claims
	list := make([]Verdict, len(claims))
	for i, claim := range claims {
		v := Verdict{Claim: claim, P: math.NaN(), Holm: math.NaN(), Broken: brokenGates(d.gatesOf(claim.Metric))}
		level := claim.Kind == experiments.ClaimCompare && experiments.Level(claim.Metric)
		if level || claim.Kind == experiments.ClaimProportion || claim.Kind == experiments.ClaimScaling {
			v.Broken = strictly(d.gatesOf(claim.Metric))
		}
		switch claim.Kind {
		case experiments.ClaimCompare:
			v.Parts, v.Reason = d.compareParts(claim, len(claims))
		case experiments.ClaimBound:
			v.Parts, v.Reason = d.boundParts(claim, len(claims))
		case experiments.ClaimProportion:
			v.Parts, v.Reason = d.proportionParts(claim, len(claims))
		case experiments.ClaimScaling:
			v.Parts, v.Reason = d.scalingParts(claim, len(claims))
		default:
			v.Reason = fmt.Sprintf("a claim of kind %q: known are compare, bound, proportion, scaling", claim.Kind)
		}
		v.weigh(d)
		v.combine(d)
		list[i] = v
	}
	correct(list)
	return list
}

// gatesOf returns the gates that a verdict on a metric takes. They are about times: what a probe
// finds, and how many items a fault costs, is the same on a busy machine. The A/A control is
// looked at in the metric itself, where the cell has it, and to memory more work is no control.
func (d *Digest) gatesOf(metric string) []Gate {
	if d.untimed(metric) {
		return nil
	}
	var list []Gate
	for _, g := range d.Gates {
		switch {
		case g.Name == experiments.ControlAA:
			list = append(list, d.aaIn(metric, g))
		case g.Name == experiments.ControlPositive && isMemory(metric):
		default:
			list = append(list, g)
		}
	}
	return list
}

// untimed reports whether a metric is the same on a busy machine. What became of a server's requests is not: its clients
// lose their patience.
func (d *Digest) untimed(metric string) bool {
	served := func(c Cell) bool { return c.DurationS > 0 && c.has(metric) }
	return experiments.Untimed(metric) && (experiments.Probe(metric) || !slices.ContainsFunc(d.Cells, served))
}

// aaIn is the A/A control in a metric; where it has no value, or a zero, in that of time. It is worked out once: a claim
// over thousands of cells asks for it as often.
func (d *Digest) aaIn(metric string, inTime Gate) Gate {
	i := slices.IndexFunc(d.Controls, func(c Cell) bool { return c.Control == experiments.ControlAA })
	if i < 0 || metric == clock(&d.Controls[i]) {
		return inTime
	}
	c := d.cache()
	c.twiceMu.Lock()
	defer c.twiceMu.Unlock()
	g, known := c.twice[metric]
	if !known {
		if one, err := d.against(&d.Controls[i], metric); err == nil {
			g = twice(one, metric, "the same cell twice, in "+metric+": ")
			g.Name = experiments.ControlAA
		}
		if c.twice == nil {
			c.twice = map[string]Gate{}
		}
		c.twice[metric] = g
	}
	if g.Name == "" {
		return inTime
	}
	return g
}

// weigh makes the parts inconclusive whose trials something disturbed too
// often, or whose load generator was the bottleneck. More trials would not mend that.
func (v *Verdict) weigh(d *Digest) {
	if v.Broken != "" || d.untimed(v.Claim.Metric) {
		return
	}
	for i := range v.Parts {
		p := &v.Parts[i]
		if p.Verdict == NoData {
			continue
		}
		if noisy := d.unfit(v.cells(d, p)...); noisy != "" {
			p.Verdict, p.Reason, p.need = Inconclusive, noisy, nil
			if p.Comparison != nil {
				p.Comparison.unless(noisy)
			}
		}
	}
}

// cells lists the cells that a part looks at: one, two or those of a curve.
func (v *Verdict) cells(d *Digest, p *Part) []int {
	switch {
	case p.Right != none:
		return []int{p.Left, p.Right}
	case v.Claim.Kind == experiments.ClaimScaling:
		fits := d.Fits()
		if k := slices.IndexFunc(fits, func(f Fit) bool { return slices.Contains(f.Cells, p.Left) }); k >= 0 {
			return fits[k].Cells
		}
	}
	return []int{p.Left}
}

// combine draws one verdict from those of the parts. All must agree for a
// plain one: then all are so by chance with at most the greatest of their p.
func (v *Verdict) combine(d *Digest) {
	count := map[string]int{}
	var decided []*Part
	for i := range v.Parts {
		p := &v.Parts[i]
		count[p.Verdict]++
		switch p.Verdict {
		case Supported, Reversed, Equivalent:
			decided = append(decided, p)
		case Inconclusive:
			v.want(p)
		}
	}
	v.P = greatest(decided)
	kinds := 0
	for _, k := range []string{Supported, Reversed, Equivalent} {
		if count[k] > 0 {
			kinds++
		}
	}
	switch {
	case len(v.Parts) == 0 || count[NoData] == len(v.Parts):
		v.Verdict = NoData
		if len(v.Parts) > 0 {
			v.Reason = v.Parts[0].Reason
		}
	case kinds > 1:
		v.Verdict, v.Trials = Conditional, 0
		v.P = min(1, v.P*float64(len(v.Parts))) // any part may have made the difference
		v.Reason = v.factor(d, decided)
	case kinds == 1 && len(decided) == len(v.Parts):
		v.Verdict, v.Trials = decided[0].Verdict, 0
	default:
		v.Verdict, v.Reason = Inconclusive, v.undecided(len(decided), decided)
		v.P = greatestOf(v.Parts)
	}
}

// undecided says in how many parts the claim is decided, and why not in the
// first of the others.
func (v *Verdict) undecided(n int, decided []*Part) string {
	k := slices.IndexFunc(v.Parts, func(p Part) bool { return p.Verdict == Inconclusive || p.Verdict == NoData })
	p := v.Parts[k]
	switch {
	case v.Broken != "":
		return v.Broken
	case len(v.Parts) == 1:
		return p.Reason
	}
	if n == 0 {
		return fmt.Sprintf("decided in none of %d cells; %s: %s", len(v.Parts), p.Title, p.Reason)
	}
	return fmt.Sprintf("%s in %d of %d cells; %s: %s", decided[0].Verdict, n, len(v.Parts), p.Title, p.Reason)
}

// factor names what decides between the verdicts of the parts.
func (v *Verdict) factor(d *Digest, decided []*Part) string {
	var cells []*experiments.Cell
	var verdicts []string
	for _, p := range decided {
		c := d.Cells[p.Left].Cell
		if c.Model == experiments.Sequential && p.Right != none {
			c = d.Cells[p.Right].Cell // the plain loop is the same for all cores
		}
		if v.Claim.Kind == experiments.ClaimCompare && (v.Claim.Axis == axisModel || v.Claim.Axis == "") {
			c.Model, c.ModelLabel, c.Processes = "", "", 0 // they follow from the claim
		}
		cells, verdicts = append(cells, &c), append(verdicts, p.Verdict)
	}
	if words := flips(cells, verdicts); words != "" {
		return words
	}
	var words []string
	for _, p := range decided {
		words = append(words, p.Verdict+": "+p.Title)
	}
	return "no single factor decides; " + strings.Join(words, "; ")
}

func greatest(parts []*Part) float64 {
	p := math.NaN()
	for _, part := range parts {
		if math.IsNaN(part.P) {
			return math.NaN()
		}
		p = max(part.P, first(p, 0))
	}
	return p
}

func greatestOf(parts []Part) float64 {
	var all []*Part
	for i := range parts {
		all = append(all, &parts[i])
	}
	return greatest(all)
}

// correct adjusts p over the claims (Holm 1979). A verdict that does not
// survive is inconclusive. A claim without p counts among the claims; its own
// interval is at a level that allows for them (see scalingParts).
func correct(list []Verdict) {
	p := make([]float64, len(list))
	for i := range list {
		p[i] = first(list[i].P, 1)
	}
	adjusted, err := stat.Holm(p)
	if err != nil {
		return
	}
	for i := range list {
		v := &list[i]
		if math.IsNaN(v.P) {
			continue
		}
		v.Holm = adjusted[i]
		switch v.Verdict {
		case Supported, Reversed, Equivalent, Conditional:
			if v.Holm > alpha {
				v.Reason = fmt.Sprintf("%s alone, but among %d claims p is %.2g", v.Verdict, len(list), v.Holm)
				v.Verdict = Inconclusive
				for k := range v.Parts {
					v.want(&v.Parts[k])
				}
			}
		}
	}
}

// want computes the trials that a part would take, and makes them the claim's
// if they are more. More trials mend no broken gate.
func (v *Verdict) want(p *Part) {
	if p.need != nil && v.Broken == "" {
		p.Trials = p.need()
		v.Trials = max(v.Trials, p.Trials)
	}
}
