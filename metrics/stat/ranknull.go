package stat

import (
	"cmp"
	"math"
	"slices"
)

// ranking holds midranks, doubled so that they are whole numbers.
type ranking struct {
	doubled []int   // in the order of the values
	ties    float64 // sum of t^3 - t over the groups of t equal values
}

func midranks(x []float64) ranking {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := ranking{doubled: make([]int, len(x))}
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, o := range order[i:j] {
			r.doubled[o] = i + 1 + j // twice the mean of the ranks i+1 to j
		}
		t := float64(j - i)
		r.ties += t*t*t - t
		i = j
	}
	return r
}

// subsetSums returns the distribution of the sum over a random subset of w,
// each member in or out with probability 1/2: the null distribution of V,
// conditional on the ranks. Index = sum.
func subsetSums(w []int) []float64 {
	total := 0
	for _, v := range w {
		total += v
	}
	p := make([]float64, total+1)
	p[0] = 1
	top := 0
	for _, v := range w {
		for s := top; s >= 0; s-- {
			half := p[s] / 2
			p[s] = half
			p[s+v] += half // s+v was visited before: it holds its own half already
		}
		top += v
	}
	return p
}

// subsetSumsOfSize returns the distribution of the sum over a random subset of
// m members of w: the null distribution of a rank sum, conditional on the
// ranks. Index = sum.
func subsetSumsOfSize(w []int, m int) []float64 {
	top := 0
	for _, v := range slices.SortedFunc(slices.Values(w), func(a, b int) int { return b - a })[:m] {
		top += v
	}
	ways := make([][]float64, m+1) // ways[j][s]: subsets of size j with sum s; exact below 2^53
	for j := range ways {
		ways[j] = make([]float64, top+1)
	}
	ways[0][0] = 1
	for i, v := range w {
		for j := min(i+1, m); j >= 1; j-- {
			from, to := ways[j-1], ways[j]
			for s := top; s >= v; s-- {
				to[s] += from[s-v]
			}
		}
	}
	return normalize(ways[m])
}

// mannWhitneyNull returns the distribution of U for untied samples. Its
// generating function is the Gaussian binomial, the product over i = 1..m of
// (1-q^(n+i)) / (1-q^i) (Andrews 1976, chapter 3): a multiplication and a
// division by a binomial for each member of the smaller sample.
func mannWhitneyNull(m, n int) []float64 {
	if m > n {
		m, n = n, m
	}
	c := make([]float64, m*n+1)
	c[0] = 1
	half := m * n / 2 // by symmetry; above it cancellation would cost digits
	for i := 1; i <= m; i++ {
		for s := half; s >= n+i; s-- {
			c[s] -= c[s-n-i]
		}
		for s := i; s <= half; s++ {
			c[s] += c[s-i]
		}
	}
	for s := half + 1; s <= m*n; s++ {
		c[s] = c[m*n-s]
	}
	return normalize(c)
}

func normalize(c []float64) []float64 {
	var total float64
	for _, v := range c {
		total += v
	}
	for i := range c {
		c[i] /= total
	}
	return c
}

// doubledTail returns twice the smaller of P(S <= at) and P(S >= at).
func doubledTail(dist []float64, at int) float64 {
	var below, above float64
	for _, p := range dist[:at+1] {
		below += p
	}
	for _, p := range dist[at:] {
		above += p
	}
	return min(1, 2*min(below, above))
}

// farTail returns the probability to lie at least as far from the mean as at.
func farTail(dist []float64, at int, mean float64) (p float64) {
	far := math.Abs(float64(at)-mean) - 1e-9
	for s, v := range dist {
		if math.Abs(float64(s)-mean) >= far {
			p += v
		}
	}
	return min(1, p)
}
