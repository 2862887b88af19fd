package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// MedianInterval returns the median of x with the interval between two of its
// order statistics: the narrowest symmetric pair whose coverage
// P(lo <= B < hi), B ~ Binomial(n, 1/2), is at least level (David and Nagaraja
// 2003, section 7.1). It assumes nothing of the distribution but
// independence; Achieved is its exact coverage for continuous data, a lower
// bound for tied data. At level 0.95 it needs n >= 6: fewer is a
// [TooFewError].
func MedianInterval(x []float64, level float64) (Interval, error) {
	const method = "order statistics"
	if err := checkSample("median interval", x, 1, level); err != nil {
		return Interval{}, err
	}
	lo, hi, achieved := MedianRanks(len(x), level)
	if lo == 0 {
		return Interval{}, &TooFewError{"median interval", len(x), medianMin(level)}
	}
	s := slices.Sorted(slices.Values(x))
	i := Interval{
		Estimate: quantileSorted(s, 0.5), Lo: s[lo-1], Hi: s[hi-1],
		Level: level, Achieved: achieved, N: len(x), Method: method,
	}
	if s[0] == s[len(s)-1] {
		i.warn(WarnConstant)
	}
	return i, finite("median interval", i.Estimate)
}

// MedianRanks returns the 1-based ranks of the order statistics that
// [MedianInterval] uses for n values, and their coverage. All are 0 where even
// the whole range does not reach the level.
func MedianRanks(n int, level float64) (lo, hi int, achieved float64) {
	if n < 1 || checkLevel(level) != nil {
		return 0, 0, 0
	}
	// The tail P(B <= k-1) grows with k: take the largest k it allows.
	k := sortSearch(n/2, func(k int) bool { return 2*halfBinomial(n, k-1) > 1-level }) - 1
	if k < 1 {
		return 0, 0, 0
	}
	return k, n + 1 - k, 1 - 2*halfBinomial(n, k-1)
}

// sortSearch returns the smallest k in [1, most] for which f holds, else most+1.
func sortSearch(most int, f func(int) bool) int {
	lo, hi := 1, most+1
	for lo < hi {
		if m := (lo + hi) / 2; f(m) {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// halfBinomial returns P(B <= k) for B ~ Binomial(n, 1/2).
func halfBinomial(n, k int) float64 {
	if k < 0 {
		return 0
	}
	if k >= n {
		return 1
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 0.5)
}

// medianMin returns the least n with an interval: 2^(1-n) <= 1-level.
func medianMin(level float64) int {
	return 1 + int(math.Ceil(-math.Log2(1-level)-1e-12))
}

// Outliers returns the indexes of the values farther than k scaled MADs from
// the median (k = 3 is Leys et al. 2013). They are to be flagged, never
// dropped. Where more than half of the values are equal the MAD is 0 and every
// other value is far. It is nil for fewer than 3 values and for NaN.
func Outliers(x []float64, k float64) []int {
	if checkValues("outliers", x, 3) != nil || !(k >= 0) {
		return nil
	}
	m, limit := Median(x), k*MAD(x)
	var out []int
	for i, v := range x {
		if math.Abs(v-m) > limit {
			out = append(out, i)
		}
	}
	return out
}
