package stat

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The checks of [oracleTests] for resampling, series, planning and counts.

func mean(x []float64) float64 { m, _ := meanSD(x); return m }

func checkBootMean(t *testing.T, o oracle) {
	var want struct {
		Theta, SE, Z0, A float64
		Pct95, BCa95     []float64
	}
	o.decode(t, o.Want, &want)
	sum := func(x []float64) (s float64) { // exact for these whole numbers
		for _, v := range x {
			s += v
		}
		return s / float64(len(x))
	}
	r := must[*Replicates](t)(Bootstrap(o.X, sum, Resampling{Exhaustive: true}))
	if len(r.Values) != 3125 {
		t.Errorf("%d resamples, want 3125", len(r.Values))
	}
	near(t, "theta", r.Theta, want.Theta, 1e-12)
	near(t, "se", r.SE(), want.SE, 1e-12)
	near(t, "z0", r.Bias(), want.Z0, 1e-9)
	near(t, "a", r.Acceleration(), want.A, 1e-9)
	ends(t, "percentile", must[Interval](t)(r.Percentile(0.95)), want.Pct95, 1e-9)
	ends(t, "BCa", must[Interval](t)(r.BCa(0.95)), want.BCa95, 1e-9)
}

func checkBootGroups(t *testing.T, o oracle) {
	var y [][]float64
	o.decode(t, o.Y, &y)
	var want struct {
		Mean, SE     float64
		Pct95, Pct90 []float64
	}
	o.decode(t, o.Want, &want)
	r := must[*Replicates](t)(BootstrapGroups(y, mean, Resampling{Exhaustive: true}))
	if len(r.Values) != 1728 {
		t.Errorf("%d resamples, want 1728", len(r.Values))
	}
	near(t, "mean", r.Theta, want.Mean, 1e-12)
	near(t, "se", r.SE(), want.SE, 1e-12)
	ends(t, "95 %", must[Interval](t)(r.Percentile(0.95)), want.Pct95, 1e-9)
	ends(t, "90 %", must[Interval](t)(r.Percentile(0.90)), want.Pct90, 1e-9)

	var groups []float64 // the means of the groups alone
	for _, g := range y {
		groups = append(groups, mean(g))
	}
	o.decode(t, o.TopLevelOnly, &want)
	r = must[*Replicates](t)(Bootstrap(groups, mean, Resampling{Exhaustive: true}))
	near(t, "se of the top level", r.SE(), want.SE, 1e-12)
	ends(t, "top level", must[Interval](t)(r.Percentile(0.95)), want.Pct95, 1e-9)
}

func checkBootSpatial(t *testing.T, o oracle) {
	var want struct {
		Theta, A   float64
		Recomputed struct {
			Z0           float64
			BCa90, Pct90 []float64
		} `json:"recomputed_B1e6"`
	}
	o.decode(t, o.Want, &want)
	variance := func(x []float64) float64 { return squares(x, mean(x)) / float64(len(x)) }
	r := must[*Replicates](t)(Bootstrap(o.X, variance, Resampling{Count: 100_000, Seed: 1}))
	near(t, "theta", r.Theta, want.Theta, 1e-9)
	near(t, "a", r.Acceleration(), want.A, 1e-9)
	near(t, "z0", r.Bias(), want.Recomputed.Z0, 0.02)
	mc := func(what string, i Interval, want []float64) {
		t.Helper()
		if math.Abs(i.Lo-want[0]) > o.TolMC || math.Abs(i.Hi-want[1]) > o.TolMC {
			t.Errorf("%s [%g, %g], want %v to %g", what, i.Lo, i.Hi, want, o.TolMC)
		}
	}
	mc("percentile", must[Interval](t)(r.Percentile(0.90)), want.Recomputed.Pct90)
	mc("BCa", must[Interval](t)(r.BCa(0.90)), want.Recomputed.BCa90)
}

