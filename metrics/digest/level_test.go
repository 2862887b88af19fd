package digest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// levels makes a run of three cells (processes and goroutines have answers) whose workload measures
// can_read, of which less is better, and spared_share, of which more is, and puts claims to it.
func levels(t *testing.T, trials int, value func(model, measure string, block int) float64, claims ...experiments.Claim) []Verdict {
	t.Helper()
	dir := fake{cells: threeCells(), trials: trials}.write(t)
	path := filepath.Join(dir, record.ManifestFile)
	m, err := record.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	m.Measures = []record.Measure{
		{Name: "can_read", Title: "read a secret", Doc: "of the test", Less: true, Merge: "max"},
		{Name: "spared_share", Title: "items spared", Doc: "of the test", Merge: "mean"},
	}
	m.Plan.Claims, m.Plan.Order = claims, "blocks"
	if err := record.WriteManifest(path, m); err != nil {
		t.Fatal(err)
	}
	text := "trial,measure,value\n"
	for _, c := range load(t, dir).Cells {
		for i, trial := range c.Trials {
			for _, of := range m.Measures {
				if v := value(c.Model, of.Name, c.Blocks[i]); !math.IsNaN(v) {
					text += fmt.Sprintf("%d,%s,%g\n", trial, of.Name, v)
				}
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, record.MeasuresFile), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	d := load(t, dir)
	if err := d.WriteDerived(dir); err != nil {
		t.Fatal(err)
	}
	return d.Verdicts()
}

func level(kind, metric string, change func(*experiments.Claim)) experiments.Claim {
	c := experiments.Claim{ID: "c", Says: "it is so", Kind: kind, Metric: metric}
	if kind == experiments.ClaimCompare {
		c.Axis, c.Left, c.Right = "model", experiments.Processes, experiments.Goroutines
	} else {
		c.Where = map[string][]string{"model": {experiments.Processes}}
	}
	if change != nil {
		change(&c)
	}
	return c
}

// isolated is 0 for processes and 1 for goroutines; spared is the other way round.
func isolated(model, measure string, _ int) float64 {
	if (model == experiments.Processes) == (measure == "can_read") {
		return 0
	}
	return 1
}

func TestLevelsAreJudged(t *testing.T) {
	most := func(v float64) func(*experiments.Claim) { return func(c *experiments.Claim) { c.AtMost = &v } }
	least := func(v float64) func(*experiments.Claim) { return func(c *experiments.Claim) { c.AtLeast = &v } }
	never := func(string, string, int) float64 { return math.NaN() }
	coin := func(_, _ string, block int) float64 { return float64(block % 2) }
	half := func(model, measure string, block int) float64 { // spared_share around 0.5 against 0.4
		return map[bool]float64{true: 0.5, false: 0.4}[model == experiments.Processes] + 0.01*float64(block%3)
	}
	const share, compare, bound = experiments.ClaimProportion, experiments.ClaimCompare, experiments.ClaimBound
	for _, test := range []struct {
		name    string
		trials  int
		value   func(model, measure string, block int) float64
		claim   experiments.Claim
		verdict string
		reason  string
	}{
		{"never read, few trials", 10, isolated, level(share, "can_read", most(0.05)), Inconclusive, "the 95 % interval contains the bound"},
		{"never read", 72, isolated, level(share, "can_read", most(0.05)), Supported, ""}, // 1 - 0.025^(1/72) = 0.0499
		{"never read, one trial less", 71, isolated, level(share, "can_read", most(0.05)), Inconclusive, "the 95 % interval contains the bound"},
		{"never read, claimed to be", 20, isolated, level(share, "can_read", least(0.5)), Reversed, ""},
		{"not testable", 20, never, level(share, "can_read", most(0.05)), NoData, "no trial has an answer: not testable here"},
		{"unknown probe", 6, isolated, level(share, "can_fly", most(0.05)), NoData, `unknown metric "can_fly"`},
		{"less can be read", 20, isolated, level(compare, "can_read", nil), Supported, ""},
		{"more can be read", 20, isolated, level(compare, "can_read", func(c *experiments.Claim) { c.Left, c.Right = c.Right, c.Left }), Reversed, ""},
		{"by half at least", 20, isolated, level(compare, "can_read", least(0.5)), Supported, ""},
		{"by 0.7 at least", 20, isolated, level(compare, "can_read", least(0.7)), Inconclusive, "the 95 % interval contains the bound"},
		{"too few for a difference", 4, isolated, level(compare, "can_read", least(0.5)), Inconclusive, "the 95 % interval contains the bound"},
		{"both sides alike", 200, coin, level(compare, "can_read", func(c *experiments.Claim) { c.Margin = 0.2 }), Equivalent, ""},
		{"one side has no answer", 20, func(model, measure string, block int) float64 {
			if model == experiments.Goroutines {
				return math.NaN()
			}
			return 0
		}, level(compare, "can_read", nil), NoData, "no value on the right side"},
		{"all are spared", 20, isolated, level(compare, "spared_share", nil), Supported, ""},
		{"all are spared, few blocks", 5, isolated, level(compare, "spared_share", nil), Inconclusive, "5 of the 6 blocks"},
		{"some more are spared", 20, half, level(compare, "spared_share", nil), Supported, ""},
		{"a tenth, within the margin", 20, half, level(compare, "spared_share", func(c *experiments.Claim) { c.Margin = 0.2 }), Equivalent, ""},
		{"spared, as a level", 20, half, level(bound, "spared_share", least(0.45)), Supported, ""},
		{"spared by none, as a level", 20, func(string, string, int) float64 { return 0 }, level(bound, "spared_share", least(0.45)), Reversed, ""},
	} {
		v := levels(t, test.trials, test.value, test.claim)[0]
		if v.Verdict != test.verdict || !strings.HasPrefix(v.Reason, test.reason) || test.reason == "" && v.Reason != "" {
			t.Errorf("%s: %s, %q; want %s, %q; %+v", test.name, v.Verdict, v.Reason, test.verdict, test.reason, v.Parts)
		}
	}
}

// The promised number of trials decides where the shares stay what they were.
func TestLevelsSayHowManyTrialsTheyTake(t *testing.T) {
	by := func(v float64) experiments.Claim {
		return level(experiments.ClaimCompare, "can_read", func(c *experiments.Claim) { c.AtLeast = &v })
	}
	n := levels(t, 6, isolated, by(0.7))[0].Trials
	if n < 20 || n > 60 {
		t.Fatalf("%d trials", n)
	}
	if v := levels(t, n, isolated, by(0.7))[0]; v.Verdict != Supported {
		t.Errorf("%d trials: %s, %s", n, v.Verdict, v.Reason)
	}
	if v := levels(t, n/2, isolated, by(0.7))[0]; v.Verdict != Inconclusive {
		t.Errorf("%d trials: %s", n/2, v.Verdict)
	}
}

// The interval of a difference covers the truth at least as often as it says, also where both
// sides of a block fall together, and is not wider than twice the plain normal one.
func TestDifferenceCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, truth := range [][2]float64{{0, 0}, {0.02, 0.02}, {0.5, 0.5}, {0.9, 0.3}, {1, 0}} {
		for _, together := range []bool{false, true} {
			const runs, n = 2000, 25
			covered, width := 0, 0.0
			for range runs {
				a, b := successes{n: n}, successes{n: n}
				for range n {
					u := r.Float64()
					if u < truth[0] {
						a.k++
					}
					if !together {
						u = r.Float64()
					}
					if u < truth[1] {
						b.k++
					}
				}
				k := differ(a, b, 0.05)
				if k.Lo95 > k.Lo90 || k.Lo90 > k.Estimate || k.Estimate > k.Hi90 || k.Hi90 > k.Hi95 {
					t.Fatalf("%v of %v: not nested: %+v", a, b, k)
				}
				width += (k.Hi95 - k.Lo95) / runs
				if d := truth[0] - truth[1]; k.Lo95 <= d && d <= k.Hi95 {
					covered++
				}
			}
			if share := float64(covered) / runs; share < 0.95 {
				t.Errorf("%v, together %v: covers %g", truth, together, share)
			}
			if plain := 2 * 1.96 * math.Sqrt(0.5/n); width > 2*plain {
				t.Errorf("%v: %g wide, the normal interval %g", truth, width, plain)
			}
		}
	}
}

func TestPOfDifferencesMatchesTheVerdict(t *testing.T) {
	bound := 0.4
	for _, target := range []Target{{Margin: 0.05, Difference: true}, {Margin: 0.5, Difference: true}, {AtLeast: &bound, Difference: true}, {AtMost: &bound, Difference: true}} {
		for k := range 21 {
			for j := range 21 {
				a, b := successes{k, 20}, successes{j, 20}
				p, decided := target.differenceP(a, b), target.judge(differ(a, b, 0.05)) != Inconclusive
				if decided != (p <= 0.05) {
					t.Errorf("%d and %d of 20: p = %g, decided: %v", k, j, p, decided)
				}
			}
		}
		for mean := -0.9; mean <= 0.9; mean += 0.013 {
			s := spread{mean: mean, se: 0.02, df: 9, sd: 0.02 * math.Sqrt(10), n: 10, paired: true}
			half := func(level float64) float64 { return s.se * student(9).Quantile(0.5+level/2) }
			r := Range{Lo95: mean - half(.95), Hi95: mean + half(.95), Lo90: mean - half(.9), Hi90: mean + half(.9)}
			if p := target.p(s); (target.judge(r) != Inconclusive) != (p <= 0.05) {
				t.Errorf("mean %g: %s with p = %g", mean, target.judge(r), p)
			}
		}
	}
}

// A broken gate says nothing of a probe, and forbids every other verdict.
func TestProbesNeedNoQuietMachine(t *testing.T) {
	d := &Digest{Gates: []Gate{{Name: "noise", Passed: false, Detail: "all disturbed"}}}
	for metric, want := range map[string]int{"can_read": 0, "spared_share": 0, "lost_items": 0, "ok": 1, "cpu_share": 1, "wall_s": 1} {
		if got := len(d.gatesOf(metric)); got != want {
			t.Errorf("%s takes %d gates, want %d", metric, got, want)
		}
	}
	d.Cells = []Cell{{Cell: experiments.Cell{DurationS: 1}, Values: map[string][]float64{"spared_share": {1}, "can_read": {1}}}}
	for metric, want := range map[string]int{"can_read": 0, "spared_share": 1} {
		if got := len(d.gatesOf(metric)); got != want {
			t.Errorf("%s of a server takes %d gates, want %d", metric, got, want)
		}
	}
	w := world{blocks: 80, noise: 0.01, cells: threeCells(), claims: []experiments.Claim{
		level(experiments.ClaimProportion, "ok", func(c *experiments.Claim) { c.AtLeast = at(0.5) }), compares("c", experiments.Processes, experiments.Goroutines)}}
	w.change = func(t *record.Trial, _ *rand.Rand) { t.StealS = t.WallS }
	for _, v := range w.digest(1).Verdicts() {
		if v.Verdict != Inconclusive || !strings.HasPrefix(v.Broken, "gate noise broken") {
			t.Errorf("%s: %s, %q", v.Claim.Metric, v.Verdict, v.Reason)
		}
	}
}
