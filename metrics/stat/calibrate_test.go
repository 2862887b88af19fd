package stat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// noise draws the logarithms of one block's two trials, apart from the true
// effect. i is the block, of n.
type noise struct {
	name string
	pair func(r *rand.Rand, i, n int) (a, b float64)
	// twoSided is false where the t interval is known to err on the safe side:
	// then only too little coverage fails.
	twoSided bool
}

// each makes a pair of independent draws. Whatever their distribution, the
// difference of two draws from it is symmetric about 0: mean and
// pseudo-median are one, and both estimators are intervals for the true log
// ratio.
func each(draw func(r *rand.Rand) float64) func(*rand.Rand, int, int) (float64, float64) {
	return func(r *rand.Rand, _, _ int) (float64, float64) { return draw(r), draw(r) }
}

var noises = []noise{
	{"normal", each(func(r *rand.Rand) float64 { return 0.03 * r.NormFloat64() }), true},
	// Most trials near the best, delays with an exponential tail.
	{"slow tail", each(func(r *rand.Rand) float64 { return 0.01*r.NormFloat64() + 0.05*r.ExpFloat64() }), true},
	// Skewed also as a logarithm.
	{"lognormal delays", each(func(r *rand.Rand) float64 { return math.Log1p(0.05 * math.Exp(0.7*r.NormFloat64())) }), true},
	// One trial in ten is slow by a lot: the standard deviation that one
	// outlier brings covers more than it takes away.
	{"contaminated", each(func(r *rand.Rand) float64 {
		v := 0.02 * r.NormFloat64()
		if r.Float64() < 0.1 {
			v += 0.3 * r.ExpFloat64()
		}
		return v
	}), false},
	// Two speeds, as with two kinds of page placement, 40 to 60.
	{"bimodal", each(func(r *rand.Rand) float64 {
		v := 0.02 * r.NormFloat64()
		if r.Float64() < 0.4 {
			v += 0.1
		}
		return v
	}), true},
	// The machine slows by 40 % over the run, and within a block the trial
	// that comes second sees more of it. The order within a block is random.
	{"drifting", func(r *rand.Rand, i, n int) (a, b float64) {
		at := 0.4 * float64(i) / float64(n)
		a, b = at+0.03*r.NormFloat64(), at+0.03*r.NormFloat64()
		if late := 0.4 / float64(n) / 2; r.IntN(2) == 0 {
			a += late
		} else {
			b += late
		}
		return a, b
	}, true},
}

// TestCoverage holds the coverage of the primary and the companion estimator
// of a block-paired ratio within 0.02 of what they promise: 0.95, or where the
// exact interval moves in steps, the level it says it achieved (0.9375 at n =
// 5). FORKLORE_CALIBRATE=1 draws 25 times as many data sets.
func TestCoverage(t *testing.T) {
	const level, allowed, truth = 0.95, 0.02, 0.08
	draws := 3000
	if os.Getenv("FORKLORE_CALIBRATE") != "" {
		draws *= 25
	}
	var table strings.Builder
	fmt.Fprintf(&table, "coverage of 95 %% intervals, %d data sets each\n%-18s %3s  %7s  %15s %9s\n", draws, "noise", "n", "mean t", "Hodges-Lehmann", "achieved")
	for k, noise := range noises {
		for _, n := range []int{5, 10, 20, 30} {
			r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
			inT, inHL, achieved := coverage(t, noise, n, draws, level, truth, r)
			fmt.Fprintf(&table, "%-18s %3d  %7.3f  %15.3f %9.3f\n", noise.name, n, inT, inHL, achieved)
			if inT < level-allowed || noise.twoSided && inT > level+allowed {
				t.Errorf("%s, n = %d: the t interval covers %.3f", noise.name, n, inT)
			}
			if math.Abs(inHL-achieved) > allowed || math.Abs(inHL-level) > allowed {
				t.Errorf("%s, n = %d: the signed-rank interval covers %.3f, says %.3f", noise.name, n, inHL, achieved)
			}
		}
	}
	t.Log(table.String())
}

