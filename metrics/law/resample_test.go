package law

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsResampled(t *testing.T) {
	c := Curve{USL, 1000, 0.05, 0.002}
	many, one := trials(c, cores, 10, 0.03, 1), trials(c, cores, 1, 0.03, 1)
	unblocked := Data{N: many.N, X: many.X}
	few := trials(c, cores, 9, 0.03, 1)
	for _, test := range []struct {
		d   Data
		how string
	}{{many, byBlock}, {unblocked, byTrial}, {few, byPool}, {one, byResidual}} {
		f, err := Fit(USL, test.d, Options{Resamples: 200})
		if err != nil {
			t.Fatal(err)
		}
		if f.CI.How != test.how {
			t.Errorf("%d trials: %s, want %s", f.Trials, f.CI.How, test.how)
		}
		if warned := slices.ContainsFunc(f.Warnings, func(w string) bool { return strings.Contains(w, "single trial") }); warned != (test.how == byResidual) {
			t.Errorf("%s: warnings %q", test.how, f.Warnings)
		}
		if !(f.CI.Sigma.Lo < f.Sigma && f.Sigma < f.CI.Sigma.Hi) {
			t.Errorf("%s: sigma %g outside %+v", test.how, f.Sigma, f.CI.Sigma)
		}
	}
}

// TestPeakThatMayNotExist: where some resamples have no peak, its interval is
// open above, and that is no NaN.
func TestPeakThatMayNotExist(t *testing.T) {
	d := trials(Curve{Amdahl, 10, 0.1, 0}, cores, 10, 0.05, 4)
	f, err := Fit(USL, d, Options{Resamples: 500})
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsInf(f.CI.PeakN.Hi, 1) || math.IsNaN(f.CI.PeakN.Lo) || f.CI.Kappa.Lo != 0 {
		t.Errorf("peak %+v, kappa %+v", f.CI.PeakN, f.CI.Kappa)
	}
}

func TestFarPeakIsCalledExtrapolation(t *testing.T) {
	f, err := Fit(USL, trials(Curve{USL, 10, 0.01, 0.0001}, []float64{1, 2, 3, 4, 6, 8}, 5, 0, 1), Options{Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := f.Peak(); n < 90 || !strings.Contains(strings.Join(f.Warnings, "\n"), "an extrapolation") {
		t.Errorf("peak at %g, warnings %q", n, f.Warnings)
	}
}

// TestLackOfFit: a true law is rejected as often as the level says, a false
// one always, and without replicates or spare counts there is no test.
func TestLackOfFit(t *testing.T) {
	rejected, runs := 0, 400
	for i := range runs {
		d := trials(Curve{USL, 1000, 0.05, 0.002}, cores, 6, 0.03, uint64(i))
		f, err := Fit(USL, d, Options{Resamples: -1})
		if err != nil {
			t.Fatal(err)
		}
		if f.LackOfFit < 0.1 {
			rejected++
		}
		if f, _ = Fit(Linear, d, Options{Resamples: -1}); !(f.LackOfFit < 1e-6) {
			t.Errorf("linear law on USL data: p = %g", f.LackOfFit)
		}
	}
	if rejected < 22 || rejected > 60 { // 40 expected, 3 sd either way
		t.Errorf("the true law is rejected %d times of %d at 0.1", rejected, runs)
	}
	single, err := Fit(USL, trials(Curve{USL, 1000, 0.05, 0.002}, cores, 1, 0.03, 1), Options{Resamples: -1})
	if err != nil || !math.IsNaN(single.LackOfFit) {
		t.Errorf("single trials: p = %g (%v)", single.LackOfFit, err)
	}
}
