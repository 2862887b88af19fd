package stat

import (
	"cmp"
	"slices"
)

// Holm returns the p values adjusted so that rejecting those at or below alpha
// keeps the chance of any false rejection at alpha (Holm 1979): the i-th
// smallest of m is multiplied by m-i+1, then made non-decreasing and cut at 1.
// The order is that of the input. p outside [0, 1] is a [ValueError].
func Holm(p []float64) ([]float64, error) {
	order, err := byP("Holm", p)
	if err != nil {
		return nil, err
	}
	q := make([]float64, len(p))
	running := 0.0
	for i, o := range order {
		running = max(running, min(1, float64(len(p)-i)*p[o]))
		q[o] = running
	}
	return q, nil
}

// BenjaminiHochberg returns the p values adjusted so that rejecting those at
// or below alpha keeps the expected share of false rejections at alpha
// (Benjamini and Hochberg 1995): the i-th smallest of m is multiplied by m/i,
// then made non-decreasing from above. The order is that of the input.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	order, err := byP("Benjamini-Hochberg", p)
	if err != nil {
		return nil, err
	}
	q := make([]float64, len(p))
	running := 1.0
	for i, o := range slices.Backward(order) {
		running = min(running, float64(len(p))/float64(i+1)*p[o])
		q[o] = running
	}
	return q, nil
}

// byP returns the indexes of p in increasing order of p.
func byP(what string, p []float64) ([]int, error) {
	if err := checkValues(what, p, 1); err != nil {
		return nil, err
	}
	order := make([]int, len(p))
	for i, v := range p {
		if v < 0 || v > 1 {
			return nil, &ValueError{what, i, v, "a probability from 0 to 1"}
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order, nil
}
