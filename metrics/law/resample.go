package law

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"forklore/metrics/stat"

	"gonum.org/v1/gonum/stat/distuv"
)

// Intervals are bootstrap percentile intervals of what a fit says. Ends may be
// +Inf: a resample whose curve has no peak or no limit counts as infinite.
type Intervals struct {
	Lambda, Sigma, Kappa stat.Interval
	PeakN, PeakX, Limit  stat.Interval
	PeakS                stat.Interval // largest speedup: PeakX over the throughput of one worker
	How                  string        // what was resampled
}

// A draw fills the group means and weights with those of one resample.
type draw func(r *rand.Rand, y, w []float64)

const (
	leastBlocks   = 10
	resampleSteps = 60
	// A resample needs no more digits than its noise: a fall of 1e-7 of the
	// squared error is a thousandth of a standard error.
	resampleEnough = 1e-7
)

// resample refits the law asked for to resamples: of whole blocks where there
// are at least 10, since a block shares its noise; else, without blocks, of
// the trials within each concurrency where each has 10; else of the scatter
// within concurrencies, pooled; else, where some concurrency has a single
// trial, of residuals of the fit. All are widened for their small number.
func (f *Fitted) resample(law string, d Data, g groups, o Options, full vector) {
	count := o.Resamples
	if count == 0 {
		count = 10000
	}
	s := newSolver(law, g, o.Plain)
	next, how := f.drawing(s, d, g, full, o.Level)
	s.q.enough = resampleEnough
	s.q.y, s.q.w = slices.Clone(g.y), slices.Clone(g.w)
	r := rand.New(rand.NewPCG(o.Seed, 0x1a9))
	var values [7][]float64
	for k := range values {
		values[k] = make([]float64, 0, count)
	}
	stuck := 0
	for range count {
		next(r, s.q.y, s.q.w)
		p, _, ok := s.q.solve(full, resampleSteps)
		if !ok {
			stuck++
		}
		c := s.curve(p)
		peakN, peakX := c.Peak()
		for k, v := range [7]float64{c.Lambda, c.Sigma, c.Kappa, peakN, peakX, c.Limit(), peakX / c.Throughput(1)} {
			values[k] = append(values[k], v)
		}
	}
	peakN, peakX := f.Peak()
	estimates := [7]float64{f.Lambda, f.Sigma, f.Kappa, peakN, peakX, f.Limit(), peakX / f.Throughput(1)}
	var ci [7]stat.Interval
	for k := range ci {
		ci[k] = percentile(values[k], estimates[k], o.Level, f.Trials, how)
	}
	f.CI = Intervals{ci[0], ci[1], ci[2], ci[3], ci[4], ci[5], ci[6], how}
	if stuck*20 > count {
		f.Warnings = append(f.Warnings, fmt.Sprintf("%d of %d resamples did not converge: the intervals are rough", stuck, count))
	}
	if how == byResidual {
		f.Warnings = append(f.Warnings, "a core count has a single trial: the intervals rest on the residuals of the fit, and so on the law being true")
	}
}

const (
	byBlock    = "bootstrap of blocks"
	byTrial    = "bootstrap of trials within each concurrency"
	byPool     = "bootstrap of residuals within concurrencies, pooled"
	byResidual = "bootstrap of residuals"
)

func (f *Fitted) drawing(s *solver, d Data, g groups, full vector, level float64) (draw, string) {
	blocks := slices.Compact(slices.Sorted(slices.Values(d.Block)))
	least := slices.Min(g.w)
	switch {
	case len(blocks) >= leastBlocks:
		return drawBlocks(d.Block, blocks, g, widening(float64(len(blocks)), 1, level)), byBlock
	case len(blocks) == 0 && least >= leastBlocks:
		return drawTrials(g, level), byTrial
	case least >= 2:
		return drawPooled(g, level), byPool
	}
	return drawResiduals(s, g, full, f.Trials, level), byResidual
}

