package law

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"forklore/metrics/stat"
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
	leastBlocks   = 5
	resampleSteps = 60
	// A resample needs no more digits than its noise: a fall of 1e-7 of the
	// squared error is a thousandth of a standard error.
	resampleEnough = 1e-7
)

// resample refits the law asked for to resamples: of whole blocks where there
// are at least 5, since a block shares its noise; else of trials within each
// concurrency; else, where some concurrency has a single trial, of residuals.
func (f *Fitted) resample(law string, d Data, g groups, o Options, full vector) {
	count := o.Resamples
	if count == 0 {
		count = 10000
	}
	s := newSolver(law, g, o.Plain)
	next, how := f.drawing(s, d, g, full)
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
	byResidual = "bootstrap of residuals"
)

func (f *Fitted) drawing(s *solver, d Data, g groups, full vector) (draw, string) {
	blocks := slices.Compact(slices.Sorted(slices.Values(d.Block)))
	switch {
	case len(blocks) >= leastBlocks:
		return drawBlocks(d.Block, blocks, g), byBlock
	case slices.Min(g.w) >= 2:
		return drawTrials(g), byTrial
	}
	return drawResiduals(s, g, full, f.Trials), byResidual
}

func drawBlocks(block, blocks []int, g groups) draw {
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
				y[j] /= w[j]
			}
		}
	}
}

func drawTrials(g groups) draw {
	members := make([][]float64, len(g.n))
	for i, k := range g.of {
		members[k] = append(members[k], g.trial[i])
	}
	return func(r *rand.Rand, y, _ []float64) {
		for k, m := range members {
			var sum float64
			for range m {
				sum += m[r.IntN(len(m))]
			}
			y[k] = sum / float64(len(m))
		}
	}
}

// drawResiduals adds residuals to the fitted curve, widened by sqrt(n/(n-3)):
// a fit shrinks them.
func drawResiduals(s *solver, g groups, full vector, trials int) draw {
	fitted, rest := make([]float64, len(g.n)), make([]float64, trials)
	for k, n := range g.n {
		fitted[k], _ = s.q.f(&full, n)
	}
	mean := 0.0
	for i, k := range g.of {
		rest[i] = g.trial[i] - fitted[k]
		mean += rest[i] / float64(trials)
	}
	widen := math.Sqrt(float64(trials) / float64(max(1, trials-most)))
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
