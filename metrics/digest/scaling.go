package digest

import (
	"fmt"
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics/law"
)

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
	cells, reason := d.chosen(c)
	if reason != "" {
		return nil, reason
	}
	var parts []Part
	for _, f := range d.Fits() {
		if slices.ContainsFunc(f.Cells, func(i int) bool { return slices.Contains(cells, i) }) {
			parts = append(parts, d.scalingPart(c, &f, claims))
		}
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
	trials := d.fewest(f)
	p.need = func() int { return target.widthTrials(decisive, trials) }
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