func checkMedianRanks(t *testing.T, o oracle) {
	var want map[string][]float64
	o.decode(t, o.Want, &want)
	for key, w := range want {
		n, err := strconv.Atoi(key)
		if err != nil {
			t.Fatal(err)
		}
		lo, hi, achieved := MedianRanks(n, 0.95)
		if w == nil {
			w = []float64{0, 0, 0}
		}
		if float64(lo) != w[0] || float64(hi) != w[1] {
			t.Errorf("n = %d: ranks %d and %d, want %v", n, lo, hi, w)
		}
		near(t, "coverage at n = "+key, achieved, w[2], 1e-9)
	}
}

func checkTOST(t *testing.T, o oracle) {
	var want struct {
		Ratio   float64
		CI90    []float64
		PLower  float64 `json:"p_lower"`
		PUpper  float64 `json:"p_upper"`
		P       float64
		Verdict string
	}
	o.decode(t, o.Want, &want)
	d := must[[]float64](t)(LogRatios(o.A, o.C))
	m := math.Log1p(o.Margin)
	q := must[Equivalence](t)(TOST(d, -m, m, 0.05))
	near(t, "ratio", math.Exp(q.Estimate), want.Ratio, o.Tol)
	ends(t, "90 %", q.Interval.Exp(), want.CI90, o.Tol)
	near(t, "p lower", q.PLower, want.PLower, o.Tol)
	near(t, "p upper", q.PUpper, want.PUpper, o.Tol)
	near(t, "p", q.P, want.P, o.Tol)
	if q.Equivalent != (want.Verdict == "equivalent") {
		t.Errorf("equivalent: %v, want %s", q.Equivalent, want.Verdict)
	}
}

type driftWant struct {
	TheilSen, S, VarS, Z float64
	P                    float64 `json:"p_mk"`
	R1, LjungBox1, Neff  float64
}

func checkDrift(t *testing.T, o oracle) {
	var want driftWant
	o.decode(t, o.Want, &want)
	mk := must[Test](t)(MannKendall(o.X))
	near(t, "slope", must[Interval](t)(TheilSen(nil, o.X, 0.95)).Estimate, want.TheilSen, o.Tol)
	near(t, "S", mk.Stat, want.S, o.Tol)
	near(t, "variance", kendallVariance(o.X), want.VarS, o.Tol)
	near(t, "z", (mk.Stat-1)/math.Sqrt(kendallVariance(o.X)), want.Z, o.Tol)
	near(t, "p", mk.P, want.P, o.Tol)
}

func nile(t *testing.T) (x []float64) {
	t.Helper()
	b, err := os.ReadFile("testdata/nile.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, numbers, _ := strings.Cut(string(b), "\n")
	for _, f := range strings.Fields(numbers) {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, v)
	}
	return x
}

func checkNile(t *testing.T, o oracle) {
	var want driftWant
	o.decode(t, o.Want, &want)
	x := nile(t)
	mk := must[Test](t)(MannKendall(x))
	near(t, "slope", must[Interval](t)(TheilSen(nil, x, 0.95)).Estimate, want.TheilSen, 1e-9)
	near(t, "S", mk.Stat, want.S, 0)
	near(t, "variance", kendallVariance(x), want.VarS, 1e-9)
	near(t, "p", mk.P, want.P, 1e-12)
	near(t, "r1", must[float64](t)(Autocorrelation(x, 1)), want.R1, 1e-9)
	near(t, "Ljung-Box", must[Test](t)(LjungBox(x, 1)).Stat, want.LjungBox1, 1e-9)
	near(t, "effective n", must[float64](t)(EffectiveN(x)), want.Neff, 1e-6)
}

