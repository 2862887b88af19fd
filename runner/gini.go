package runner

import "slices"

// gini is Gini's coefficient of shares: 0 where all are equal, (n-1)/n where one has
// all. There is none of fewer than two shares, or where all are nothing.
func gini(shares []float64) (g float64, ok bool) {
	list := slices.Sorted(slices.Values(shares))
	n, sum, weighted := float64(len(list)), 0.0, 0.0
	for i, x := range list {
		sum += x
		weighted += float64(i+1) * x
	}
	if len(list) < 2 || sum == 0 {
		return 0, false
	}
	return 2*weighted/(n*sum) - (n+1)/n, true
}
