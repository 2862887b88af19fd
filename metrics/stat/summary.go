// Package stat holds order statistics, intervals and tests: []float64 in,
// numbers out. No function changes its input.
package stat

import (
	"errors"
	"math"
	"slices"
)

// ErrEmpty is returned where a statistic needs at least one value.
var ErrEmpty = errors.New("no values")

// Summary is what is said of one sample: its unit is the input's.
type Summary struct {
	N                 int
	Mean, SD          float64 // SD is NaN for n < 2
	Min, Max          float64
	Median, MAD       float64 // MAD is scaled by 1.4826 to estimate sigma of normal data
	P5, P25, P75, P95 float64 // type-7 quantiles
}

// Summarize computes the Summary of x, which must hold no NaN.
func Summarize(x []float64) (Summary, error) {
	if len(x) == 0 {
		return Summary{}, ErrEmpty
	}
	s := slices.Clone(x)
	slices.Sort(s)
	mean, sd := meanSD(s)
	return Summary{
		N: len(s), Mean: mean, SD: sd, Min: s[0], Max: s[len(s)-1],
		Median: quantileSorted(s, 0.5), MAD: MAD(s),
		P5: quantileSorted(s, 0.05), P25: quantileSorted(s, 0.25),
		P75: quantileSorted(s, 0.75), P95: quantileSorted(s, 0.95),
	}, nil
}

// Quantile returns the type-7 quantile of x at q in [0, 1] (R's default;
// Hyndman and Fan 1996), or NaN for an empty x.
func Quantile(x []float64, q float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return quantileSorted(s, q)
}

// Median returns the middle value of x, or NaN for an empty x.
func Median(x []float64) float64 { return Quantile(x, 0.5) }

// MAD returns the median absolute deviation from the median, scaled by 1.4826,
// or NaN for an empty x.
func MAD(x []float64) float64 {
	m := Median(x)
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = math.Abs(v - m)
	}
	return 1.4826 * Median(d)
}

func quantileSorted(s []float64, q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	h := q * float64(len(s)-1)
	lo := int(math.Floor(h))
	if lo >= len(s)-1 {
		return s[len(s)-1]
	}
	return s[lo] + (h-float64(lo))*(s[lo+1]-s[lo])
}

func meanSD(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	var ss float64
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	if len(x) < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(ss / float64(len(x)-1))
}
