package stat

import (
	"fmt"

	"gonum.org/v1/gonum/stat/distuv"
)

// Equivalence is the outcome of two one-sided tests.
type Equivalence struct {
	Interval         // at level 1 - 2 alpha: it lies inside the margins exactly when Equivalent
	PLower   float64 // of "the effect is at or below the lower margin"
	PUpper   float64 // of "the effect is at or above the upper margin"
	P        float64 // the larger of the two
	// Equivalent says that both are rejected at alpha.
	Equivalent bool
}

// TOST tests that the mean of the differences d lies within (lo, hi) by two
// one-sided t tests at alpha (Schuirmann 1987). For log ratios and a margin of
// 5 %, lo = -log(1.05) and hi = log(1.05). Constant differences are decided by
// where they lie, with [WarnConstant].
func TOST(d []float64, lo, hi, alpha float64) (Equivalence, error) {
	if err := checkMargins(lo, hi, alpha); err != nil {
		return Equivalence{}, err
	}
	e, err := PairedT(d, 1-2*alpha)
	if err != nil {
		return Equivalence{}, fmt.Errorf("equivalence: %w", err)
	}
	return equivalence(e, lo, hi, alpha), nil
}

// WelchTOST is [TOST] for the difference mean(x) - mean(y) of independent
// samples, by [WelchT].
func WelchTOST(x, y []float64, lo, hi, alpha float64) (Equivalence, error) {
	if err := checkMargins(lo, hi, alpha); err != nil {
		return Equivalence{}, err
	}
	e, err := WelchT(x, y, 1-2*alpha)
	if err != nil {
		return Equivalence{}, fmt.Errorf("equivalence: %w", err)
	}
	return equivalence(e, lo, hi, alpha), nil
}

func checkMargins(lo, hi, alpha float64) error {
	if !(lo < hi) {
		return fmt.Errorf("equivalence: margins %g and %g: need the lower below the upper", lo, hi)
	}
	if !(alpha > 0 && alpha < 0.5) {
		return fmt.Errorf("equivalence: alpha %g: need a number between 0 and 0.5, such as 0.05", alpha)
	}
	return nil
}

func equivalence(e Effect, lo, hi, alpha float64) Equivalence {
	q := Equivalence{Interval: e.Interval}
	q.Method = "TOST, " + q.Method
	if e.SE == 0 {
		q.PLower, q.PUpper = outside(e.Estimate > lo), outside(e.Estimate < hi)
	} else {
		t := distuv.StudentsT{Sigma: 1, Nu: e.DF}
		q.PLower = t.CDF((lo - e.Estimate) / e.SE)
		q.PUpper = t.CDF((e.Estimate - hi) / e.SE)
	}
	q.P = max(q.PLower, q.PUpper)
	q.Equivalent = q.P <= alpha
	return q
}

func outside(inside bool) float64 {
	if inside {
		return 0
	}
	return 1
}
