package stat

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// coarse draws n values from 0, 1, 2, so that ties abound, shifted by a little
// more than half of them.
func coarse(r *rand.Rand, n int, shift float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(r.IntN(3))
		if r.Float64() < shift {
			x[i]++
		}
	}
	return x
}

// TestNormalApproximations compares the approximations for large tied samples
// with the exact distributions, which cost too much only in the product.
func TestNormalApproximations(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for range 20 {
		x, y := coarse(r, 28, 0.5), coarse(r, 28, 0.2)
		ranks := midranks(append(append([]float64{}, x...), y...)).doubled
		sum := 0
		for _, v := range ranks[:28] {
			sum += v
		}
		exact := doubledTail(subsetSumsOfSize(ranks, 28), sum)
		near(t, "Mann-Whitney", must[Effect](t)(MannWhitney(x, y, 0.95)).P, exact, 0.05)

		d := make([]float64, 40)
		for i := range d {
			d[i] = float64(1+r.IntN(2)) * float64(2*count(r.Float64() < 0.6)-1)
		}
		e := must[Effect](t)(SignedRank(d, 0.95))
		abs := make([]float64, len(d))
		for i, v := range d {
			abs[i] = max(v, -v)
		}
		exact = doubledTail(subsetSums(midranks(abs).doubled), int(2*e.Stat))
		near(t, "signed rank", e.P, exact, 0.05)
	}
}

// TestTieCorrections checks that the approximations work with the variances of
// the exact distributions.
func TestTieCorrections(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	x, y := coarse(r, 30, 0.5), coarse(r, 27, 0.2)
	dist := subsetSumsOfSize(midranks(append(append([]float64{}, x...), y...)).doubled, 30)
	e := must[Effect](t)(MannWhitney(x, y, 0.95))
	near(t, "Mann-Whitney", e.P, normalTwoSided(e.Stat-30*27/2, variance(dist)), 1e-10)

	d, abs := make([]float64, 30), make([]float64, 30)
	for i := range d {
		abs[i] = float64(1 + r.IntN(3))
		d[i] = abs[i] * float64(2*count(r.Float64() < 0.7)-1)
	}
	e = must[Effect](t)(SignedRank(d, 0.95))
	near(t, "signed rank", e.P, normalTwoSided(e.Stat-30*31/4., variance(subsetSums(midranks(abs).doubled))), 1e-10)
}

// variance returns that of a rank sum, from the distribution of its double.
func variance(dist []float64) float64 {
	var m, s float64
	for v, p := range dist {
		m += p * float64(v)
	}
	for v, p := range dist {
		s += p * (float64(v) - m) * (float64(v) - m)
	}
	return s / 4
}

func TestSignFlipSampleAgreesWithT(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	d := make([]float64, 40)
	for _, shift := range []float64{0, 0.1, 0.3} {
		for i := range d {
			d[i] = shift + r.NormFloat64()
		}
		p := must[Test](t)(SignFlip(d, 1)).P
		near(t, "p", p, must[Effect](t)(PairedT(d, 0.95)).P, 0.02)
		if q := must[Test](t)(SignFlip(d, 1)).P; q != p {
			t.Errorf("the same seed gave %g and %g", p, q)
		}
	}
}

func TestTheilSenCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 14))
	in, draws := 0, 1000
	y := make([]float64, 20)
	for range draws {
		for i := range y {
			y[i] = 0.3*float64(i) + r.NormFloat64()
		}
		in += count(must[Interval](t)(TheilSen(nil, y, 0.95)).Contains(0.3))
	}
	if share := float64(in) / float64(draws); share < 0.93 || share > 0.98 {
		t.Errorf("the interval covers %.3f, want about 0.955: its ranks are rounded outwards", share)
	}
}

func TestEffectiveNIsAtMostN(t *testing.T) {
	if got := must[float64](t)(EffectiveN([]float64{1, 2, 1, 2, 1, 2, 1, 2})); got != 8 {
		t.Errorf("effective n of an alternating series of 8: %g", got)
	}
}

func TestPlanning(t *testing.T) {
	paired := Design{Paired: true}
	near(t, "paired power", must[float64](t)(paired.Power(20, 0.5, 1)), 0.5644829, 1e-6) // R power.t.test
	n := must[float64](t)(paired.Trials(-0.5, 1, 0.5644829))
	near(t, "n", n, 20, 1e-5)
	if _, err := paired.Trials(1e-9, 1, 0.9); !errors.Is(err, ErrOutOfReach) {
		t.Errorf("a difference of 1e-9 sd: %v", err)
	}
	for half, want := range map[float64]int{0.7154: 10, 0.7153: 11} { // t(9)/sqrt(10) = 0.715357
		if got := must[int](t)(TrialsForHalfWidth(1, half, 0.95)); got != want {
			t.Errorf("trials for +-%g: %d, want %d", half, got, want)
		}
	}
}
