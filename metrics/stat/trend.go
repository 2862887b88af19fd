package stat

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// trendMost bounds the quadratic trend statistics: 12.5 million pairs.
const trendMost = 5000

// ErrLong is returned where a quadratic algorithm would not end in good time.
var ErrLong = errors.New("more than 5000 values: thin the series first")

// TheilSen estimates the slope of y over t by the median of the slopes of all
// pairs with different t (Theil 1950, Sen 1968), in units of y per unit of t,
// with Sen's interval from the variance of Kendall's S. A nil t means the
// indexes 0, 1, 2...: the slope is then per step. It needs 3 values; equal t
// throughout are an error.
func TheilSen(t, y []float64, level float64) (Interval, error) {
	if t == nil {
		t = make([]float64, len(y))
		for i := range t {
			t[i] = float64(i)
		}
	}
	if err := checkTwo("Theil-Sen", t, y, 3, level); err != nil {
		return Interval{}, err
	}
	if len(t) != len(y) {
		return Interval{}, errors.New("Theil-Sen: times and values differ in number")
	}
	if len(y) > trendMost {
		return Interval{}, ErrLong
	}
	var slopes []float64
	for i := range y {
		for j := range i {
			if t[i] != t[j] {
				slopes = append(slopes, (y[i]-y[j])/(t[i]-t[j]))
			}
		}
	}
	if len(slopes) == 0 {
		return Interval{}, errors.New("Theil-Sen: every time is the same, so there is no slope")
	}
	slices.Sort(slopes)
	i := Interval{Estimate: quantileSorted(slopes, 0.5), Level: level, Achieved: level, N: len(y), Method: "Theil-Sen"}
	i.sen(slopes, math.Sqrt(kendallVariance(y)))
	if constant(y, 0) {
		i.warn(WarnConstant)
	}
	return i, finite("Theil-Sen", i.Estimate, i.Lo, i.Hi)
}

// sen sets the ends: the slopes of rank (M -+ z sd)/2, rounded outwards.
func (i *Interval) sen(slopes []float64, sd float64) {
	m := float64(len(slopes))
	z := distuv.UnitNormal.Quantile((1 + i.Level) / 2)
	lo := math.Floor((m - z*sd) / 2)
	if lo < 1 {
		i.warn(WarnLevel)
		lo = 1
	}
	i.Lo = slopes[int(lo)-1]
	i.Hi = slopes[len(slopes)-int(lo)]
}

// MannKendall tests y, in its order, for a monotone trend (Mann 1945, Kendall
// 1975). Stat is S, the rises less the falls over all pairs; P is two-sided by
// the normal approximation with variance corrected for ties and a continuity
// correction. It assumes independent values: autocorrelation makes P too
// small. Below 8 values the approximation is rough and a warning says so; fewer
// than 3 are a [TooFewError].
func MannKendall(y []float64) (Test, error) {
	if err := checkValues("Mann-Kendall", y, 3); err != nil {
		return Test{}, err
	}
	if len(y) > trendMost {
		return Test{}, ErrLong
	}
	s := 0
	for i := range y {
		for j := range i {
			switch {
			case y[i] > y[j]:
				s++
			case y[i] < y[j]:
				s--
			}
		}
	}
	t := Test{Stat: float64(s), N: len(y), Method: "Mann-Kendall", P: 1}
	if sd := math.Sqrt(kendallVariance(y)); sd > 0 {
		z := max(0, math.Abs(t.Stat)-1) / sd
		t.P = 2 * distuv.UnitNormal.Survival(z)
	} else {
		t.Warnings = append(t.Warnings, WarnConstant)
	}
	if len(y) < 8 {
		t.Warnings = append(t.Warnings, "fewer than 8 values: the normal approximation is rough")
	}
	return t, nil
}

// kendallVariance is (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18.
func kendallVariance(y []float64) float64 {
	term := func(t float64) float64 { return t * (t - 1) * (2*t + 5) }
	s := slices.Sorted(slices.Values(y))
	v := term(float64(len(s)))
	for i := 0; i < len(s); {
		j := i + 1
		for j < len(s) && s[j] == s[i] {
			j++
		}
		v -= term(float64(j - i))
		i = j
	}
	return v / 18
}
