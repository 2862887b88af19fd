package stat

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
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