func coverage(t *testing.T, noise noise, n, draws int, level, truth float64, r *rand.Rand) (inT, inHL, achieved float64) {
	t.Helper()
	d := make([]float64, n)
	for range draws {
		for i := range d {
			a, b := noise.pair(r, i, n)
			d[i] = truth + a - b
		}
		e := must[Effect](t)(PairedT(d, level))
		h := must[Effect](t)(SignedRank(d, level))
		inT += float64(count(e.Contains(truth))) / float64(draws)
		inHL += float64(count(h.Contains(truth))) / float64(draws)
		achieved = h.Achieved
	}
	return inT, inHL, achieved
}

// TestCoverageUnpaired holds the companions for unpaired data to what holds of
// them: between samples of one shape the Mann-Whitney interval is exact, and
// Welch's is close.
func TestCoverageUnpaired(t *testing.T) {
	const level, truth = 0.95, 0.08
	draws := 1000
	if os.Getenv("FORKLORE_CALIBRATE") != "" {
		draws *= 25
	}
	var table strings.Builder
	fmt.Fprintf(&table, "unpaired, %d data sets each\n%-18s %3s  %7s  %15s %9s\n", draws, "noise", "n", "Welch t", "Hodges-Lehmann", "achieved")
	for k, noise := range noises[:5] {
		for _, n := range []int{5, 10, 30} {
			r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
			var inT, inHL, achieved float64
			x, y := make([]float64, n), make([]float64, n)
			for range draws {
				for i := range x {
					a, b := noise.pair(r, i, n)
					x[i], y[i] = truth+a, b
				}
				h := must[Effect](t)(MannWhitney(x, y, level))
				inT += float64(count(must[Effect](t)(WelchT(x, y, level)).Contains(truth))) / float64(draws)
				inHL += float64(count(h.Contains(truth))) / float64(draws)
				achieved = h.Achieved
			}
			fmt.Fprintf(&table, "%-18s %3d  %7.3f  %15.3f %9.3f\n", noise.name, n, inT, inHL, achieved)
			if inT < level-0.03 {
				t.Errorf("%s, n = %d: Welch's interval covers %.3f", noise.name, n, inT)
			}
			if math.Abs(inHL-achieved) > 0.03 {
				t.Errorf("%s, n = %d: the Mann-Whitney interval covers %.3f, says %.3f", noise.name, n, inHL, achieved)
			}
		}
	}
	t.Log(table.String())
}

// TestCoverageOfOneSlowArm prints what cannot be held: with a slow tail in one
// arm alone the differences are skewed, mean and pseudo-median are two
// numbers, and each interval is counted against its own. Below n = 20 neither
// reaches its level. It is why a verdict wants both to agree.
func TestCoverageOfOneSlowArm(t *testing.T) {
	var table strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	draw := func() float64 { return 0.05*r.ExpFloat64() + 0.01*r.NormFloat64() - 0.01*r.NormFloat64() }
	fmt.Fprintf(&table, "slow tail in one arm: shown, not held\n%3s  %7s  %15s\n", "n", "mean t", "Hodges-Lehmann")
	center := pseudoMedian(draw)
	for _, n := range []int{5, 10, 20, 30} {
		var inT, inHL float64
		d := make([]float64, n)
		for range 2000 {
			for i := range d {
				d[i] = draw()
			}
			inT += float64(count(must[Effect](t)(PairedT(d, 0.95)).Contains(0.05))) / 2000
			inHL += float64(count(must[Effect](t)(SignedRank(d, 0.95)).Contains(center))) / 2000
		}
		fmt.Fprintf(&table, "%3d  %7.3f  %15.3f\n", n, inT, inHL)
		if inT < 0.85 || inHL < 0.85 {
			t.Errorf("n = %d: coverage %.3f and %.3f: far worse than known", n, inT, inHL)
		}
	}
	t.Log(table.String())
}

// pseudoMedian is the median of the mean of two draws.
func pseudoMedian(draw func() float64) float64 {
	x := make([]float64, 200_001)
	for i := range x {
		x[i] = (draw() + draw()) / 2
	}
	return Median(x)
}
