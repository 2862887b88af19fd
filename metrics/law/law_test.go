package law

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"forklore/metrics/stat"
)

// trials draws each trials per core count and block from a curve with noise of
// the given relative size.
func trials(c Curve, ns []float64, each int, noise float64, seed uint64) (d Data) {
	r := rand.New(rand.NewPCG(seed, 1))
	for b := range each {
		for _, n := range ns {
			d.N, d.Block = append(d.N, n), append(d.Block, b+1)
			d.X = append(d.X, c.Throughput(n)*math.Exp(noise*r.NormFloat64()))
		}
	}
	return d
}

var cores = []float64{1, 2, 4, 8, 12, 16, 24, 32}

func TestFitFindsTheCurve(t *testing.T) {
	for _, c := range []Curve{
		{Linear, 3e6, 0, 0},
		{Amdahl, 120, 0.08, 0},
		{Gustafson, 0.004, 0.3, 0},
		{USL, 1000, 0.03, 0.001},
		{USL, 1000, 0, 0.002},
	} {
		f, err := Fit(c.Law, trials(c, cores, 10, 0, 1), Options{Resamples: -1})
		if err != nil {
			t.Fatal(err)
		}
		if f.Law != c.Law || math.Abs(f.Lambda/c.Lambda-1) > 1e-6 || math.Abs(f.Sigma-c.Sigma) > 1e-6 || math.Abs(f.Kappa-c.Kappa) > 1e-8 || !f.Converged {
			t.Errorf("fitted %+v (%q), want %+v", f.Curve, f.Warnings, c)
		}
	}
}

func TestBoundarySolutionsAreNamed(t *testing.T) {
	for _, test := range []struct {
		asked string
		truth Curve
		want  string
	}{
		{USL, Curve{Linear, 5, 0, 0}, Linear},
		{USL, Curve{Amdahl, 5, 0.2, 0}, Amdahl},
		{Amdahl, Curve{Linear, 5, 0, 0}, Linear},
		{Gustafson, Curve{Linear, 5, 0, 0}, Linear},
	} {
		d := trials(test.truth, cores, 4, 0, 1)
		for i, n := range d.N { // a little superlinear: the bounds bind
			d.X[i] *= 1 + 1e-4*n
		}
		f, err := Fit(test.asked, d, Options{Resamples: -1})
		if err != nil {
			t.Fatal(err)
		}
		if f.Law != test.want || f.Asked != test.asked || !strings.Contains(strings.Join(f.Warnings, "\n"), "refitted as the "+test.want) {
			t.Errorf("%s on %s data: called %s, warnings %q", test.asked, test.truth.Law, f.Law, f.Warnings)
		}
		if same, err := Fit(test.want, d, Options{Resamples: -1}); err != nil || math.Abs(same.AICc-f.AICc) > 1e-9 {
			t.Errorf("%s on %s data: AICc %g, of the law itself %g (%v)", test.asked, test.truth.Law, f.AICc, same.AICc, err)
		}
	}
}

