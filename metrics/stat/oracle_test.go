package stat

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// oracle is one vector of testdata/oracles.json. Fields whose shape differs
// between vectors stay raw.
type oracle struct {
	ID           string
	X, A, B, C   []float64
	P, Y         json.RawMessage
	Costs        []float64 `json:"costs_high_to_low"`
	Margin       float64
	Tol          float64
	TolMC        float64         `json:"tol_mc"`
	Want         json.RawMessage // of the shape that the test of the id knows
	TopLevelOnly json.RawMessage `json:"toplevel_only"`
}

// elsewhere are the vectors that metrics/law tests.
var elsewhere = []string{"usl.", "nls.", "karpflatt."}

func oracles(t *testing.T) map[string]oracle {
	t.Helper()
	b, err := os.ReadFile("testdata/oracles.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []oracle
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	m := map[string]oracle{}
	for _, o := range list {
		m[o.ID] = o
	}
	return m
}

func (o oracle) decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", o.ID, err)
	}
}

// near compares to a relative tolerance, absolute below 1.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s = %.12g, want %.12g (tolerance %g)", what, got, want, tol)
	}
}

func ends(t *testing.T, what string, i Interval, want []float64, tol float64) {
	t.Helper()
	near(t, what+" lo", i.Lo, want[0], tol)
	near(t, what+" hi", i.Hi, want[1], tol)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestOracles runs every vector of the file: one that no test knows fails.
func TestOracles(t *testing.T) {
	all := oracles(t)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if slices.ContainsFunc(elsewhere, func(p string) bool { return strings.HasPrefix(id, p) }) {
			continue
		}
		t.Run(id, func(t *testing.T) {
			check, ok := oracleTests[id]
			if !ok {
				t.Fatal("no test knows this vector")
			}
			check(t, all[id])
		})
	}
	for id := range oracleTests {
		if _, ok := all[id]; !ok {
			t.Errorf("testdata has no vector %s", id)
		}
	}
}

var oracleTests = map[string]func(*testing.T, oracle){
	"summary.A":                     checkSummary,
	"summary.B":                     checkSummary,
	"ratio.welch_log":               checkRatio(WelchRatio),
	"ratio.paired_log_t":            checkRatio(PairedRatio),
	"ratio.paired_HL_signedrank":    checkSignedRank,
	"ratio.signflip_exact":          checkSignFlip,
	"ratio.fieller_means":           checkFieller,
	"mw.AB":                         checkMannWhitney,
	"mw.ties_exact_perm":            checkMannWhitneyTies,
	"padjust.bh1995":                checkAdjust,
	"kj.variance_components_3level": checkComponents,
	"kj.optimalreps":                checkOptimalReps,
	"boot.exact.mean5":              checkBootMean,
	"boot.exact.hierarchical":       checkBootGroups,
	"boot.bca.spatialA":             checkBootSpatial,
	"median.orderstat_ci95":         checkMedianRanks,
	"tost.paired":                   checkTOST,
	"drift.A":                       checkDrift,
	"drift.Nile":                    checkNile,
	"changepoint.Nile":              checkNileSplits,
	"warmup.W":                      checkWarmup,
	"power":                         checkPower,
	"co.stall":                      checkOmission,
	"binom.cp":                      checkBinomial,
}

func checkSummary(t *testing.T, o oracle) {
	var want map[string]float64
	o.decode(t, o.Want, &want)
	s := must[Summary](t)(Summarize(o.X))
	g := must[float64](t)(GeoMean(o.X))
	got := map[string]float64{
		"mean": s.Mean, "sd": s.SD, "median": s.Median, "mad": s.MAD, "mad_raw": s.MAD / 1.4826,
		"q25_type7": s.P25, "q75_type7": s.P75, "geomean": g,
	}
	for k, v := range want {
		near(t, k, got[k], v, o.Tol)
	}
}

func checkRatio(estimate func(a, b []float64, level float64) (Effect, error)) func(*testing.T, oracle) {
	return func(t *testing.T, o oracle) {
		var want struct {
			Ratio      float64
			CI95, CI90 []float64
			T, DF, P   float64
		}
		o.decode(t, o.Want, &want)
		e := must[Effect](t)(estimate(o.A, o.B, 0.95))
		near(t, "ratio", e.Estimate, want.Ratio, o.Tol)
		near(t, "p", e.P, want.P, o.Tol)
		ends(t, "95 %", e.Interval, want.CI95, o.Tol)
		ends(t, "90 %", must[Effect](t)(estimate(o.A, o.B, 0.90)).Interval, want.CI90, o.Tol)
		if want.T != 0 {
			near(t, "t", e.Stat, want.T, o.Tol)
			near(t, "df", e.DF, want.DF, o.Tol)
		}
	}
}

func checkSignedRank(t *testing.T, o oracle) {
	var want struct {
		V, P, HL float64
		CI95     []float64
		K        int `json:"walsh_k"`
		Achieved float64
	}
	o.decode(t, o.Want, &want)
	e := must[Effect](t)(SignedRankRatio(o.A, o.B, 0.95))
	near(t, "V", e.Stat, want.V, o.Tol)
	near(t, "p", e.P, want.P, o.Tol)
	near(t, "pseudo-median", e.Estimate, want.HL, o.Tol)
	near(t, "achieved", e.Achieved, want.Achieved, o.Tol)
	ends(t, "95 %", e.Interval, want.CI95, o.Tol)
	if k, _ := signedRankK(len(o.A), 0.95); k != want.K {
		t.Errorf("rank of the Walsh average: %d, want %d", k, want.K)
	}
}

