package stat

import (
	"fmt"
	"math"
	"slices"
)

// MSER returns the number of leading values to call warm-up: the d <= n/2 that
// minimises S(d) = sum over i > d of (x[i] - mean)^2 / (n-d)^2, the squared
// standard error of the mean of the rest (White 1997), and S(d) in squared
// units of x. A d of n/2 means that x never settled. It needs 4 values.
func MSER(x []float64) (d int, value float64, err error) {
	if err := checkValues("MSER", x, 4); err != nil {
		return 0, 0, err
	}
	c := newCost(x)
	value = math.Inf(1)
	for k := 0; k <= len(x)/2; k++ {
		left := float64(len(x) - k)
		if v := c.of(k, len(x)) / (left * left); v < value {
			d, value = k, v
		}
	}
	return d, value, finite("MSER", value)
}

// ChangePoints splits x into runs of constant mean: the split that minimises
// the squared error of all runs over sigma^2, plus penalty*log(n) for each
// change (optimal partitioning, Jackson et al. 2005, pruned as in PELT, Killick
// et al. 2012). Each number returned is how many values come before a change.
// sigma = 1.4826 MAD of the successive differences, over sqrt(2), which no
// change of the mean inflates; where it is 0 it is the standard deviation. The
// usual penalty is 2 (BIC) or 3. It needs 4 values; constant x has no change.
func ChangePoints(x []float64, penalty float64) ([]int, error) {
	if err := checkValues("change points", x, 4); err != nil {
		return nil, err
	}
	if !(penalty > 0) || math.IsInf(penalty, 0) {
		return nil, fmt.Errorf("change points: penalty %g: need a number above 0, such as 3", penalty)
	}
	sigma := DiffSigma(x)
	if sigma == 0 {
		_, sigma = meanSD(x)
	}
	if err := finite("change points", sigma); err != nil || sigma == 0 {
		return nil, err
	}
	return newCost(x).partition(penalty * sigma * sigma * math.Log(float64(len(x)))), nil
}

// DiffSigma estimates the noise of a series by the scaled MAD of successive
// differences over sqrt(2), in the unit of x; NaN below 2 values.
func DiffSigma(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	d := make([]float64, len(x)-1)
	for i := range d {
		d[i] = x[i+1] - x[i]
	}
	return MAD(d) / math.Sqrt2
}

// Split is the best division of a series into runs with a given number of
// changes.
type Split struct {
	Changes []int   // how many values come before each change
	RSS     float64 // squared error about the means of the runs
	BIC     float64 // n (log(RSS/n) + 1 + log 2 pi) + log(n) * 2 (changes+1); the least is best; -Inf for a perfect split
}

// Splits returns the best split for 0, 1, ... most changes with runs of at
// least shortest values, by dynamic programming (Bai and Perron 2003). It stops
// early where no more runs fit.
func Splits(x []float64, most, shortest int) ([]Split, error) {
	shortest = max(1, shortest)
	if err := checkValues("splits", x, max(2, shortest)); err != nil {
		return nil, err
	}
	if len(x) > trendMost {
		return nil, ErrLong
	}
	c, n := newCost(x), len(x)
	if err := finite("splits", c.square[n]); err != nil {
		return nil, err
	}
	best := make([]float64, n+1) // squared error of the first t values in runs so far
	for t := range best {
		best[t] = math.Inf(1)
		if t >= shortest {
			best[t] = c.of(0, t)
		}
	}
	var last [][]int // last[m][t]: where the last of m+1 changes lies
	splits := []Split{newSplit(nil, best[n], n)}
	for m := 1; m <= most && (m+1)*shortest <= n; m++ {
		var from []int
		best, from = c.oneMore(best, shortest)
		last = append(last, from)
		splits = append(splits, newSplit(trace(last, n), best[n], n))
	}
	return splits, nil
}

func newSplit(changes []int, rss float64, n int) Split {
	nf := float64(n)
	bic := nf*(math.Log(rss/nf)+1+math.Log(2*math.Pi)) + math.Log(nf)*2*float64(len(changes)+1)
	return Split{changes, rss, bic}
}

func trace(last [][]int, t int) []int {
	var changes []int
	for _, from := range slices.Backward(last) {
		t = from[t]
		changes = append(changes, t)
	}
	slices.Reverse(changes)
	return changes
}

// cost answers the squared error of any run in constant time.
type cost struct{ sum, square []float64 } // prefix sums of deviations from the mean

func newCost(x []float64) cost {
	mean, _ := meanSD(x)
	c := cost{make([]float64, len(x)+1), make([]float64, len(x)+1)}
	for i, v := range x {
		d := v - mean
		c.sum[i+1], c.square[i+1] = c.sum[i]+d, c.square[i]+d*d
	}
	return c
}

func (c cost) of(from, to int) float64 {
	s := c.sum[to] - c.sum[from]
	return max(0, c.square[to]-c.square[from]-s*s/float64(to-from))
}

func (c cost) partition(penalty float64) []int {
	n := len(c.sum) - 1
	best, from := make([]float64, n+1), make([]int, n+1)
	best[0] = -penalty
	starts := []int{0}
	for t := 1; t <= n; t++ {
		best[t] = math.Inf(1)
		for _, s := range starts {
			if v := best[s] + c.of(s, t) + penalty; v < best[t] {
				best[t], from[t] = v, s
			}
		}
		// A start that loses even without a penalty never wins again.
		starts = slices.DeleteFunc(starts, func(s int) bool { return best[s]+c.of(s, t) > best[t] })
		starts = append(starts, t)
	}
	var changes []int
	for t := from[n]; t > 0; t = from[t] {
		changes = append(changes, t)
	}
	slices.Reverse(changes)
	return changes
}

// oneMore adds a change to the best splits of every prefix.
func (c cost) oneMore(best []float64, shortest int) (next []float64, from []int) {
	next, from = make([]float64, len(best)), make([]int, len(best))
	for t := range next {
		next[t] = math.Inf(1)
		for s := shortest; s <= t-shortest; s++ {
			if v := best[s] + c.of(s, t); v < next[t] {
				next[t], from[t] = v, s
			}
		}
	}
	return next, from
}
