package law

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Options of a fit. The zero value fits the logarithm of throughput and draws
// 10000 resamples for intervals of 95 %.
type Options struct {
	CPUs      int     // CPUs present; 0 where unknown
	Plain     bool    // least squares on throughput itself, not on its logarithm
	Level     float64 // of the intervals; 0 means 0.95
	Resamples int     // 0 means 10000; below 0, no intervals
	Seed      uint64
}

// Fitted is a law fitted to trials.
type Fitted struct {
	Asked string // the law that was asked for
	Curve        // the law found: a simpler one where the solution lay on a bound
	SE    Curve  // standard errors from the Jacobian; NaN for a parameter on a bound

	Trials, Counts int     // trials, and distinct concurrencies among them
	MinN, MaxN     float64 // range of the concurrencies
	RSS            float64 // squared error over all trials: of log X, or of X where Plain
	AICc           float64 // n log(RSS/n) + 2k + 2k(k+1)/(n-k-1), k = free parameters + 1; +Inf for n <= k+1

	// LackOfFit is the p of the F test of the curve against the scatter of the
	// trials of each concurrency (pure error; Draper and Smith 1998, 2.1): small
	// where the curve misses the means. NaN without replicates or spare counts.
	LackOfFit float64

	CI        Intervals
	Converged bool
	Warnings  []string
}

// Fit fits a law to every trial by bounded least squares (0 <= sigma <= 1,
// kappa >= 0), from several starts. Logarithms make the residuals relative
// errors, as noise is; Plain serves comparison with other programs. It returns
// a [Refusal] for data that would be fitted to no use.
//
// A solution with kappa = 0 is refitted, and named, as Amdahl's law; one with
// sigma = 0 as well as the linear law. A USL with sigma = 0 alone stays USL
// with one parameter less. The intervals are those of the law asked for, whose
// parameters may well leave the bound in a resample.
func Fit(law string, d Data, o Options) (Fitted, error) {
	if !slices.Contains(Names, law) {
		return Fitted{}, fmt.Errorf("scaling law %q: need one of %q", law, Names)
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !(o.Level > 0 && o.Level < 1) {
		return Fitted{}, fmt.Errorf("fit of the %s law: confidence level %g: need a number between 0 and 1", law, o.Level)
	}
	if err := d.check(o.CPUs); err != nil {
		return Fitted{}, err
	}
	g := group(d, o.Plain)
	f := Fitted{Asked: law, Trials: g.total, Counts: len(g.n), MinN: g.n[0], MaxN: g.n[len(g.n)-1]}
	s := newSolver(law, g, o.Plain)
	full, converged := s.best()
	p := full
	for simpler := s.simpler(p); simpler != s.law; simpler = s.simpler(p) {
		s = newSolver(simpler, g, o.Plain)
		p, converged = s.best()
	}
	f.Converged = converged
	f.describe(s, g, p)
	f.warn()
	if o.Resamples >= 0 {
		f.resample(law, d, g, o, full)
	}
	return f, nil
}

// describe fills in what the solution p says.
func (f *Fitted) describe(s *solver, g groups, p vector) {
	f.Curve = s.curve(p)
	f.RSS = s.q.rss(&p) + g.within
	n, free := float64(g.total), s.free(p)
	k := 1.0
	for _, yes := range free {
		if yes {
			k++
		}
	}
	// An exact fit would be minus infinity and win by rounding alone.
	f.AICc = n*math.Log(max(f.RSS/n, s.floor())) + 2*k + 2*k*(k+1)/(n-k-1)
	if n <= k+1 {
		f.AICc = math.Inf(1)
	}
	f.LackOfFit = lackOfFit(f.RSS-g.within, float64(len(g.n))-(k-1), g.within, n-float64(len(g.n)), n*s.floor())
	se := s.errors(p, free, f.RSS/(n-k+1))
	f.SE = Curve{f.Law, se[0], se[1], se[2]}
	if !s.plain {
		f.SE.Lambda *= f.Lambda
	}
}

// lackOfFit returns the p of the F test of one sum of squares over another;
// sums below rounding count as 0.
func lackOfFit(lack, spare, pure, repeats, rounding float64) float64 {
	switch {
	case spare < 1 || repeats < 1:
		return math.NaN()
	case lack <= rounding:
		return 1
	case pure <= rounding:
		return 0
	}
	return distuv.F{D1: spare, D2: repeats}.Survival(lack / spare / (pure / repeats))
}

func (f *Fitted) warn() {
	add := func(format string, args ...any) { f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...)) }
	if f.Law != f.Asked {
		add("the %s fit lies on a bound: refitted as the %s law", f.Asked, f.Law)
	}
	if f.Law == USL && f.Sigma == 0 {
		add("contention lies on its bound: this is the USL with sigma = 0")
	}
	if f.Sigma == 1 {
		add("sigma lies on its upper bound of 1: more workers bring no more throughput at all")
	}
	if n, _ := f.Peak(); !math.IsInf(n, 1) && n > f.MaxN {
		add("the peak at N = %.3g lies beyond the largest concurrency measured, %.3g: an extrapolation", n, f.MaxN)
	}
	if !f.Converged {
		add("the fit did not converge: its parameters are the best found")
	}
}

// groups hold the trials by concurrency: least squares needs only the mean at
// each and the scatter within.
type groups struct {
	n, y, w []float64 // concurrency, mean of y, trials; sorted by n
	of      []int     // group of each trial
	trial   []float64 // y of each trial
	within  float64   // squared error about the means
	total   int
}

func group(d Data, plain bool) groups {
	g := groups{n: slices.Compact(slices.Sorted(slices.Values(d.N))), total: len(d.N)}
	g.y, g.w = make([]float64, len(g.n)), make([]float64, len(g.n))
	for i, x := range d.X {
		if !plain {
			x = math.Log(x)
		}
		k, _ := slices.BinarySearch(g.n, d.N[i])
		g.of, g.trial = append(g.of, k), append(g.trial, x)
		g.w[k]++
		g.y[k] += (x - g.y[k]) / g.w[k]
	}
	for i, x := range g.trial {
		e := x - g.y[g.of[i]]
		g.within += e * e
	}
	return g
}