func checkSignFlip(t *testing.T, o oracle) {
	var want struct{ P float64 }
	o.decode(t, o.Want, &want)
	d := must[[]float64](t)(LogRatios(o.A, o.B))
	near(t, "p", must[Test](t)(SignFlip(d, 1)).P, want.P, o.Tol)
}

func checkFieller(t *testing.T, o oracle) {
	var want struct {
		Ratio      float64
		CI95, CI90 []float64
	}
	o.decode(t, o.Want, &want)
	i := must[Interval](t)(Fieller(o.A, o.B, 0.95))
	near(t, "ratio", i.Estimate, want.Ratio, o.Tol)
	ends(t, "95 %", i, want.CI95, o.Tol)
	ends(t, "90 %", must[Interval](t)(Fieller(o.A, o.B, 0.90)), want.CI90, o.Tol)
}

func checkMannWhitney(t *testing.T, o oracle) {
	var want struct {
		U, A12, Cliff float64
		P             float64   `json:"p_exact"`
		PNormal       float64   `json:"p_norm_cc"`
		Shift         float64   `json:"hl_shift"`
		CI            []float64 `json:"ci95"`
		Ratio         float64   `json:"hl_ratio"`
		RatioCI       []float64 `json:"ci95_ratio"`
	}
	o.decode(t, o.Want, &want)
	e := must[Effect](t)(MannWhitney(o.A, o.B, 0.95))
	near(t, "U", e.Stat, want.U, o.Tol)
	near(t, "p", e.P, want.P, o.Tol)
	near(t, "p by the normal approximation", normalTwoSided(e.Stat-50, 10*10*21./12), want.PNormal, o.Tol)
	near(t, "shift", e.Estimate, want.Shift, o.Tol)
	ends(t, "shift", e.Interval, want.CI, o.Tol)
	r := must[Effect](t)(MannWhitneyRatio(o.A, o.B, 0.95))
	near(t, "ratio", r.Estimate, want.Ratio, o.Tol)
	ends(t, "ratio", r.Interval, want.RatioCI, o.Tol)
	near(t, "A12", must[float64](t)(A12(o.A, o.B)), want.A12, o.Tol)
	near(t, "Cliff", must[float64](t)(Cliff(o.A, o.B)), want.Cliff, o.Tol)
}

func checkMannWhitneyTies(t *testing.T, o oracle) {
	var want struct {
		U   float64
		P   float64 `json:"p_doubled_tail"`
		Far float64 `json:"p_absdev"`
	}
	o.decode(t, o.Want, &want)
	e := must[Effect](t)(MannWhitney(o.A, o.B, 0.95))
	near(t, "U", e.Stat, want.U, 0)
	near(t, "p", e.P, want.P, 1e-12)
	_, _, far := mannWhitneyTest(o.A, o.B)
	near(t, "p by distance", far, want.Far, 1e-12)
}

func checkAdjust(t *testing.T, o oracle) {
	var p []float64
	o.decode(t, o.P, &p)
	var want struct {
		Holm, BH  []float64
		Rejects05 struct{ Holm, BH, Bonferroni int }
	}
	o.decode(t, o.Want, &want)
	holm := must[[]float64](t)(Holm(p))
	bh := must[[]float64](t)(BenjaminiHochberg(p))
	var nHolm, nBH, nBonferroni int
	for i := range p {
		near(t, "Holm", holm[i], want.Holm[i], o.Tol)
		near(t, "BH", bh[i], want.BH[i], o.Tol)
		nHolm += count(holm[i] <= 0.05)
		nBH += count(bh[i] <= 0.05)
		nBonferroni += count(p[i]*float64(len(p)) <= 0.05)
	}
	if nHolm != want.Rejects05.Holm || nBH != want.Rejects05.BH || nBonferroni != want.Rejects05.Bonferroni {
		t.Errorf("rejected %d, %d, %d; want %+v", nHolm, nBH, nBonferroni, want.Rejects05)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func checkComponents(t *testing.T, o oracle) {
	var y [][][]float64
	o.decode(t, o.Y, &y)
	var want struct {
		Mean   float64
		S2, T2 []float64
	}
	o.decode(t, o.Want, &want)
	c := must[Components](t)(VarianceComponents(Nest3(y)))
	near(t, "mean", c.Mean, want.Mean, o.Tol)
	for i := range want.S2 {
		near(t, "S2", c.S2[i], want.S2[i], o.Tol)
		near(t, "T2", c.T2[i], want.T2[i], o.Tol)
	}
	if len(c.Warnings) != 1 { // T2[1] is below 0
		t.Errorf("warnings %q, want one", c.Warnings)
	}
}

func checkOptimalReps(t *testing.T, o oracle) {
	var y [][][]float64
	o.decode(t, o.Y, &y)
	var want struct {
		T2, Reps []float64
		Ceil     []int `json:"reps_ceil"`
	}
	o.decode(t, o.Want, &want)
	c := must[Components](t)(VarianceComponents(Nest3(y)))
	slices.Reverse(o.Costs)
	reps := must[[]float64](t)(c.OptimalReps(o.Costs))
	for i, v := range want.T2 {
		near(t, "T2", c.T2[i], v, o.Tol)
	}
	for i, v := range want.Reps {
		near(t, "repetitions", reps[i], v, o.Tol)
		if got := int(math.Ceil(reps[i])); got != want.Ceil[i] {
			t.Errorf("repetitions rounded up: %d, want %d", got, want.Ceil[i])
		}
	}
}

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
