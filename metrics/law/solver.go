package law

import (
	"cmp"
	"math"
	"slices"
)

// solver fits one law to grouped data. Its parameters are log lambda (lambda
// itself where plain), sigma and kappa.
type solver struct {
	law   string
	plain bool
	q     problem
}

const (
	startSteps = 200
	startsKept = 4
)

func newSolver(law string, g groups, plain bool) *solver {
	s := &solver{law: law, plain: plain}
	s.q = problem{x: g.n, y: g.y, w: g.w, size: most, f: s.model()}
	s.q.lo, s.q.hi = vector{math.Inf(-1), 0, 0}, vector{math.Inf(1), 0, 0}
	if plain {
		s.q.lo[0] = 0
	}
	if law != Linear {
		s.q.hi[1] = 1
	}
	if law == USL {
		s.q.hi[2] = math.Inf(1)
	}
	return s
}

// model returns log X(N) or X(N) with its derivatives.
func (s *solver) model() model {
	shape := uslShape
	if s.law == Gustafson {
		shape = gustafsonShape
	}
	if s.plain {
		return func(p *vector, n float64) (float64, vector) {
			c, dSigma, dKappa := shape(p, n)
			return p[0] * c, vector{c, p[0] * c * dSigma, p[0] * c * dKappa}
		}
	}
	return func(p *vector, n float64) (float64, vector) {
		c, dSigma, dKappa := shape(p, n)
		return p[0] + math.Log(c), vector{1, dSigma, dKappa}
	}
}

// A shape returns the speedup at n, and the derivatives of its logarithm by
// sigma and kappa.

func uslShape(p *vector, n float64) (c, dSigma, dKappa float64) {
	d := 1 + p[1]*(n-1) + p[2]*n*(n-1)
	if d < 1e-12 { // n < 1 and a kappa far too large: leave it a way back
		d = 1e-12
	}
	return n / d, -(n - 1) / d, -n * (n - 1) / d
}

func gustafsonShape(p *vector, n float64) (c, dSigma, dKappa float64) {
	c = max(p[1]+(1-p[1])*n, 1e-12)
	return c, (1 - n) / c, 0
}

// best solves from the most promising of many starts and returns the best
// solution, and whether it converged.
func (s *solver) best() (p vector, converged bool) {
	starts := s.starts()
	least := math.Inf(1)
	for i, start := range starts {
		if i == startsKept {
			break
		}
		if v, rss, ok := s.q.solve(start, startSteps); rss < least || i == 0 {
			p, least, converged = v, rss, ok
		}
	}
	return p, converged
}

// starts returns a grid over sigma and kappa in units that fit the range of N,
// each with its best lambda, closest to the data first.
func (s *solver) starts() []vector {
	top := s.q.x[len(s.q.x)-1]
	kappas := []float64{0, 0.01 / (top * top), 0.1 / (top * top), 1 / (top * top), 10 / (top * top)}
	sigmas := []float64{0, 0.1 / top, 1 / top, 0.05, 0.2, 0.5, 0.9}
	if s.law != USL {
		kappas = kappas[:1]
	}
	if s.law == Linear {
		sigmas = sigmas[:1]
	}
	type scored struct {
		p   vector
		rss float64
	}
	var all []scored
	for _, sigma := range sigmas {
		for _, kappa := range kappas {
			p := s.withLambda(vector{0, sigma, kappa})
			all = append(all, scored{p, s.q.rss(&p)})
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.rss, b.rss) })
	var starts []vector
	for _, a := range all {
		starts = append(starts, a.p)
	}
	return starts
}

// withLambda sets the first parameter to its optimum given the others.
func (s *solver) withLambda(p vector) vector {
	p[0] = 0
	if s.plain {
		p[0] = 1
	}
	var num, den float64
	for i, n := range s.q.x {
		f, _ := s.q.f(&p, n)
		if s.plain {
			num, den = num+s.q.w[i]*f*s.q.y[i], den+s.q.w[i]*f*f
		} else {
			num, den = num+s.q.w[i]*(s.q.y[i]-f), den+s.q.w[i]
		}
	}
	p[0] = num / den
	return p
}

// simpler returns the law that p amounts to.
func (s *solver) simpler(p vector) string {
	switch {
	case s.law == USL && p[2] == 0:
		return Amdahl
	case s.law != Linear && p[1] == 0 && p[2] == 0:
		return Linear
	}
	return s.law
}

func (s *solver) curve(p vector) Curve {
	lambda := p[0]
	if !s.plain {
		lambda = math.Exp(lambda)
	}
	return Curve{s.law, lambda, p[1], p[2]}
}

// free tells which parameters lie off their bounds.
func (s *solver) free(p vector) (free [most]bool) {
	for j := range most {
		free[j] = s.q.lo[j] < p[j] && p[j] < s.q.hi[j]
	}
	return free
}

// floor is the mean squared error below which a fit counts as exact.
func (s *solver) floor() float64 {
	const rounding = 1e-13
	if !s.plain {
		return rounding * rounding
	}
	size := 0.0
	for _, y := range s.q.y {
		size = max(size, math.Abs(y))
	}
	return rounding * rounding * size * size
}

// errors returns the standard errors sqrt(variance * diag (J'J)^-1) over the
// free parameters.
func (s *solver) errors(p vector, free [most]bool, variance float64) (se vector) {
	var scale vector
	s.q.linearise(&p, &scale)
	for j := range most {
		se[j] = math.NaN()
		if !free[j] || variance < 0 {
			continue
		}
		// What of column j the other columns do not explain.
		others := free
		others[j] = false
		rows, column := slices.Clone(s.q.rows), make([]float64, len(s.q.rows))
		for i := range rows {
			column[i] = rows[i][j]
		}
		explained := leastSquares(rows, column, others, most)
		var left float64
		for i := range rows {
			e := column[i] - rows[i].times(&explained)
			left += e * e
		}
		se[j] = math.Sqrt(variance / left)
	}
	return se
}
