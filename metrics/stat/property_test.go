package stat

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// arms draws two positive samples of n paired values with a common block
// effect.
func arms(n int, seed uint64) (a, b []float64) {
	r := rand.New(rand.NewPCG(seed, 2))
	for range n {
		block := math.Exp(0.2 * r.NormFloat64())
		a = append(a, 1.1*block*math.Exp(0.05*r.NormFloat64()))
		b = append(b, block*math.Exp(0.05*r.NormFloat64()))
	}
	return a, b
}

func scaled(x []float64, by float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= by
	}
	return y
}

var sizes = []int{2, 5, 6, 12, 25, 26, 49, 50, 60}

var ratioEstimators = map[string]func(a, b []float64, level float64) (Effect, error){
	"paired t": PairedRatio, "Welch": WelchRatio, "signed rank": SignedRankRatio, "Mann-Whitney": MannWhitneyRatio,
}

func sameInterval(t *testing.T, what string, got, want Interval) {
	t.Helper()
	near(t, what+" estimate", got.Estimate, want.Estimate, 1e-9)
	near(t, what+" lo", got.Lo, want.Lo, 1e-9)
	near(t, what+" hi", got.Hi, want.Hi, 1e-9)
}

func TestRatiosMirror(t *testing.T) {
	for name, estimate := range ratioEstimators {
		for _, n := range sizes {
			a, b := arms(n, 1)
			ab, ba := must[Effect](t)(estimate(a, b, 0.95)), must[Effect](t)(estimate(b, a, 0.95))
			sameInterval(t, name, ba.Inverse(), ab.Interval)
			near(t, name+" p", ba.P, ab.P, 1e-12)
		}
	}
}

func TestRatiosIgnoreUnits(t *testing.T) {
	for name, estimate := range ratioEstimators {
		for _, n := range sizes {
			a, b := arms(n, 2)
			want := must[Effect](t)(estimate(a, b, 0.95))
			for _, unit := range []float64{1e-9, 1e12} {
				got := must[Effect](t)(estimate(scaled(a, unit), scaled(b, unit), 0.95))
				sameInterval(t, name, got.Interval, want.Interval)
				near(t, name+" p", got.P, want.P, 1e-9)
			}
		}
	}
}

func TestBlockEffectsCancel(t *testing.T) {
	for _, n := range sizes {
		a, b := arms(n, 3)
		c, d := slices.Clone(a), slices.Clone(b)
		r := rand.New(rand.NewPCG(4, 4))
		for i := range c {
			block := math.Exp(r.NormFloat64())
			c[i], d[i] = c[i]*block, d[i]*block
		}
		for _, name := range []string{"paired t", "signed rank"} {
			want := must[Effect](t)(ratioEstimators[name](a, b, 0.95))
			got := must[Effect](t)(ratioEstimators[name](c, d, 0.95))
			sameInterval(t, name, got.Interval, want.Interval)
			near(t, name+" p", got.P, want.P, 1e-9)
		}
		x, y := must[[]float64](t)(LogRatios(a, b)), must[[]float64](t)(LogRatios(c, d))
		near(t, "sign flip", must[Test](t)(SignFlip(y, 1)).P, must[Test](t)(SignFlip(x, 1)).P, 1e-12)
		sameInterval(t, "TOST", must[Equivalence](t)(TOST(y, -0.2, 0.2, 0.05)).Interval, must[Equivalence](t)(TOST(x, -0.2, 0.2, 0.05)).Interval)
	}
}

