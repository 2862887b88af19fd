package stat

import (
	"fmt"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson returns k/n with its exact interval (Clopper and Pearson
// 1934): Lo is the alpha/2 quantile of Beta(k, n-k+1), Hi the 1-alpha/2
// quantile of Beta(k+1, n-k); 0 and 1 at the ends. It covers at least level.
func ClopperPearson(k, n int, level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, fmt.Errorf("proportion: %w", err)
	}
	if n <= 0 {
		return Interval{}, fmt.Errorf("proportion: %w", ErrEmpty)
	}
	if k < 0 || k > n {
		return Interval{}, fmt.Errorf("proportion: %d of %d: need a count from 0 to %d", k, n, n)
	}
	i := Interval{
		Estimate: float64(k) / float64(n), Lo: 0, Hi: 1,
		Level: level, Achieved: level, N: n, Method: "Clopper-Pearson",
	}
	tail, kf, nf := (1-level)/2, float64(k), float64(n)
	if k > 0 {
		i.Lo = mathext.InvRegIncBeta(kf, nf-kf+1, tail)
	}
	if k < n {
		i.Hi = mathext.InvRegIncBeta(kf+1, nf-kf, 1-tail)
	}
	return i, finite("proportion", i.Lo, i.Hi)
}
