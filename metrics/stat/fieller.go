package stat

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ErrNoRatio is returned where the denominator cannot be told from 0, so that
// the interval of a ratio is not an interval.
var ErrNoRatio = errors.New("the mean of the denominator cannot be told from 0: a ratio of means has no interval")

// Fieller estimates the ratio mean(a)/mean(b) of independent samples with
// Fieller's (1954) interval as Kalibera and Jones (2013, section 9.3) use it:
//
//	(ab -+ sqrt((ab)^2 - (a^2-ha^2)(b^2-hb^2))) / (b^2-hb^2)
//
// with a, b the means and h = t(n-1) * sd/sqrt(n) of each sample. Unlike the
// log-ratio estimators it needs no positive values, and it speaks of
// arithmetic means. It returns [ErrNoRatio] where b^2 <= hb^2.
func Fieller(a, b []float64, level float64) (Interval, error) {
	if err := checkTwo("Fieller ratio", a, b, 2, level); err != nil {
		return Interval{}, err
	}
	ma, ha := meanHalf(a, level)
	mb, hb := meanHalf(b, level)
	i := Interval{
		Estimate: ma / mb, Level: level, Achieved: level,
		N: min(len(a), len(b)), Method: "Fieller",
	}
	// In units of mb: squares of large or tiny means stay in range.
	q, ga, gb := ma/mb, ha/math.Abs(mb), hb/math.Abs(mb)
	if mb == 0 || gb >= 1 {
		return i, ErrNoRatio
	}
	den := 1 - gb*gb
	root := math.Sqrt(max(0, q*q-(q*q-ga*ga)*den))
	i.Lo, i.Hi = (q-root)/den, (q+root)/den
	if constant(a, 0) && constant(b, 0) {
		i.warn(WarnConstant)
	}
	return i, finite("Fieller ratio", i.Estimate, i.Lo, i.Hi)
}

// meanHalf returns the mean and the half-width of its t interval.
func meanHalf(x []float64, level float64) (mean, half float64) {
	mean, sd := meanSD(x)
	n := float64(len(x))
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}
	return mean, t.Quantile((1+level)/2) * sd / math.Sqrt(n)
}