func TestUnitsDoNotMatter(t *testing.T) {
	c := Curve{USL, 1, 0.05, 0.002}
	d := trials(c, cores, 5, 0.03, 3)
	want, err := Fit(USL, d, Options{Resamples: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []float64{1e-9, 1e12} {
		scaled := Data{N: d.N, X: slices.Clone(d.X), Block: d.Block}
		for i := range scaled.X {
			scaled.X[i] *= unit
		}
		got, err := Fit(USL, scaled, Options{Resamples: 200})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "sigma", got.Sigma, want.Sigma, 1e-6)
		near(t, "kappa", got.Kappa, want.Kappa, 1e-6)
		near(t, "peak", got.CI.PeakN.Hi, want.CI.PeakN.Hi, 1e-4)
		near(t, "lambda", got.Lambda, want.Lambda*unit, 1e-6)
	}
}

func TestRefusals(t *testing.T) {
	c := Curve{USL, 10, 0.05, 0.001}
	for _, test := range []struct {
		name   string
		ns     []float64
		cpus   int
		reason string // empty: accepted
		words  string
	}{
		{"four counts", []float64{1, 2, 4, 8}, 0, FewCounts, "the data have 4"},
		{"narrow", []float64{4, 5, 6, 7, 8, 15}, 0, NarrowRange, "from 4 to 15"},
		{"oversubscribed", cores, 16, BeyondCPUs, "32 workers on 16 CPUs"},
		{"five counts, 4-fold", []float64{2, 3, 4, 6, 8}, 8, "", ""},
		{"not whole", []float64{0.5, 0.7, 1.1, 1.9, 3.3}, 0, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Fit(USL, trials(c, test.ns, 3, 0.01, 1), Options{CPUs: test.cpus, Resamples: -1})
			var r *Refusal
			switch errors.As(err, &r) {
			case true:
				if r.Reason != test.reason || !strings.Contains(r.Error(), test.words) {
					t.Errorf("refused for %q: %v; want %q", r.Reason, err, test.reason)
				}
			case false:
				if test.reason != "" || err != nil {
					t.Errorf("error %v, want refusal %q", err, test.reason)
				}
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	good := trials(Curve{USL, 10, 0.05, 0.001}, cores, 3, 0.01, 1)
	with := func(v float64) Data {
		d := Data{N: good.N, X: slices.Clone(good.X)}
		d.X[5] = v
		return d
	}
	for _, v := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		var bad *stat.ValueError
		if _, err := Fit(USL, with(v), Options{}); !errors.As(err, &bad) || bad.Index != 5 {
			t.Errorf("throughput %g: %v", v, err)
		}
	}
	if _, err := Fit(USL, Data{}, Options{}); !errors.Is(err, stat.ErrEmpty) {
		t.Errorf("no data: %v", err)
	}
	if _, err := Fit("moore", good, Options{}); err == nil || !strings.Contains(err.Error(), `"moore"`) {
		t.Errorf("unknown law: %v", err)
	}
	if _, err := Fit(USL, Data{N: good.N, X: good.X[1:]}, Options{}); err == nil {
		t.Error("as many N as X was not asked for")
	}
	if _, err := Compare(nil, good, Options{}); err == nil {
		t.Error("a comparison of nothing passed")
	}
}

func TestCompare(t *testing.T) {
	laws := []string{Linear, Amdahl, USL}
	for _, test := range []struct {
		truth Curve
		noise float64
		best  string
		clear bool
	}{
		{Curve{USL, 10, 0.05, 0.003}, 0.02, USL, true},
		{Curve{Amdahl, 10, 0.1, 0}, 0.02, Amdahl, true}, // USL lies on its bound: no rival left but linear
		{Curve{Amdahl, 10, 0.002, 0}, 0.2, Amdahl, false},
	} {
		c, err := Compare(laws, trials(test.truth, cores, 10, test.noise, 5), Options{Resamples: -1})
		if err != nil {
			t.Fatal(err)
		}
		if c.Fits[0].Law != test.best || c.Clear != test.clear || c.Clear == strings.HasPrefix(c.Says, "cannot distinguish") {
			t.Errorf("%v: best %s, clear %v, %q", test.truth, c.Fits[0].Law, c.Clear, c.Says)
		}
	}
	five := trials(Curve{USL, 10, 0.05, 0.003}, []float64{1, 2, 4, 8, 16}, 1, 0.01, 1)
	c, err := Compare([]string{USL, Amdahl}, five, Options{Resamples: -1})
	if err != nil || c.Clear || !strings.Contains(c.Says, "too few") {
		t.Errorf("five trials: %q (%v)", c.Says, err)
	}
}

func TestConcurrencyInverts(t *testing.T) {
	for _, c := range []Curve{
		{Linear, 3e6, 0, 0}, {Amdahl, 120, 0.08, 0}, {Gustafson, 4, 0.3, 0}, {USL, 1000, 0.03, 0.001},
	} {
		for _, n := range []float64{0.6, 1, 3.7, 17} {
			if c.Law == Gustafson && n < 1 {
				continue
			}
			got, err := c.Concurrency(c.Throughput(n))
			if err != nil {
				t.Fatal(err)
			}
			near(t, c.Law, got, n, 1e-9)
		}
	}
	u := Curve{USL, 1000, 0.03, 0.001}
	_, top := u.Peak()
	for _, x := range []float64{top * 1.001, 0, -1, math.NaN(), math.Inf(1)} {
		if n, err := u.Concurrency(x); err == nil {
			t.Errorf("throughput %g is reached at %g", x, n)
		}
	}
	a := Curve{Amdahl, 100, 0.1, 0}
	if _, err := a.Concurrency(1000); !errors.Is(err, ErrUnreachable) {
		t.Errorf("the limit itself: %v", err)
	}
}

// TestIntervalsCover draws many data sets: the 95 % interval of sigma and of
// the peak must cover the truth about as often.
func TestIntervalsCover(t *testing.T) {
	c := Curve{USL, 1000, 0.05, 0.002}
	truth, _ := c.Peak()
	for _, blocks := range []bool{true, false} {
		sigma, peak, runs := 0, 0, 200
		for i := range runs {
			d := trials(c, cores, 15, 0.03, uint64(i))
			if !blocks {
				d.Block = nil
			}
			f, err := Fit(USL, d, Options{Resamples: 300, Seed: uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if f.CI.Sigma.Contains(c.Sigma) {
				sigma++
			}
			if f.CI.PeakN.Contains(truth) {
				peak++
			}
		}
		t.Logf("blocks %v: sigma %.3f, peak %.3f of %d", blocks, float64(sigma)/float64(runs), float64(peak)/float64(runs), runs)
		if sigma < 176 || peak < 176 { // 0.88: percentile intervals of 15 blocks are a little short
			t.Errorf("blocks %v: sigma covered %d, peak %d of %d", blocks, sigma, peak, runs)
		}
	}
}

func TestSameSeedSameIntervals(t *testing.T) {
	d := trials(Curve{USL, 10, 0.05, 0.001}, cores, 6, 0.05, 2)
	a, err := Fit(USL, d, Options{Resamples: 100, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Fit(USL, d, Options{Resamples: 100, Seed: 7})
	if a.CI.Sigma.Lo != b.CI.Sigma.Lo || a.CI.PeakX.Hi != b.CI.PeakX.Hi {
		t.Error("the same seed gave other intervals")
	}
	c, _ := Fit(USL, d, Options{Resamples: 100, Seed: 8})
	if a.CI.Sigma.Lo == c.CI.Sigma.Lo {
		t.Error("the seed changes nothing")
	}
}

func FuzzFit(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 0.5)
	f.Add(1e-300, 1e300, 1.0, 1.0, 1.0, 1.0)
	f.Add(5.0, 4.0, 3.0, 2.0, 1.0, 16.0)
	f.Add(7.0, 7.0, 7.0, 7.0, 7.0, 2.0)
	f.Add(0.0, -1.0, math.NaN(), math.Inf(1), 1.0, 2.0)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, base float64) {
		data := Data{X: []float64{a, b, c, d, e}}
		for i := range data.X {
			data.N = append(data.N, math.Pow(base, float64(i)))
		}
		for _, law := range Names {
			got, err := Fit(law, data, Options{Resamples: 20})
			if err != nil {
				continue
			}
			for what, v := range map[string]float64{"lambda": got.Lambda, "sigma": got.Sigma, "kappa": got.Kappa, "AICc": got.AICc, "sigma lo": got.CI.Sigma.Lo, "peak hi": got.CI.PeakN.Hi} {
				if math.IsNaN(v) {
					t.Errorf("%s of %v at %v: %s is NaN without an error", law, data.X, data.N, what)
				}
			}
		}
	})
}

func BenchmarkFit(b *testing.B) {
	d := trials(Curve{USL, 1000, 0.05, 0.002}, cores, 30, 0.03, 1)
	for _, bench := range []struct {
		name      string
		resamples int
	}{{"alone", -1}, {"1000 resamples", 1000}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Fit(USL, d, Options{Resamples: bench.resamples}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
