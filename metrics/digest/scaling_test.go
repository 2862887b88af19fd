package digest

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/law"
)

// curved returns a run of one model with throughput that follows shape, with
// the given number of blocks, and the verdict on a scaling claim about it.
func curved(shape func(n float64) float64, workers []int, blocks int, claims ...experiments.Claim) []Verdict {
	d := &Digest{resamples: 400}
	d.Manifest = *(world{claims: claims}).manifest()
	r := rand.New(rand.NewPCG(uint64(blocks), 9))
	f := Fit{Metric: "throughput_items_per_s", Options: law.Options{Resamples: 400, Seed: 1}}
	for i, n := range workers {
		d.Cells = append(d.Cells, Cell{Cell: cell(experiments.Goroutines, n)})
		f.Cells = append(f.Cells, i)
		for b := range blocks {
			f.data.N = append(f.data.N, float64(n))
			f.data.X = append(f.data.X, 1000*shape(float64(n))*math.Exp(0.01*r.NormFloat64()))
			f.data.Block = append(f.data.Block, b)
		}
	}
	f.Counts, f.Trials = len(workers), len(f.data.N)
	f.Choice, _ = law.Compare(fitted, f.data, f.Options)
	for _, name := range fitted {
		for _, one := range f.Choice.Fits {
			if one.Asked == name {
				f.Laws = append(f.Laws, one)
			}
		}
	}
	var list []Verdict
	for _, c := range claims {
		if c.Law == "" {
			c.Law = law.USL
		}
		v := Verdict{Claim: c, Parts: []Part{d.scalingPart(c, &f, len(claims))}}
		v.combine(d)
		list = append(list, v)
	}
	return list
}

func scalingClaim(name, quantity string, least float64) experiments.Claim {
	return experiments.Claim{ID: name, Kind: experiments.ClaimScaling, Law: name, Quantity: quantity, AtLeast: &least}
}

var upTo16 = []int{1, 2, 4, 6, 8, 12, 16}

// TestDoubtfulFitsDecideNothing: each doubt alone turns a claim that its
// interval would decide into an inconclusive one, and says why.
func TestDoubtfulFitsDecideNothing(t *testing.T) {
	amdahl := func(n float64) float64 { return n / (1 + 0.1*(n-1)) }
	far := func(n float64) float64 { return n / (1 + 0.02*(n-1) + 0.002*n*(n-1)) }
	kinked := func(n float64) float64 { // an SMT-like bend that no law has
		if n > 4 {
			return 4 + 0.05*(n-4)
		}
		return n
	}
	for _, test := range []struct {
		name    string
		shape   func(float64) float64
		workers []int
		blocks  int
		claim   experiments.Claim
		verdict string
		reason  string
	}{
		{"sound", usl, upTo16, 20, scalingClaim(law.USL, "peak", 1.5), Supported, ""},
		{"sound, against", usl, upTo16, 20, scalingClaim(law.USL, "n_star", 12), Reversed, ""},
		{"extrapolated peak", far, []int{1, 2, 3, 4, 6, 8}, 40, scalingClaim(law.USL, "n_star", 12), Inconclusive, "beyond the 8 measured"},
		{"extrapolated speedup", far, []int{1, 2, 3, 4, 6, 8}, 40, scalingClaim(law.USL, "peak", 2), Inconclusive, "an extrapolation"},
		{"sigma needs no peak", far, []int{1, 2, 3, 4, 6, 8}, 40, scalingClaim(law.USL, "sigma", 0.001), Supported, ""},
		{"no peak at all", amdahl, upTo16, 20, scalingClaim(law.Amdahl, "n_star", 5), Inconclusive, ""},
		{"another law", usl, upTo16, 20, scalingClaim(law.Amdahl, "sigma", 0.01), Inconclusive, "the amdahl law is not established: usl describes"},
		{"five blocks", usl, upTo16, 5, scalingClaim(law.USL, "peak", 1.5), Inconclusive, "5 of the 6 blocks"},
		{"one block", usl, upTo16, 1, scalingClaim(law.USL, "peak", 1.5), Inconclusive, "1 of the 6 blocks"},
		{"lack of fit", kinked, upTo16, 20, scalingClaim(law.USL, "sigma", 1e-9), Inconclusive, "lack of fit"},
	} {
		v := curved(test.shape, test.workers, test.blocks, test.claim)[0]
		if v.Verdict != test.verdict || !strings.Contains(v.Reason, test.reason) || (v.Verdict == Inconclusive) != (v.Reason != "") {
			t.Errorf("%s: %s, %q; want %s, %q", test.name, v.Verdict, v.Reason, test.verdict, test.reason)
		}
	}
}

func TestDoubtAboutTheChoice(t *testing.T) {
	clear := law.Choice{Fits: []law.Fitted{{Asked: law.USL, Curve: law.Curve{Law: law.USL}}}, Clear: true}
	one := law.Fitted{Asked: law.USL, Curve: law.Curve{Law: law.USL, Sigma: 0.1, Kappa: 0.01}, MaxN: 64, LackOfFit: 0.5}
	for _, test := range []struct {
		change func(*Fit, *law.Fitted)
		want   string
	}{
		{func(*Fit, *law.Fitted) {}, ""},
		{func(f *Fit, _ *law.Fitted) {
			f.Choice.Clear, f.Choice.Says = false, "cannot distinguish usl from amdahl"
		}, "the usl law is not established: cannot distinguish usl from amdahl"},
		{func(_ *Fit, one *law.Fitted) { one.AICc, one.Trials = math.Inf(1), 5 }, "5 trials are too few to compare laws by AICc"},
		{func(f *Fit, one *law.Fitted) { one.MaxN, f.Options.CPUs = 4, 8 }, "the peak at 9.49 workers lies beyond the 4 measured and the 8 CPUs present: an extrapolation"},
		{func(_ *Fit, one *law.Fitted) { one.LackOfFit = 0.009 }, "the usl curve misses the trials by more than they scatter (lack of fit, p = 0.009)"},
		{func(_ *Fit, one *law.Fitted) { one.LackOfFit = math.NaN() }, ""}, // no replicates: too few blocks already
	} {
		f, fit := Fit{Choice: clear}, one
		test.change(&f, &fit)
		if got := f.doubt(&fit, "n_star", 6); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestTheLevelUsedIsTold: with several claims the interval is wider than 95 %.
func TestTheLevelUsedIsTold(t *testing.T) {
	claim := scalingClaim(law.USL, "peak", 2.87) // what the curve reaches
	alone := curved(usl, upTo16, 20, claim)[0]
	many := curved(usl, upTo16, 20, claim, claim, claim, claim, claim)[0]
	if want := "the 95 % interval contains the bound"; alone.Reason != want {
		t.Errorf("alone: %q, want %q", alone.Reason, want)
	}
	if want := "the 99 % interval contains the bound"; many.Reason != want {
		t.Errorf("of five: %q, want %q", many.Reason, want)
	}
	if got := many.Parts[0].Primary.Complaints; !strings.Contains(got, "judged by the 99 % interval, for 5 claims") {
		t.Errorf("complaints %q", got)
	}
}
