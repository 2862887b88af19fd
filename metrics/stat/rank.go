package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Where rank tests are exact. Beyond, the normal approximation with variance
// corrected for ties and a continuity correction takes over.
const (
	exactTied   = 25 // ties or zeros: the conditional distribution, by dynamic programming
	exactUntied = 49 // as in R
)

// SignedRank estimates the centre of the differences d by Hodges and Lehmann's
// pseudo-median, the median of the n(n+1)/2 Walsh averages (d[i]+d[j])/2, with
// the interval that inverts Wilcoxon's signed-rank test: the k-th smallest and
// k-th largest Walsh average, k the alpha/2 quantile of the null distribution
// of V (Hollander and Wolfe 1999, section 3.3). It covers the centre of any
// symmetric distribution.
//
// Stat is V, the sum of the ranks of the positive differences. Zeros are left
// out of the test; ties get midranks. P is two-sided, twice the smaller tail.
// Where n is so small that no k reaches the level (n < 6 at 0.95), the range
// of the data is returned with the level it achieves and [WarnLevel].
func SignedRank(d []float64, level float64) (Effect, error) {
	if err := checkSample("signed rank", d, 1, level); err != nil {
		return Effect{}, err
	}
	e := Effect{Interval: Interval{Level: level, N: len(d), Method: "Hodges-Lehmann, signed rank"}}
	k, achieved := signedRankK(len(d), level)
	e.walsh(d, k, achieved)
	e.Stat, e.P = signedRankTest(d, &e.Interval)
	if constant(d, 0) {
		e.warn(WarnConstant)
	}
	return e, finite("signed rank", e.Estimate, e.Lo, e.Hi, e.P)
}

// SignedRankRatio is [SignedRank] of the log ratios of samples paired by
// index, as a ratio. Every value must be positive.
func SignedRankRatio(a, b []float64, level float64) (Effect, error) {
	d, err := LogRatios(a, b)
	if err != nil {
		return Effect{}, fmt.Errorf("signed-rank ratio: %w", err)
	}
	e, err := SignedRank(d, level)
	return e.Exp(), err
}

// MannWhitney estimates the shift x - y of independent samples by Hodges and
// Lehmann's median of the m*n differences x[i]-y[j], with the interval that
// inverts the Mann-Whitney test: the k-th smallest and k-th largest difference
// (Hollander and Wolfe 1999, section 4.3). It covers the shift between two
// distributions of one shape.
//
// Stat is U, the number of pairs with x > y, ties counting one half. P is
// two-sided, twice the smaller tail. Too small samples are answered as by
// [SignedRank].
func MannWhitney(x, y []float64, level float64) (Effect, error) {
	if err := checkTwo("Mann-Whitney", x, y, 1, level); err != nil {
		return Effect{}, err
	}
	e := Effect{Interval: Interval{Level: level, N: min(len(x), len(y)), Method: "Hodges-Lehmann, Mann-Whitney"}}
	k, achieved := mannWhitneyK(len(x), len(y), level)
	e.shifts(x, y, k, achieved)
	e.Stat, e.P, _ = mannWhitneyTest(x, y)
	if constant(x, 0) && constant(y, 0) {
		e.warn(WarnConstant)
	}
	return e, finite("Mann-Whitney", e.Estimate, e.Lo, e.Hi, e.P)
}

// MannWhitneyRatio is [MannWhitney] of the logarithms, as the ratio a/b. Every
// value must be positive.
func MannWhitneyRatio(a, b []float64, level float64) (Effect, error) {
	la, err := Logs(a)
	if err != nil {
		return Effect{}, fmt.Errorf("Mann-Whitney ratio, numerator: %w", err)
	}
	lb, err := Logs(b)
	if err != nil {
		return Effect{}, fmt.Errorf("Mann-Whitney ratio, denominator: %w", err)
	}
	e, err := MannWhitney(la, lb, level)
	return e.Exp(), err
}

