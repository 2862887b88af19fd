package digest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// decides simulates how often n trials of each cell with the mean and the
// deviation of s give p <= alpha.
func decides(t Target, s spread, n int, alpha float64, r *rand.Rand) float64 {
	const runs = 3000
	hits := 0
	df, se := float64(n-1), s.sd/math.Sqrt(float64(n))
	if !s.paired {
		df, se = 2*df, se*math.Sqrt2
	}
	for range runs {
		chi := 0.0
		for range int(df) {
			z := r.NormFloat64()
			chi += z * z
		}
		seen := spread{mean: s.mean + se*r.NormFloat64(), se: se * math.Sqrt(chi/df), df: df}
		if t.p(seen) <= alpha {
			hits++
		}
	}
	return float64(hits) / runs
}

// TestTrialsDecideFourTimesInFive: the promised number decides in 80 % of
// simulated runs, and 20 % fewer trials in less.
func TestTrialsDecideFourTimesInFive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	at := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		name   string
		target Target
		mean   float64
		sd     float64
		paired bool
		alpha  float64
	}{
		{"equivalent, in the middle", Target{Margin: 0.05}, 0, 0.1, true, 0.05},
		{"equivalent, in the middle, unpaired", Target{Margin: 0.05}, 0, 0.07, false, 0.05},
		{"equivalent, near the edge", Target{Margin: 0.05}, 0.02, 0.1, true, 0.05},
		{"equivalent, one of five claims", Target{Margin: 0.1}, 0.01, 0.15, true, 0.01},
		{"different", Target{Margin: 0.05}, 0.1, 0.1, true, 0.05},
		{"different, unpaired", Target{Margin: 0.05}, -0.1, 0.1, false, 0.05},
		{"different, few trials", Target{Margin: 0.05}, 0.1, 0.04, true, 0.05},
		{"at least", Target{AtLeast: at(1.2)}, math.Log(1.25), 0.1, true, 0.05},
		{"at most, against", Target{AtMost: at(1.2)}, math.Log(1.25), 0.1, true, 0.05},
		{"between", Target{AtLeast: at(0.9), AtMost: at(1.1)}, 0, 0.2, true, 0.05},
		{"not between", Target{AtLeast: at(0.9), AtMost: at(1.1)}, 0.15, 0.1, true, 0.05},
	} {
		s := spread{mean: test.mean, sd: test.sd, paired: test.paired}
		n := test.target.trials(s, test.alpha)
		if n < leastN {
			t.Errorf("%s: %d trials", test.name, n)
			continue
		}
		got := decides(test.target, s, n, test.alpha, r)
		fewer := decides(test.target, s, n*4/5, test.alpha, r)
		t.Logf("%s: %d trials decide %.3f, four fifths of them %.3f", test.name, n, got, fewer)
		if got < 0.78 || n > 9 && (got > 0.86 || fewer > 0.79) {
			t.Errorf("%s: %d trials decide %.3f of runs, four fifths of them %.3f; want 0.8", test.name, n, got, fewer)
		}
	}
	for name, s := range map[string]spread{"on the margin": {mean: math.Log1p(0.05), sd: 0.1}, "no mean": {mean: math.NaN(), sd: 0.1},
		"no deviation known": {mean: 0.1, sd: math.NaN()}, "out of reach": {mean: math.Log1p(0.05) + 1e-6, sd: 1}} {
		if n := (Target{Margin: 0.05}).trials(s, 0.05); n != 0 {
			t.Errorf("%s: %d trials, want 0 for unknown", name, n)
		}
	}
}

func TestShareTrialsDecideFourTimesInFive(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	at := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		target Target
		share  float64
		alpha  float64
	}{
		{Target{AtLeast: at(0.9)}, 0.97, 0.05},
		{Target{AtLeast: at(0.9)}, 0.8, 0.05},
		{Target{AtMost: at(0.5)}, 0.4, 0.05},
		{Target{AtMost: at(0.5)}, 0.4, 0.01},
		{Target{AtLeast: at(0.4), AtMost: at(0.6)}, 0.5, 0.05},
		{Target{AtLeast: at(0.4), AtMost: at(0.6)}, 0.7, 0.05},
		{Target{AtLeast: at(0.95)}, 1, 0.05},
	} {
		n := test.target.shareTrials(test.share, test.alpha)
		const runs = 3000
		hits := 0
		p := map[int]float64{}
		for range runs {
			k := 0
			for range n {
				k += int(truth(r.Float64() < test.share))
			}
			if _, ok := p[k]; !ok {
				p[k] = test.target.shareP(k, n)
			}
			hits += int(truth(p[k] <= test.alpha))
		}
		got := float64(hits) / runs
		t.Logf("share %g: %d trials decide %.3f", test.share, n, got)
		if n == 0 || got < 0.78 || got > 0.86 && test.share < 1 {
			t.Errorf("share %g, bounds %+v: %d trials decide %.3f of runs, want 0.8", test.share, test.target, n, got)
		}
	}
	if n := (Target{AtLeast: at(0.9)}).shareTrials(0.9, 0.05); n != 0 {
		t.Errorf("on the bound: %d trials, want 0 for unknown", n)
	}
	if n := (Target{AtLeast: at(0.95)}).shareTrials(1, 0.05); n < 72 || n > 76 { // 0.95^72 = 0.025
		t.Errorf("all of them: %d trials, want 72 and no more than the steps skip", n)
	}
}

func TestWidthTrialsDecideFourTimesInFive(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	at := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		target   Target
		estimate float64
		level    float64
	}{
		{Target{AtLeast: at(3)}, 3.3, 0.95},
		{Target{AtLeast: at(3)}, 2.8, 0.95},
		{Target{AtMost: at(3)}, 2.8, 0.99},
		{Target{AtLeast: at(2.8), AtMost: at(3.2)}, 3, 0.95},
		{Target{AtLeast: at(2.8), AtMost: at(3.2)}, 3.3, 0.95},
	} {
		const z95, z99 = 1.959964, 2.575829
		z := map[float64]float64{0.95: z95, 0.99: z99}[test.level]
		seen := Range{Estimate: test.estimate, Lo95: test.estimate - z*0.25, Hi95: test.estimate + z*0.25} // a standard error of 0.25 at 10 trials
		n := test.target.widthTrials(seen, 10, test.level)
		se := 0.25 * math.Sqrt(10/float64(n))
		const runs = 20000
		hits := 0
		for range runs {
			e := test.estimate + se*r.NormFloat64()
			hits += int(truth(test.target.within(e-z*se, e+z*se) != Inconclusive))
		}
		if got := float64(hits) / runs; n == 0 || got < 0.785 || got > 0.83 {
			t.Errorf("%g against %+v: %d trials decide %.3f of runs, want 0.8", test.estimate, test.target, n, got)
		}
	}
	open := Range{Estimate: 10, Lo95: 7, Hi95: math.Inf(1)}
	if n := (Target{AtLeast: at(8)}).widthTrials(open, 10, 0.95); n < 10 || n > 100 {
		t.Errorf("open above, bound below: %d trials", n)
	}
	if n := (Target{AtMost: at(12)}).widthTrials(open, 10, 0.95); n != 0 {
		t.Errorf("open above, bound above: %d trials, want 0 for unknown", n)
	}
}
