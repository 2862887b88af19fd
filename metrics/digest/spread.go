package digest

import (
	"math"

	"forklore/metrics/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// spread is what tests against a margin need of a t estimate on logarithms.
type spread struct {
	mean, se, df float64
	sd           float64 // of the log ratios; of one arm where unpaired
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

// above returns the one-sided p of "the logarithm is at or below bound".
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

// below returns the one-sided p of "the logarithm is at or above bound".
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
	if t.AtLeast == nil && t.AtMost == nil {
		m := math.Log1p(t.Margin)
		inside := max(s.above(-m), s.below(m))
		return min(1, 2*s.above(m), 2*s.below(-m), inside)
	}
	p := 1.0
	inside := 0.0
	if t.AtLeast != nil {
		b := math.Log(*t.AtLeast)
		p, inside = min(p, 2*s.below(b)), max(inside, 2*s.above(b))
	}
	if t.AtMost != nil {
		b := math.Log(*t.AtMost)
		p, inside = min(p, 2*s.above(b)), max(inside, 2*s.below(b))
	}
	return min(p, inside, 1)
}

const power = 0.8

// trials returns how many trials of each cell would decide with a chance of
// 80 % if the estimate were the truth, at level alpha; 0 where no number
// below a million would.
func (t Target) trials(s spread, alpha float64) int {
	const most = 1e6
	var distances []float64
	level := alpha
	if t.AtLeast == nil && t.AtMost == nil {
		m := math.Log1p(t.Margin)
		distances = []float64{math.Abs(s.mean) - m}
		if distances[0] < 0 { // towards equivalence: two one-sided tests
			level = 2 * alpha
		}
	}
	for _, b := range []*float64{t.AtLeast, t.AtMost} {
		if b != nil && *b > 0 {
			distances = append(distances, s.mean-math.Log(*b))
		}
	}
	need := 0.0
	for _, far := range distances {
		if far == 0 || math.IsNaN(far) {
			return 0
		}
		n, err := stat.Design{Paired: s.paired, Alpha: level}.Trials(math.Abs(far), max(s.sd, 1e-9), power)
		if err != nil || n > most {
			return 0
		}
		need = max(need, n)
	}
	return max(leastN, int(math.Ceil(need)))
}