func checkNileSplits(t *testing.T, o oracle) {
	var want struct {
		CPs        []int
		RSS0, RSS1 float64
		BIC        []float64
	}
	o.decode(t, o.Want, &want)
	x := nile(t)
	s := must[[]Split](t)(Splits(x, len(want.BIC)-1, 15))
	near(t, "RSS without change", s[0].RSS, want.RSS0, 1e-9)
	near(t, "RSS with one", s[1].RSS, want.RSS1, 1e-9)
	best := 0
	for i, w := range want.BIC {
		near(t, "BIC", s[i].BIC, w, 1e-7)
		if s[i].BIC < s[best].BIC {
			best = i
		}
	}
	if !slices.Equal(s[best].Changes, want.CPs) {
		t.Errorf("changes by BIC at %v, want %v", s[best].Changes, want.CPs)
	}
	if got := must[[]int](t)(ChangePoints(x, 3)); !slices.Equal(got, want.CPs) {
		t.Errorf("changes by penalty at %v, want %v", got, want.CPs)
	}
}

func checkWarmup(t *testing.T, o oracle) {
	var want struct {
		D       int     `json:"mser_d"`
		Value   float64 `json:"mser_value"`
		Changes []int   `json:"optpart_pen3_cps"`
		Sigma   float64 `json:"sigma_diffmad"`
	}
	o.decode(t, o.Want, &want)
	d, value, err := MSER(o.X)
	if d != want.D || err != nil {
		t.Errorf("warm-up of %d (%v), want %d", d, err, want.D)
	}
	near(t, "MSER", value, want.Value, 1e-11)
	near(t, "sigma", DiffSigma(o.X), want.Sigma, 1e-8)
	if got := must[[]int](t)(ChangePoints(o.X, 3)); !slices.Equal(got, want.Changes) {
		t.Errorf("changes at %v, want %v", got, want.Changes)
	}
}

func checkPower(t *testing.T, o oracle) {
	var want struct {
		Power float64 `json:"n20_d1_sd1"`
		N     float64 `json:"n_for_90"`
	}
	o.decode(t, o.Want, &want)
	var d Design
	near(t, "power", must[float64](t)(d.Power(20, 1, 1)), want.Power, 1e-7)
	near(t, "n", must[float64](t)(d.Trials(1, 1, 0.9)), want.N, 1e-5)
	near(t, "least difference", must[float64](t)(d.MinDetectable(want.N, 1, 0.9)), 1, 1e-5)
}

func checkOmission(t *testing.T, o oracle) {
	type summary struct {
		N          int
		Mean       float64
		P50, P75   float64
		P99, P9999 float64
	}
	var want struct{ Raw, Corrected summary }
	o.decode(t, []byte(strings.ReplaceAll(string(o.Want), "p99_99", "p9999")), &want)
	raw := append(slices.Repeat([]float64{0.001}, 10_000), 100)
	check := func(what string, x []float64, w summary) {
		slices.Sort(x)
		if len(x) != w.N {
			t.Errorf("%s: %d latencies, want %d", what, len(x), w.N)
		}
		nearest := func(q float64) float64 { return x[int(math.Ceil(q*float64(len(x))-1e-9))-1] }
		near(t, what+" mean", mean(x), w.Mean, 1e-5)
		near(t, what+" p50", nearest(0.50), w.P50, 1e-9)
		near(t, what+" p99", nearest(0.99), w.P99, 1e-9)
		if w.P75 != 0 {
			near(t, what+" p75", nearest(0.75), w.P75, 1e-9)
			near(t, what+" p99.99", nearest(0.9999), w.P9999, 1e-9)
		}
	}
	check("raw", raw, want.Raw)
	check("corrected", must[[]float64](t)(CorrectOmission(raw, 0.01)), want.Corrected)
}

func checkBinomial(t *testing.T, o oracle) {
	var want map[string]json.RawMessage
	o.decode(t, o.Want, &want)
	for key, raw := range want {
		num, den, _ := strings.Cut(key, "/")
		k, err1 := strconv.Atoi(num)
		n, err2 := strconv.Atoi(den)
		if err1 != nil || err2 != nil {
			t.Fatalf("vector %q: need k/n", key)
		}
		i := must[Interval](t)(ClopperPearson(k, n, 0.95))
		var both []float64
		if k == 0 {
			both = []float64{0, 0}
			o.decode(t, raw, &both[1])
		} else {
			o.decode(t, raw, &both)
		}
		ends(t, key, i, both, 1e-7)
	}
}