// signedRankTest returns V and its two-sided p over the differences that are
// not zero.
func signedRankTest(d []float64, warn *Interval) (v, p float64) {
	abs := make([]float64, 0, len(d))
	var positive []bool
	for _, x := range d {
		if x != 0 {
			abs, positive = append(abs, math.Abs(x)), append(positive, x > 0)
		}
	}
	if len(abs) < len(d) {
		warn.warn(WarnZeros)
	}
	if len(abs) == 0 {
		return 0, 1
	}
	r := midranks(abs)
	var sum int // of doubled ranks
	for i, up := range positive {
		if up {
			sum += r.doubled[i]
		}
	}
	n := len(abs)
	if n <= exactTied || n <= exactUntied && r.ties == 0 && n == len(d) {
		return float64(sum) / 2, doubledTail(subsetSums(r.doubled), sum)
	}
	nf := float64(n)
	variance := nf*(nf+1)*(2*nf+1)/24 - r.ties/48
	return float64(sum) / 2, normalTwoSided(float64(sum)/2-nf*(nf+1)/4, variance)
}

// mannWhitneyTest returns U and two two-sided p of it: twice the smaller tail,
// and P(|U-mn/2| at least as far). They differ only for tied data.
func mannWhitneyTest(x, y []float64) (u, p, pFar float64) {
	m, n := len(x), len(y)
	r := midranks(append(append(make([]float64, 0, m+n), x...), y...))
	var sum int
	for _, v := range r.doubled[:m] {
		sum += v
	}
	base := m * (m + 1) // the least doubled rank sum
	u = float64(sum-base) / 2
	mf, nf := float64(m), float64(n)
	switch {
	case r.ties == 0 && max(m, n) <= exactUntied:
		dist := mannWhitneyNull(m, n)
		return u, doubledTail(dist, (sum-base)/2), farTail(dist, (sum-base)/2, mf*nf/2)
	case max(m, n) <= exactTied:
		dist := subsetSumsOfSize(r.doubled, m)
		return u, doubledTail(dist, sum), farTail(dist, sum, mf*(mf+nf+1))
	}
	t := mf + nf
	variance := mf * nf / 12 * (t + 1 - r.ties/(t*(t-1)))
	p = normalTwoSided(u-mf*nf/2, variance)
	return u, p, p
}

// normalTwoSided returns the two-sided p of a statistic that lies diff from
// its mean, with a continuity correction of one half.
func normalTwoSided(diff, variance float64) float64 {
	diff = max(0, math.Abs(diff)-0.5)
	if variance <= 0 { // everything is tied
		return 1
	}
	return 2 * distuv.UnitNormal.Survival(diff/math.Sqrt(variance))
}

// signedRankK returns the rank of the Walsh averages that bound the interval,
// and the confidence achieved.
func signedRankK(n int, level float64) (k int, achieved float64) {
	nf := float64(n)
	if n > exactUntied {
		return normalK(nf*(nf+1)/4, nf*(nf+1)*(2*nf+1)/24, level)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return exactK(subsetSums(ranks), level)
}

func mannWhitneyK(m, n int, level float64) (k int, achieved float64) {
	mf, nf := float64(m), float64(n)
	if max(m, n) > exactUntied {
		return normalK(mf*nf/2, mf*nf*(mf+nf+1)/12, level)
	}
	return exactK(mannWhitneyNull(m, n), level)
}

// exactK returns the smallest k with P(V <= k) >= alpha/2, at least 1, and the
// confidence 1 - 2 P(V <= k-1) of the interval between the k-th order
// statistics from either end.
func exactK(dist []float64, level float64) (k int, achieved float64) {
	alpha := (1 - level) * (1 - 1e-12) // 1-0.95 is a little above 0.05
	below := dist[0]
	for k = 1; k < len(dist) && below+dist[k] < alpha/2; k++ {
		below += dist[k]
	}
	return k, max(0, 1-2*below)
}

func normalK(mean, variance, level float64) (k int, achieved float64) {
	sd := math.Sqrt(variance)
	z := distuv.UnitNormal.Quantile((1 + level) / 2)
	k = max(1, int(math.Floor(mean+0.5-z*sd)))
	return k, 1 - 2*distuv.UnitNormal.CDF((float64(k)-0.5-mean)/sd)
}
