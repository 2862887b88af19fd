// Package stat holds order statistics, intervals and tests: []float64 in,
// numbers out. No function changes its input, none reads a clock or a global
// source of randomness.
//
// What a function cannot say it refuses with an error ([ErrEmpty],
// [TooFewError], [ValueError], [ErrOverflow]); what it can say only with a
// reservation carries the reservation in Warnings. The few functions that
// return a bare number return NaN for input that has no answer, and say so.
package stat

import (
	"errors"
	"fmt"
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

// Summarize computes the Summary of x. It refuses an empty x, one that
// holds NaN or Inf, and values so large that their differences overflow.
func Summarize(x []float64) (Summary, error) {
	if len(x) == 0 {
		return Summary{}, ErrEmpty
	}
	if err := checkValues("summary", x, 1); err != nil {
		return Summary{}, err
	}
	s := slices.Sorted(slices.Values(x))
	mean, sd := meanSD(s)
	sum := Summary{
		N: len(s), Mean: mean, SD: sd, Min: s[0], Max: s[len(s)-1],
		Median: quantileSorted(s, 0.5), MAD: MAD(s),
		P5: quantileSorted(s, 0.05), P25: quantileSorted(s, 0.25),
		P75: quantileSorted(s, 0.75), P95: quantileSorted(s, 0.95),
	}
	if len(s) > 1 {
		mean += sd // an overflow of either shows
	}
	return sum, finite("summary", mean, sum.MAD, sum.P5, sum.P25, sum.Median, sum.P75, sum.P95)
}

// Quantile returns the type-7 quantile of x at q in [0, 1]: with h = (n-1)q,
// the linear interpolation between the order statistics around h (R's
// default; Hyndman and Fan 1996). It is NaN for an empty x, for an x that
// holds NaN, and for q outside [0, 1].
func Quantile(x []float64, q float64) float64 {
	if slices.ContainsFunc(x, math.IsNaN) {
		return math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	return quantileSorted(s, q)
}

// Median returns the middle value of x, or NaN as [Quantile] does.
func Median(x []float64) float64 { return Quantile(x, 0.5) }

// MAD returns the median absolute deviation from the median, scaled by 1.4826
// so that it estimates sigma of normal data (Hampel 1974), or NaN as
// [Quantile] does.
func MAD(x []float64) float64 {
	m := Median(x)
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = math.Abs(v - m)
	}
	return 1.4826 * Median(d)
}

// GeoMean returns the geometric mean exp(mean(log x)), in the unit of x. Every
// value must be positive.
func GeoMean(x []float64) (float64, error) {
	l, err := Logs(x)
	if err != nil {
		return 0, fmt.Errorf("geometric mean: %w", err)
	}
	m, _ := meanSD(l)
	return math.Exp(m), nil
}

// Logs returns the natural logarithms of x. It refuses values that have none
// and names the first of them.
func Logs(x []float64) ([]float64, error) {
	if err := checkValues("logarithm", x, 1); err != nil {
		return nil, err
	}
	l := make([]float64, len(x))
	for i, v := range x {
		if v <= 0 {
			return nil, &ValueError{"logarithm", i, v, "a number above 0"}
		}
		l[i] = math.Log(v)
	}
	return l, nil
}

// LogRatios returns log(a[i]/b[i]) for samples that are paired by index.
func LogRatios(a, b []float64) ([]float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("log ratios: %d values against %d: pairs need as many of each", len(a), len(b))
	}
	la, err := Logs(a)
	if err != nil {
		return nil, fmt.Errorf("log ratios, numerator: %w", err)
	}
	lb, err := Logs(b)
	if err != nil {
		return nil, fmt.Errorf("log ratios, denominator: %w", err)
	}
	for i := range la {
		la[i] -= lb[i]
	}
	return la, nil
}

func quantileSorted(s []float64, q float64) float64 {
	if len(s) == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	h := q * float64(len(s)-1)
	lo := int(math.Floor(h))
	if lo >= len(s)-1 {
		return s[len(s)-1]
	}
	return s[lo] + (h-float64(lo))*(s[lo+1]-s[lo])
}

// meanSD takes deviations from the first value, so that neither a large common
// offset nor equal values lose digits.
func meanSD(x []float64) (mean, sd float64) {
	var sum float64
	for _, v := range x {
		sum += v - x[0]
	}
	mean = x[0] + sum/float64(len(x))
	if len(x) < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(squares(x, mean) / float64(len(x)-1))
}

func squares(x []float64, from float64) (ss float64) {
	for _, v := range x {
		ss += (v - from) * (v - from)
	}
	return ss
}
