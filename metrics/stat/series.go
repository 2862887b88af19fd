package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Autocorrelation returns the correlation of x with itself lag steps later:
// the sum of products of deviations from the common mean over the sum of
// squares (Box and Jenkins 1970), in [-1, 1]. It needs lag+2 values; constant
// data give 0.
func Autocorrelation(x []float64, lag int) (float64, error) {
	if lag < 1 {
		return 0, fmt.Errorf("autocorrelation: lag %d: need at least 1", lag)
	}
	if err := checkValues("autocorrelation", x, lag+2); err != nil {
		return 0, err
	}
	if constant(x, 0) {
		return 0, nil
	}
	mean, _ := meanSD(x)
	var num float64
	for i := lag; i < len(x); i++ {
		num += (x[i] - mean) * (x[i-lag] - mean)
	}
	r := num / squares(x, mean)
	return r, finite("autocorrelation", r)
}

// EffectiveN returns the number of independent values that say as much of the
// mean as x does, if x is a first-order autoregression: n (1-r1)/(1+r1)
// (Bayley and Hammersley 1946). It lies in [1, n]: negative autocorrelation
// earns no more than n.
func EffectiveN(x []float64) (float64, error) {
	r, err := Autocorrelation(x, 1)
	if err != nil {
		return 0, fmt.Errorf("effective n: %w", err)
	}
	n := float64(len(x))
	return min(n, max(1, n*(1-r)/(1+r))), nil
}

// LjungBox tests that the first lags autocorrelations of x are all zero (Ljung
// and Box 1978). Stat is Q = n(n+2) sum r_k^2/(n-k), compared with chi-squared
// on lags degrees of freedom. It needs lags+2 values.
func LjungBox(x []float64, lags int) (Test, error) {
	t := Test{N: len(x), Method: "Ljung-Box"}
	n := float64(len(x))
	for k := 1; k <= max(1, lags); k++ {
		r, err := Autocorrelation(x, k)
		if err != nil {
			return Test{}, fmt.Errorf("serial correlation: %w", err)
		}
		t.Stat += n * (n + 2) * r * r / (n - float64(k))
	}
	if constant(x, 0) {
		t.P, t.Warnings = 1, []string{WarnConstant}
		return t, nil
	}
	t.P = distuv.ChiSquared{K: float64(max(1, lags))}.Survival(t.Stat)
	return t, finite("serial correlation", math.Abs(t.Stat), t.P)
}
