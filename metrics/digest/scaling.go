package digest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/law"

	"gonum.org/v1/gonum/stat/distuv"
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
	complaints := slices.Clone(one.Warnings)
	decisive, level := p.Primary, 1-alpha/float64(claims)
	if claims > 1 {
		o := f.Options
		o.Level = level
		strict, err := law.Fit(c.Law, f.data, o)
		if err != nil {
			p.Verdict, p.Reason = NoData, refusal(err)
			return p
		}
		_, decisive.Lo95, decisive.Hi95, _ = quantity(&strict, c.Quantity)
		complaints = append(complaints, fmt.Sprintf("judged by the %s interval, for %d claims", atLevel(level), claims))
	}
	p.Primary.Complaints = strings.Join(complaints, "; ")
	p.Verdict, p.Reason = target.alone(decisive, d.Gates)
	p.Reason = strings.Replace(p.Reason, "95 %", atLevel(level), 1)
	blocks := f.blocks()
	if strictly(d.Gates) == "" {
		if doubt := f.doubt(one, c.Quantity, blocks); doubt != "" {
			p.Verdict, p.Reason = Inconclusive, strings.Join(append([]string{doubt}, one.Warnings...), "; ")
			if blocks < leastN { // the one doubt that trials are sure to mend
				p.need = func() int { return leastN }
			}
			return p
		}
	}
	p.need = func() int { return target.widthTrials(decisive, blocks, level) }
	return p
}

func atLevel(level float64) string { return fmt.Sprintf("%.4g %%", 100*level) }

// misfit is the p of the lack of fit from which a curve does not describe the
// trials: stricter than 0.05, since no law is quite true.
const misfit = 0.01

// doubt says why nothing may be concluded from a fit, however narrow its
// interval; empty where nothing is against it.
func (f *Fit) doubt(one *law.Fitted, name string, blocks int) string {
	if blocks < leastN {
		return fmt.Sprintf("%d of the %d blocks that the interval of a fit needs", blocks, leastN)
	}
	if math.IsInf(one.AICc, 0) || math.IsNaN(one.AICc) {
		return fmt.Sprintf("%d trials are too few to compare laws by AICc", one.Trials)
	}
	best := f.Choice.Fits[0].Law
	if !f.Choice.Clear || best != one.Law {
		return fmt.Sprintf("the %s law is not established: %s", one.Asked, f.Choice.Says)
	}
	if one.LackOfFit < misfit {
		return fmt.Sprintf("the %s curve misses the trials by more than they scatter (lack of fit, p = %.2g)", one.Law, one.LackOfFit)
	}
	if name == "peak" || name == "n_star" {
		return f.beyond(one)
	}
	return ""
}

// beyond says that the peak was not reached in the run.
func (f *Fit) beyond(one *law.Fitted) string {
	n, _ := one.Peak()
	cpus := f.Options.CPUs
	switch {
	case math.IsInf(n, 1):
		return fmt.Sprintf("the %s curve has no peak: what it says beyond the %g workers measured is an extrapolation", one.Law, one.MaxN)
	case n > one.MaxN && cpus > 0 && n > float64(cpus):
		return fmt.Sprintf("the peak at %.3g workers lies beyond the %g measured and the %d CPUs present: an extrapolation", n, one.MaxN, cpus)
	case n > one.MaxN:
		return fmt.Sprintf("the peak at %.3g workers lies beyond the %g measured: an extrapolation", n, one.MaxN)
	}
	return ""
}

// blocks returns the least number of blocks, or of trials where there are
// none, that a number of workers has.
func (f *Fit) blocks() int {
	seen := map[float64]map[int]bool{}
	for i, n := range f.data.N {
		if seen[n] == nil {
			seen[n] = map[int]bool{}
		}
		b := i
		if len(f.data.Block) > 0 {
			b = f.data.Block[i]
		}
		seen[n][b] = true
	}
	least := math.MaxInt
	for _, blocks := range seen {
		least = min(least, len(blocks))
	}
	return least
}

// widthTrials returns the trials of each cell at which an interval of the
// given level, whose n trials it shrinks with by the square root, lies clear
// of the bounds with a chance of 80 % if the estimate is the truth. Its ends
// are taken for those of a normal estimate, each with its own width.
func (t Target) widthTrials(r Range, n int, level float64) int {
	least, most := t.ends()
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	down, up := r.Estimate-r.Lo95, r.Hi95-r.Estimate
	if !(down >= 0 && up >= 0) || math.IsInf(r.Estimate, 0) || r.Estimate == least || r.Estimate == most {
		return 0
	}
	// below is the chance that the estimate falls below v, so many of the widths
	// to either side being its standard errors.
	below := func(v, shrink float64) float64 {
		half := down
		if v > 0 {
			half = up
		}
		switch {
		case math.IsInf(half, 0):
			return math.NaN()
		case half == 0:
			return truth(v >= 0)
		}
		return distuv.UnitNormal.CDF(z * v / (half * shrink))
	}
	return fewestTrials(func(trials int) float64 {
		shrink := math.Sqrt(float64(n) / float64(trials))
		lo, hi := least-r.Estimate, most-r.Estimate
		switch t.within(r.Estimate, r.Estimate) {
		case Supported:
			p := 1.0
			if !math.IsInf(hi, 0) {
				p = below(hi-up*shrink, shrink)
			}
			if !math.IsInf(lo, 0) {
				p -= below(lo+down*shrink, shrink)
			}
			return p
		case Reversed:
			if lo > 0 {
				return below(lo-up*shrink, shrink)
			}
			return 1 - below(hi+down*shrink, shrink)
		}
		return math.NaN()
	})
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
