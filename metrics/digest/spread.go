package digest

import (
	"math"
	"sort"

	"forklore/metrics/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// spread is what tests against a margin need of a t estimate: on logarithms, or of a difference of levels.
type spread struct {
	mean, se, df float64
	sd           float64 // of the log ratios, or differences; of one arm where unpaired
	n            int
	paired       bool
}

func spreadOf(e stat.Effect, paired bool, samples ...[]float64) spread {
	s := spread{mean: e.Estimate, se: e.SE, df: e.DF, n: e.N, paired: paired}
	var variance float64
	for _, x := range samples {
		if sum, err := stat.Summarize(x); err == nil && len(x) > 1 {
			variance += sum.SD * sum.SD / float64(len(samples))
		}
	}
	s.sd = math.Sqrt(variance)
	return s
}

func student(df float64) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df} }

// above returns the one-sided p of "the mean is at or below bound".
func (s spread) above(bound float64) float64 {
	if s.se > 0 {
		return student(s.df).Survival((s.mean - bound) / s.se)
	}
	switch {
	case math.IsNaN(s.mean):
		return math.NaN()
	case s.mean > bound: // constant data: where they lie decides
		return 0
	}
	return 1
}

// below returns the one-sided p of "the mean is at or above bound".
func (s spread) below(bound float64) float64 {
	if s.se > 0 {
		return student(s.df).CDF((s.mean - bound) / s.se)
	}
	switch {
	case math.IsNaN(s.mean):
		return math.NaN()
	case s.mean < bound:
		return 0
	}
	return 1
}

// p returns the two-sided p of what the target asks for: the least of those of
// "beyond the margin", "beyond it on the other side" and "inside it". At most
// one of the three is true, so that none is tested at another's cost. It is at
// or below 0.05 exactly if the t estimate alone decides.
func (t Target) p(s spread) float64 {
	e := t.slack()
	if t.AtLeast == nil && t.AtMost == nil {
		m := t.half()
		inside := max(s.above(-m+e), s.below(m-e))
		return min(1, 2*s.above(m+e), 2*s.below(-m-e), inside)
	}
	p := 1.0
	inside := 0.0
	if t.AtLeast != nil {
		b := t.scaled(*t.AtLeast)
		p, inside = min(p, 2*s.below(b-e)), max(inside, 2*s.above(b+e))
	}
	if t.AtMost != nil {
		b := t.scaled(*t.AtMost)
		p, inside = min(p, 2*s.above(b+e)), max(inside, 2*s.below(b-e))
	}
	return min(p, inside, 1)
}

// half is half the width of the margin.
func (t Target) half() float64 {
	if t.Difference {
		return t.Margin
	}
	return math.Log1p(t.Margin)
}

const power = 0.8

// trials returns how many trials of each cell would decide with a chance of
// 80 % if the estimate were the truth, at level alpha; 0 where no number
// below a million would.
func (t Target) trials(s spread, alpha float64) int {
	lo, hi := math.Inf(-1), math.Inf(1)
	level := alpha / 2 // of each one-sided test
	if t.AtLeast == nil && t.AtMost == nil {
		hi = t.half()
		lo = -hi
		if lo < s.mean && s.mean < hi { // two one-sided tests, each at alpha
			level = alpha
		}
	}
	if b := t.AtLeast; b != nil && (*b > 0 || t.Difference) {
		lo = t.scaled(*b)
	}
	if b := t.AtMost; b != nil && (*b > 0 || t.Difference) {
		hi = t.scaled(*b)
	}
	if lo, hi = t.moved(s.mean, lo, hi); lo > hi {
		return 0
	}
	if math.IsNaN(s.mean) || s.mean == lo || s.mean == hi || math.IsInf(lo, -1) && math.IsInf(hi, 1) {
		return 0
	}
	return fewestTrials(func(n int) float64 { return s.power(float64(n), lo, hi, level) })
}

// moved takes the bounds of an interval away from a mean by the leeway; lo is above hi where it then lies on
// the other side of one. The leeway is taken as it is, though more trials would make it smaller, too.
func (t Target) moved(mean, lo, hi float64) (float64, float64) {
	e := t.slack()
	switch {
	case e == 0:
		return lo, hi
	case mean > hi && mean > hi+e:
		return lo, hi + e
	case mean < lo && mean < lo-e:
		return lo - e, hi
	case mean > lo+e && mean < hi-e:
		return lo + e, hi - e
	}
	return 1, 0
}

const mostTrials = 1_000_000

// fewestTrials returns the least n, of at least 6, from which a chance that
// grows with n is 80 %; 0 where a million give less.
func fewestTrials(chance func(n int) float64) int {
	if !(chance(mostTrials) >= power) {
		return 0
	}
	return leastN + sort.Search(mostTrials-leastN, func(i int) bool { return chance(leastN+i) >= power })
}

// power returns the chance that one-sided t tests at level, on n trials of each
// cell, find the mean where it is: between lo and hi, which takes both tests to
// succeed on the same data, or beyond the nearer one. It integrates over the
// standard deviation that the data will show.
func (s spread) power(n, lo, hi, level float64) float64 {
	df, se := n-1, s.sd/math.Sqrt(n)
	if !s.paired {
		df, se = 2*(n-1), s.sd*math.Sqrt(2/n)
	}
	se = max(se, 1e-12)
	t := student(df).Quantile(1 - level)
	normal := distuv.UnitNormal.CDF
	const steps = 100
	chance := 0.0
	for i := range steps {
		seen := se
		known := df >= 1000
		if !known {
			q := distuv.ChiSquared{K: df}.Quantile((float64(i) + 0.5) / steps)
			seen = se * math.Sqrt(q/df)
		}
		var p float64
		switch { // the estimate must lie so far from the bounds
		case s.mean > hi:
			p = 1 - normal((hi+t*seen-s.mean)/se)
		case s.mean < lo:
			p = normal((lo - t*seen - s.mean) / se)
		default:
			p = max(0, normal((hi-t*seen-s.mean)/se)-normal((lo+t*seen-s.mean)/se))
		}
		chance += p / steps
		if known {
			return p
		}
	}
	return chance
}