func TestOrderMattersOnlyToDrift(t *testing.T) {
	for _, n := range sizes {
		a, b := arms(n, 5)
		perm := rand.New(rand.NewPCG(6, 6)).Perm(n)
		c, d := make([]float64, n), make([]float64, n)
		for i, p := range perm {
			c[i], d[i] = a[p], b[p]
		}
		for name, estimate := range ratioEstimators {
			sameInterval(t, name, must[Effect](t)(estimate(c, d, 0.95)).Interval, must[Effect](t)(estimate(a, b, 0.95)).Interval)
		}
		near(t, "A12", must[float64](t)(A12(c, d)), must[float64](t)(A12(a, b)), 0)
		sameInterval(t, "Fieller", must[Interval](t)(Fieller(c, d, 0.5)), must[Interval](t)(Fieller(a, b, 0.5)))
		if n >= 6 {
			sameInterval(t, "median", must[Interval](t)(MedianInterval(c, 0.95)), must[Interval](t)(MedianInterval(a, 0.95)))
		}
	}
	rising := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	mixed := []float64{5, 1, 9, 3, 7, 2, 8, 4, 6}
	if p, q := must[Test](t)(MannKendall(rising)).P, must[Test](t)(MannKendall(mixed)).P; p > 0.01 || q < 0.2 {
		t.Errorf("trend p: rising %g, mixed %g", p, q)
	}
}

// TestTiesAgainstEnumeration compares the dynamic programs with brute force on
// samples full of ties.
func TestTiesAgainstEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		d := make([]float64, 2+r.IntN(8))
		for i := range d {
			d[i] = float64(r.IntN(7)) - 3
		}
		e := must[Effect](t)(SignedRank(d, 0.95))
		near(t, "signed rank", e.P, bruteSignedRank(d), 1e-12)
		x, y := d[:1+r.IntN(len(d)-1)], d
		near(t, "Mann-Whitney", must[Effect](t)(MannWhitney(x, y, 0.95)).P, bruteMannWhitney(x, y), 1e-12)
	}
}

func bruteSignedRank(d []float64) float64 {
	var abs []float64
	var seen float64
	for _, v := range d {
		if v != 0 {
			abs = append(abs, math.Abs(v))
		}
	}
	ranks := midranks(abs).doubled
	k := 0
	for _, v := range d {
		if v == 0 {
			continue
		}
		if v > 0 {
			seen += float64(ranks[k])
		}
		k++
	}
	below, above, total := 0., 0., float64(int(1)<<len(abs))
	for mask := range 1 << len(abs) {
		sum := 0.
		for i, v := range ranks {
			if mask>>i&1 == 1 {
				sum += float64(v)
			}
		}
		below += float64(count(sum <= seen)) / total
		above += float64(count(sum >= seen)) / total
	}
	return min(1, 2*min(below, above))
}

func bruteMannWhitney(x, y []float64) float64 {
	all := slices.Concat(x, y)
	u := func(mask int) (u float64) {
		for i := range all {
			for j := range all {
				if mask>>i&1 == 1 && mask>>j&1 == 0 {
					u += float64(count(all[i] > all[j])) + float64(count(all[i] == all[j]))/2
				}
			}
		}
		return u
	}
	seen := u(1<<len(x) - 1)
	var below, above, total float64
	for mask := range 1 << len(all) {
		members := 0
		for i := range all {
			members += mask >> i & 1
		}
		if members != len(x) {
			continue
		}
		v := u(mask)
		total++
		below += float64(count(v <= seen))
		above += float64(count(v >= seen))
	}
	return min(1, 2*min(below, above)/total)
}

// TestWalshAgainstListing compares the bisection with a sorted list.
func TestWalshAgainstListing(t *testing.T) {
	for _, n := range []int{1, 2, 7, 30} {
		d, _ := arms(n, 8)
		d[0] = -d[0]
		var walsh []float64
		for i := range d {
			for j := range i + 1 {
				walsh = append(walsh, d[i]/2+d[j]/2)
			}
		}
		slices.Sort(walsh)
		e := must[Effect](t)(SignedRank(d, 0.95))
		k, _ := signedRankK(n, 0.95)
		if e.Lo != walsh[k-1] || e.Hi != walsh[len(walsh)-k] {
			t.Errorf("n = %d: [%g, %g], want [%g, %g]", n, e.Lo, e.Hi, walsh[k-1], walsh[len(walsh)-k])
		}
		near(t, "pseudo-median", e.Estimate, Median(walsh), 1e-15)
	}
}

