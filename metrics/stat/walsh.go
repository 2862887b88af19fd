package stat

import (
	"math"
	"slices"
)

// walsh sets estimate and interval from the Walsh averages of d. They are
// never listed: an order statistic among n^2/2 values is found by bisection on
// the float64 themselves, each step counting in O(n). The result is one of the
// averages, exactly.
func (e *Effect) walsh(d []float64, k int, achieved float64) {
	s := slices.Sorted(slices.Values(d))
	n := len(s)
	count := func(t float64) (c int) {
		j := n - 1
		for i := 0; i <= j; i++ {
			for j >= i && s[i]/2+s[j]/2 > t {
				j--
			}
			c += max(0, j-i+1)
		}
		return c
	}
	e.fromRanks(count, s[0], s[n-1], n*(n+1)/2, k, achieved)
}

// shifts does the same with the differences x[i]-y[j].
func (e *Effect) shifts(x, y []float64, k int, achieved float64) {
	a, b := slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	count := func(t float64) (c int) {
		j := 0
		for _, v := range a {
			for j < len(b) && v-b[j] > t {
				j++
			}
			c += len(b) - j
		}
		return c
	}
	lo, hi := a[0]-b[len(b)-1], a[len(a)-1]-b[0]
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		e.Estimate = math.NaN() // for finite to refuse
		return
	}
	e.fromRanks(count, lo, hi, len(a)*len(b), k, achieved)
}

func (e *Effect) fromRanks(count func(float64) int, lo, hi float64, total, k int, achieved float64) {
	e.Lo = kth(count, lo, hi, k)
	e.Hi = kth(count, lo, hi, total+1-k)
	e.Estimate = kth(count, lo, hi, (total+1)/2)
	if total%2 == 0 {
		e.Estimate = e.Estimate/2 + kth(count, lo, hi, total/2+1)/2
	}
	e.Achieved = achieved
	if achieved < e.Level-1e-9 && k == 1 {
		e.warn(WarnLevel)
	}
}

// kth returns the smallest float64 t in [lo, hi] with count(t) >= k.
func kth(count func(float64) int, lo, hi float64, k int) float64 {
	a, b := ordered(lo), ordered(hi)
	for a < b {
		m := a + (b-a)/2
		if count(unordered(m)) >= k {
			b = m
		} else {
			a = m + 1
		}
	}
	return unordered(a) + 0 // no negative zero
}

// ordered maps float64 to integers that compare the same way.
func ordered(f float64) uint64 {
	b := math.Float64bits(f)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func unordered(u uint64) float64 {
	if u>>63 == 1 {
		return math.Float64frombits(u &^ (1 << 63))
	}
	return math.Float64frombits(^u)
}
