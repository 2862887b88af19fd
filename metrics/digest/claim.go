package digest

import (
	"fmt"
	"math"
	"strings"

	"forklore/experiments"
)

// chosen returns the cells that a claim is about; the reason where there are
// none.
func (d *Digest) chosen(c experiments.Claim) (cells []int, reason string) {
	if c.Kind == experiments.ClaimScaling && c.Model == "" {
		c.Kind = experiments.ClaimBound // which covers the cells of every model
	}
	for i := range d.Cells {
		if c.Covers(&d.Cells[i].Cell) {
			cells = append(cells, i)
		}
	}
	switch unknown := unknownAxes(c.Where, d.Cells); {
	case cells != nil:
		return cells, ""
	case len(d.Cells) == 0:
		return nil, "no trial of the run has a row"
	case unknown != nil:
		return nil, "no cell has the axis " + strings.Join(unknown, ", ")
	}
	return nil, "no cell of the run is meant by the claim"
}

// compareParts compares the pairs of cells that the plan means by the claim,
// as far as they have rows.
func (d *Digest) compareParts(c experiments.Claim, claims int) ([]Part, string) {
	if c.Axis == "" {
		c.Axis = axisModel
	}
	m, err := d.Metric(c.Metric)
	if err != nil {
		return nil, err.Error()
	}
	if _, reason := d.chosen(c); reason != "" {
		return nil, reason
	}
	run := experiments.Plan{}
	for i := range d.Cells {
		run.Cells = append(run.Cells, d.Cells[i].Cell)
	}
	var parts []Part
	for _, pair := range run.Pairs(c) {
		if two := (pairing{pair.Left, pair.Right, m}); experiments.Level(m.Name) {
			parts = append(parts, d.levelPart(c, two, claims))
		} else {
			parts = append(parts, d.comparePart(c, two, c.Axis, claims))
		}
	}
	if parts == nil {
		return nil, fmt.Sprintf("no cell with %s %s has a partner with %s that differs in nothing else", c.Axis, c.Left, c.Right)
	}
	return parts, ""
}

func (d *Digest) comparePart(c experiments.Claim, pair pairing, axis string, claims int) Part {
	target := Target{Margin: c.Margin, AtLeast: c.AtLeast, AtMost: c.AtMost}
	if target.Margin == 0 {
		target.Margin = Margin(pair.metric.Name)
	}
	target = target.under(d.gatesOf(pair.metric.Name))
	k := d.compare(pair, axis, target.Margin, true)
	k.Claim = c.ID
	p := Part{Title: versus(d.Cells[pair.left].Cell, d.Cells[pair.right].Cell), Left: pair.left, Right: pair.right,
		Metric: pair.metric.Name, Target: target, Primary: k.Theta, Companion: k.Shift, P: math.NaN()}
	if k.Verdict == NoData {
		p.Verdict, p.Reason = NoData, k.Why
	} else {
		p.P = target.p(k.logs)
		p.Verdict, p.Reason = Judge(k.Theta, k.Shift, target, d.gatesOf(k.Metric))
		p.need = func() int { return target.trials(k.logs, alpha/float64(claims)) }
		k.Verdict, k.Why = p.Verdict, p.Reason
	}
	p.Comparison = &k
	return p
}

// versus names two cells: "sieve, processes against goroutines, 2 cores".
func versus(left, right experiments.Cell) string {
	l, r := strings.Split(Title(left), ", "), strings.Split(Title(right), ", ")
	if len(l) != len(r) {
		return Title(left) + " against " + Title(right)
	}
	for i := range l {
		if l[i] != r[i] {
			l[i] += " against " + r[i]
		}
	}
	return strings.Join(l, ", ")
}
