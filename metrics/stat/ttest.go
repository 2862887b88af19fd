package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// PairedT estimates the mean of the differences d with the t interval
// mean -+ t(n-1) * sd/sqrt(n), and tests mean = 0 (Student 1908). Given the
// log ratios of a block design, Exp of it is the ratio of geometric means.
// n = 1 is a [TooFewError]; constant differences give an interval without
// width and [WarnConstant], P being 1 at a difference of 0 and else 0.
func PairedT(d []float64, level float64) (Effect, error) {
	if err := checkSample("paired t", d, 2, level); err != nil {
		return Effect{}, err
	}
	return pairedT(d, level, 0)
}

// PairedRatio estimates the ratio a/b of samples paired by index: [PairedT] of
// their log ratios, as a ratio. Every value must be positive.
func PairedRatio(a, b []float64, level float64) (Effect, error) {
	d, err := LogRatios(a, b)
	if err != nil {
		return Effect{}, fmt.Errorf("paired ratio: %w", err)
	}
	if err := checkSample("paired ratio", d, 2, level); err != nil {
		return Effect{}, err
	}
	e, err := pairedT(d, level, logScale(a, b))
	return e.Exp(), err
}

// WelchT estimates mean(x) - mean(y) of independent samples with unequal
// variances; the degrees of freedom are Satterthwaite's (Welch 1947). Either
// sample below 2 values is a [TooFewError].
func WelchT(x, y []float64, level float64) (Effect, error) {
	if err := checkTwo("Welch t", x, y, 2, level); err != nil {
		return Effect{}, err
	}
	return welch(x, y, level, 0)
}

// WelchRatio estimates the ratio a/b of geometric means of independent
// samples: [WelchT] of the logarithms, as a ratio. Every value must be
// positive.
func WelchRatio(a, b []float64, level float64) (Effect, error) {
	la, err := Logs(a)
	if err != nil {
		return Effect{}, fmt.Errorf("ratio by Welch, numerator: %w", err)
	}
	lb, err := Logs(b)
	if err != nil {
		return Effect{}, fmt.Errorf("ratio by Welch, denominator: %w", err)
	}
	if err := checkTwo("ratio by Welch", la, lb, 2, level); err != nil {
		return Effect{}, err
	}
	e, err := welch(la, lb, level, logScale(a, b))
	return e.Exp(), err
}

func pairedT(d []float64, level, scale float64) (Effect, error) {
	mean, sd := meanSD(d)
	e := Effect{SE: sd / math.Sqrt(float64(len(d))), DF: float64(len(d) - 1)}
	e.Interval = Interval{Estimate: mean, Level: level, Achieved: level, N: len(d), Method: "paired t"}
	return e.student(constant(d, scale))
}

func welch(x, y []float64, level, scale float64) (Effect, error) {
	mx, sx := meanSD(x)
	my, sy := meanSD(y)
	vx, vy := sx*sx/float64(len(x)), sy*sy/float64(len(y))
	e := Effect{SE: math.Hypot(sx/math.Sqrt(float64(len(x))), sy/math.Sqrt(float64(len(y))))}
	e.Interval = Interval{Estimate: mx - my, Level: level, Achieved: level, N: min(len(x), len(y)), Method: "Welch t"}
	// Weights rather than variances: squares of tiny variances underflow.
	w := vx / (vx + vy)
	e.DF = 1 / (w*w/float64(len(x)-1) + (1-w)*(1-w)/float64(len(y)-1))
	still := constant(x, scale) && constant(y, scale)
	if still {
		e.DF = float64(len(x) + len(y) - 2)
	}
	return e.student(still)
}

// student fills in interval, t and p from Estimate, SE and DF.
func (e Effect) student(still bool) (Effect, error) {
	if still {
		return e.still()
	}
	t := distuv.StudentsT{Sigma: 1, Nu: e.DF}
	half := e.SE * t.Quantile((1+e.Level)/2)
	e.Lo, e.Hi = e.Estimate-half, e.Estimate+half
	e.Stat = e.Estimate / e.SE
	e.P = 2 * t.CDF(-math.Abs(e.Stat))
	return e, finite(e.Method, e.Estimate, e.Lo, e.Hi, e.Stat, e.P)
}

// still is the answer for data without variation.
func (e Effect) still() (Effect, error) {
	e.SE, e.Lo, e.Hi, e.P = 0, e.Estimate, e.Estimate, 1
	if e.Estimate != 0 {
		e.P = 0
	}
	e.warn(WarnConstant)
	return e, finite(e.Method, e.Estimate)
}

// logScale returns the largest |log v|: the rounding error of a difference of
// logarithms is a few units in the last place of that.
func logScale(samples ...[]float64) (s float64) {
	for _, x := range samples {
		for _, v := range x {
			s = max(s, math.Abs(math.Log(v)))
		}
	}
	return s
}