func TestNullDistributionsAgree(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 5}, {8, 8}, {12, 20}} {
		m, n := size[0], size[1]
		x := make([]float64, m+n)
		for i := range x {
			x[i] = float64(i)
		}
		byRanks := subsetSumsOfSize(midranks(x).doubled, m)
		for u, p := range mannWhitneyNull(m, n) {
			near(t, "P(U)", byRanks[2*u+m*(m+1)], p, 1e-13)
		}
	}
	var total float64 // the largest exact case keeps its tails
	for u, p := range mannWhitneyNull(49, 49) {
		if p < 0 || u < 3 && math.Abs(p*binomial(98, 49)/[]float64{1, 1, 2}[u]-1) > 1e-9 {
			t.Errorf("P(U = %d) = %g", u, p)
		}
		total += p
	}
	near(t, "total", total, 1, 1e-12)
}

func binomial(n, k int) float64 {
	c := 1.
	for i := range k {
		c = c * float64(n-i) / float64(i+1)
	}
	return c
}

func TestSmallSamplesSaySo(t *testing.T) {
	var few *TooFewError
	if _, err := MedianInterval([]float64{1, 2, 3, 4, 5}, 0.95); !errors.As(err, &few) || few.Min != 6 {
		t.Errorf("median of 5: %v", err)
	}
	e := must[Effect](t)(SignedRank([]float64{1, 2, 3, 4, 5}, 0.95))
	if !slices.Contains(e.Warnings, WarnLevel) || e.Achieved != 0.9375 || e.Lo != 1 || e.Hi != 5 {
		t.Errorf("signed rank of 5: %+v", e)
	}
	if e := must[Effect](t)(SignedRank([]float64{1, 2, 3, 4, 5, 6}, 0.95)); len(e.Warnings) != 0 || e.Achieved < 0.95 {
		t.Errorf("signed rank of 6: %+v", e)
	}
	if _, err := PairedT([]float64{1}, 0.95); !errors.As(err, &few) {
		t.Errorf("t of 1: %v", err)
	}
}

func TestConstantDataSaySo(t *testing.T) {
	a, b := slices.Repeat([]float64{0.1}, 8), slices.Repeat([]float64{0.3}, 8)
	for name, estimate := range ratioEstimators {
		e := must[Effect](t)(estimate(a, b, 0.95))
		if !slices.Contains(e.Warnings, WarnConstant) || math.Abs(e.Estimate-1./3) > 1e-12 || e.HalfWidth() > 1e-12 {
			t.Errorf("%s: %+v", name, e)
		}
		same := must[Effect](t)(estimate(a, a, 0.95))
		if same.P != 1 || same.Estimate != 1 {
			t.Errorf("%s of equal arms: %+v", name, same)
		}
	}
	// A constant speedup under block effects: the differences are all rounding.
	x, _ := arms(20, 9)
	if e := must[Effect](t)(PairedRatio(scaled(x, 1.1), x, 0.95)); !slices.Contains(e.Warnings, WarnConstant) {
		t.Errorf("rounding taken for variation: %+v", e)
	}
}

func TestOutliers(t *testing.T) {
	if got := Outliers([]float64{10, 11, 9, 10.5, 30, 9.5, -20}, 3); !slices.Equal(got, []int{4, 6}) {
		t.Errorf("outliers %v, want [4 6]", got)
	}
}

func TestNoFunctionChangesItsInput(t *testing.T) {
	a, b := arms(20, 10)
	x, y := slices.Clone(a), slices.Clone(b)
	everything(t, a, b, 0.95)
	if !slices.Equal(a, x) || !slices.Equal(b, y) {
		t.Error("an input was changed")
	}
}
