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
	logChoose := func(i int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(i + 1))
		c, _ := math.Lgamma(float64(n - i + 1))
		return a - b - c
	}
	// What lies further than ten standard deviations below n/2 adds nothing.
	k := max(0, n/2-int(5*math.Sqrt(float64(n)))-1)
	for sum := 0.0; k < n; k++ {
		sum += math.Exp(logChoose(k) - float64(n)*math.Ln2)
		if sum > 0.025 {
			break
		}
	}
	return k
}
