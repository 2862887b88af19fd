package digest

import (
	"math"
	"slices"
)

// medianInterval returns the distribution-free 95 % interval of the median of
// x (David and Nagaraja, Order Statistics, section 7.1): the k-th smallest and
// the k-th greatest value, with the greatest k for which both lie on their
// side of the median with a chance of 95 % at least. Below six values there is
// none: NaN.
func medianInterval(x []float64) (lo, hi float64) {
	k := medianRank(len(x))
	if k == 0 {
		return math.NaN(), math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return s[k-1], s[len(s)-k]
}

// medianRank returns the greatest k with P(Binomial(n, 1/2) < k) <= 2.5 %, or 0.
func medianRank(n int) int {
	// What lies further than ten standard deviations below n/2 adds nothing.
	k := max(0, n/2-int(5*math.Sqrt(float64(n)))-1)
	term := math.Exp(logFactorial(n) - logFactorial(k) - logFactorial(n-k) - float64(n)*math.Ln2)
	for sum := term; k < n && sum <= 0.025; sum += term {
		term *= float64(n-k) / float64(k+1)
		k++
	}
	return k
}

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n + 1))
	return v
}