// widening is what residuals of n values about a fit of k parameters must be
// multiplied by: sqrt(n/(n-k)), since the fit shrinks them, and the quantile
// of t over that of the normal, since their size is itself an estimate.
func widening(n, k, level float64) float64 {
	df := max(1, n-k)
	q := (1 + level) / 2
	return math.Sqrt(n/df) * distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(q) / distuv.UnitNormal.Quantile(q)
}

func drawBlocks(block, blocks []int, g groups, widen float64) draw {
	k := len(g.n)
	sum, n := make([]float64, len(blocks)*k), make([]float64, len(blocks)*k)
	for i, b := range block {
		at, _ := slices.BinarySearch(blocks, b)
		sum[at*k+g.of[i]] += g.trial[i]
		n[at*k+g.of[i]]++
	}
	return func(r *rand.Rand, y, w []float64) {
		clear(y)
		clear(w)
		for range blocks {
			at := r.IntN(len(blocks)) * k
			for j := range k {
				y[j] += sum[at+j]
				w[j] += n[at+j]
			}
		}
		for j := range y {
			if w[j] > 0 {
				y[j] = g.y[j] + widen*(y[j]/w[j]-g.y[j])
			}
		}
	}
}

func drawTrials(g groups, level float64) draw {
	members := make([][]float64, len(g.n))
	for i, k := range g.of {
		members[k] = append(members[k], g.trial[i])
	}
	wide := make([]float64, len(g.n))
	for k, n := range g.w {
		wide[k] = widening(n, 1, level)
	}
	return func(r *rand.Rand, y, _ []float64) {
		for k, m := range members {
			var sum float64
			for range m {
				sum += m[r.IntN(len(m))]
			}
			y[k] = g.y[k] + wide[k]*(sum/float64(len(m))-g.y[k])
		}
	}
}

// drawPooled draws the scatter about the means of all concurrencies together:
// a few trials at each tell too little of their own. It takes noise, on the
// scale of the fit, to be the same at each.
func drawPooled(g groups, level float64) draw {
	widen := widening(float64(g.total), float64(len(g.n)), level)
	rest := make([]float64, g.total)
	for i, k := range g.of {
		rest[i] = widen * (g.trial[i] - g.y[k])
	}
	return func(r *rand.Rand, y, _ []float64) {
		clear(y)
		for _, k := range g.of {
			y[k] += rest[r.IntN(len(rest))]
		}
		for k := range y {
			y[k] = g.y[k] + y[k]/g.w[k]
		}
	}
}

// drawResiduals adds residuals to the fitted curve, widened for its parameters.
func drawResiduals(s *solver, g groups, full vector, trials int, level float64) draw {
	fitted, rest := make([]float64, len(g.n)), make([]float64, trials)
	for k, n := range g.n {
		fitted[k], _ = s.q.f(&full, n)
	}
	mean := 0.0
	for i, k := range g.of {
		rest[i] = g.trial[i] - fitted[k]
		mean += rest[i] / float64(trials)
	}
	widen := widening(float64(trials), most, level)
	for i := range rest {
		rest[i] = (rest[i] - mean) * widen
	}
	return func(r *rand.Rand, y, _ []float64) {
		clear(y)
		for _, k := range g.of {
			y[k] += rest[r.IntN(trials)]
		}
		for k := range y {
			y[k] = fitted[k] + y[k]/g.w[k]
		}
	}
}

func percentile(values []float64, estimate, level float64, n int, how string) stat.Interval {
	slices.Sort(values)
	return stat.Interval{
		Estimate: estimate, Lo: quantile(values, (1-level)/2), Hi: quantile(values, (1+level)/2),
		Level: level, Achieved: level, N: n, Method: "percentile " + how,
	}
}

// quantile is type 7 for sorted values that may end in +Inf.
func quantile(s []float64, q float64) float64 {
	h := q * float64(len(s)-1)
	lo := int(h)
	if lo >= len(s)-1 || s[lo] == s[lo+1] {
		return s[lo]
	}
	return s[lo] + (h-float64(lo))*(s[lo+1]-s[lo])
}
