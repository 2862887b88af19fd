package digest

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

// controlled is a run with all controls, in which processes are 25 % faster.
func controlled() world {
	reference := cell(experiments.Goroutines, 2)
	aa, positive, canary := reference, reference, cell(experiments.Sequential, 1)
	aa.ID, aa.Control = "aa", experiments.ControlAA
	positive.ID, positive.Control, positive.Extra = "positive", experiments.ControlPositive, 0.1
	canary.ID, canary.Control, canary.Workload, canary.Label = "canary", experiments.ControlCanary, "spin", "canary"
	return world{cells: []experiments.Cell{reference, cell(experiments.Processes, 2), aa, positive, canary}, blocks: 20, noise: 0.005,
		claims:   []experiments.Claim{compares("c", "processes", "goroutines")},
		controls: experiments.Controls{AA: true, Positive: true, Canary: true},
		wall: func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
			if c.Model == experiments.Processes {
				return 0.4
			}
			return 0.5
		}}
}

// A run that ended before its first trial has no axes to misspell.
func TestClaimOfAnEmptyRun(t *testing.T) {
	_, reason := (&Digest{}).chosen(experiments.Claim{Where: map[string][]string{"cores": {"2"}}})
	if reason != "no trial of the run has a row" {
		t.Errorf("got %q", reason)
	}
}

func TestControls(t *testing.T) {
	of := func(role string, change func(*record.Trial)) func(*record.Trial, *rand.Rand) {
		return func(t *record.Trial, r *rand.Rand) {
			if t.Control == experiments.ControlCanary {
				t.WallS = 0.1 * math.Exp(0.01*r.NormFloat64()) // it shares no block's disturbance
			}
			if t.Control == role {
				change(t)
			}
		}
	}
	tests := []struct {
		name   string
		change func(*record.Trial, *rand.Rand)
		broken string // the gate, or nothing
		says   string
	}{
		{"all hold", of("none", nil), "", ""},
		{"A/A beyond the margin", of("aa", func(t *record.Trial) { t.WallS *= 1.1 }), "aa", "beyond the margin, though nothing differs"},
		{"A/A within it, but no chance", of("aa", func(t *record.Trial) { t.WallS *= 1.02 }), "aa", "though nothing differs"},
		{"A/A has no trial", of("aa", func(t *record.Trial) { t.Status = record.Crashed }), "aa", "no value on the left side"},
		{"A/A on too few blocks", of("aa", func(t *record.Trial) {
			if t.Block > 5 {
				t.Status = record.Crashed
			}
		}), "aa", "from 5 of at least 6 blocks"},
		{"10 % not seen", of("positive", func(t *record.Trial) { t.WallS /= 1.1 }), "positive", "not detected"},
		{"10 % faster", of("positive", func(t *record.Trial) { t.WallS /= 1.3 }), "positive", "not detected"},
		{"far more than 10 %", of("positive", func(t *record.Trial) { t.WallS *= 1.8 }), "positive", "above 1.21, too much for the work"},
		{"3 % for 10 % of work", of("positive", func(t *record.Trial) { t.WallS *= 1.03 / 1.1 }), "positive", "below 1.05, too little for the work"},
		{"canary steps at the end", of("canary", func(t *record.Trial) {
			if t.Block > 17 {
				t.WallS *= 2
			}
		}), "canary", "the canary's time"},
		{"canary steps beside an outlier", of("canary", func(t *record.Trial) {
			switch {
			case t.Block == 9:
				t.WallS *= 5
			case t.Block > 9 && t.Block < 14:
				t.WallS *= 1.2
			}
		}), "canary", "changed by"},
		{"canary too short", of("canary", func(t *record.Trial) {
			if t.Block > 7 {
				t.Status = record.Crashed
			}
		}), "canary", "7 trials of the canary: to tell a trend or a step needs 8"},
		{"canary drifts", of("canary", func(t *record.Trial) { t.WallS *= 1 + 0.01*float64(t.Block) }), "canary", "moved by"},
		{"canary steps", of("canary", func(t *record.Trial) {
			if t.Block > 12 {
				t.WallS *= 1.2
			}
		}), "canary", "the canary's time"},
		{"noise", func(t *record.Trial, r *rand.Rand) {
			of("none", nil)(t, r)
			if t.Block <= 6 {
				t.StealS = 0.1 * t.WallS * float64(t.Cores)
			}
		}, "noise", "12 of 40 trials disturbed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := controlled()
			w.change = test.change
			d := w.digest(3)
			if len(d.Cells) != 2 || len(d.Controls) != 3 {
				t.Fatalf("%d cells and %d controls, want 2 and 3", len(d.Cells), len(d.Controls))
			}
			for _, g := range d.Gates {
				if g.Passed != (g.Name != test.broken) {
					t.Errorf("gate %s: passed %v, %s", g.Name, g.Passed, g.Detail)
				}
				if g.Name == test.broken && !strings.Contains(g.Detail, test.says) {
					t.Errorf("gate %s says %q, want %q in it", g.Name, g.Detail, test.says)
				}
			}
			v := d.Verdicts()[0]
			if test.broken == "" {
				if v.Verdict != Supported || v.Broken != "" {
					t.Errorf("%s (%s, %s), want supported", v.Verdict, v.Reason, v.Broken)
				}
				return
			}
			if v.Verdict != Inconclusive || !strings.Contains(v.Reason, "gate "+test.broken+" broken") || v.Broken == "" || v.Trials != 0 {
				t.Errorf("%s, reason %q, gates %q, %d trials", v.Verdict, v.Reason, v.Broken, v.Trials)
			}
			if !strings.Contains(strings.Join(d.Warnings, "\n"), "gate "+test.broken+" broken") {
				t.Errorf("no warning of it: %q", d.Warnings)
			}
		})
	}
}

// TestCoarseControls wants what a control could not have told from nothing to be asked of every verdict besides its margin:
// a large effect stands, a small one does not, and nothing is found equivalent.
func TestCoarseControls(t *testing.T) {
	wide := func(role string, by float64) func(*record.Trial, *rand.Rand) {
		return func(t *record.Trial, r *rand.Rand) {
			switch t.Control {
			case experiments.ControlCanary:
				t.WallS = 0.1 * math.Exp(0.01*r.NormFloat64())
			case role:
				t.WallS *= []float64{1 / by, by}[t.Block%2]
			}
		}
	}
	least := 1.2
	for _, test := range []struct {
		name    string
		role    string
		by      float64 // the control's scatter
		effect  float64
		atLeast *float64
		want    string
	}{
		{"a large effect stands", "aa", 1.4, 3, nil, Supported},
		{"on the other side, too", "aa", 1.4, 1 / 3.0, nil, Reversed},
		{"a small one may be hidden", "aa", 1.4, 1.1, nil, Inconclusive},
		{"nothing is equivalent", "aa", 1.4, 1, nil, Inconclusive},
		{"work that is not seen", "positive", 1.4, 3, nil, Supported},
		{"and a small effect", "positive", 1.4, 1.1, nil, Inconclusive},
		{"a bound far off", "aa", 1.4, 3, &least, Supported},
		{"a bound within reach", "aa", 1.4, 1.3, &least, Inconclusive},
		{"a bound that is missed by far", "aa", 1.4, 0.5, &least, Reversed},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := controlled()
			w.claims[0].AtLeast = test.atLeast
			w.wall = func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
				if c.Model == experiments.Processes {
					return 0.5 / test.effect
				}
				return 0.5
			}
			w.change = wide(test.role, test.by)
			d := w.digest(3)
			i := slices.IndexFunc(d.Gates, func(g Gate) bool { return g.Name == test.role })
			if g := d.Gates[i]; !g.Passed || !(g.Leeway > 1.05 && g.Leeway < 1.4) || !strings.Contains(g.Detail, "could hide: a verdict must hold beyond it") {
				t.Fatalf("%+v", g)
			}
			v := d.Verdicts()[0]
			if v.Verdict != test.want || v.Broken != "" || (v.P <= alpha) != (test.want != Inconclusive) {
				t.Errorf("%s (%s), p %g, want %s", v.Verdict, v.Reason, v.P, test.want)
			}
			if says := "that the controls leave open"; v.Verdict == Inconclusive && !strings.Contains(v.Reason, says) {
				t.Errorf("the reason is %q, want %q in it", v.Reason, says)
			}
			if !strings.Contains(strings.Join(d.Warnings, "\n"), "control "+test.role+" is coarse") {
				t.Errorf("no warning of it: %q", d.Warnings)
			}
			rows := d.ClaimTable().Rows
			if got := rows[0][len(rows[0])-1]; got == "" || got == "NaN" {
				t.Errorf("the row has the leeway %q", got)
			}
		})
	}
}

// TestControlsInTheClaimsMetric wants a claim on memory to be held against A/A in memory, and times against times.
func TestControlsInTheClaimsMetric(t *testing.T) {
	for _, test := range []struct {
		name   string
		wall   float64 // of the A/A control's trials, as a share
		memory float64
		metric string
		want   string
	}{
		{"times apart, memory alike", 1.3, 1, "mem_high_B", Supported},
		{"memory apart", 1, 1.3, "mem_high_B", Inconclusive},
		{"memory apart, times alike", 1, 1.3, "wall_s", Supported},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := controlled()
			w.claims[0].Metric = test.metric
			w.change = func(t *record.Trial, r *rand.Rand) {
				t.MemHighB = 1e6 * math.Exp(0.01*r.NormFloat64())
				switch {
				case t.Control == experiments.ControlCanary:
					t.WallS = 0.1 * math.Exp(0.01*r.NormFloat64())
				case t.Control == experiments.ControlAA:
					t.WallS, t.MemHighB = t.WallS*test.wall, t.MemHighB*test.memory
				case t.Model == experiments.Processes:
					t.MemHighB /= 2
				}
			}
			v := w.digest(3).Verdicts()[0]
			if v.Verdict != test.want || (v.Broken != "") != (test.want == Inconclusive) {
				t.Errorf("%s (%s), gates %q; want %s", v.Verdict, v.Reason, v.Broken, test.want)
			}
		})
	}
}

// TestControlsOfFixedTime wants A/A to look at the items where the time is
// given, for the times agree whatever happens.
func TestControlsOfFixedTime(t *testing.T) {
	for _, test := range []struct {
		items  float64 // of the second time, as a share
		passed bool
		says   string
	}{{1, true, ""}, {0.8, false, "beyond the margin"}, {math.NaN(), false, "no comparison in throughput_items_per_s"}} {
		w := controlled()
		w.cells, w.controls = w.cells[:3], experiments.Controls{AA: true}
		for i := range w.cells {
			w.cells[i].DurationS = 0.5
		}
		w.change = func(t *record.Trial, r *rand.Rand) {
			t.WallS = 0.5
			t.ItemsDone = 1e6 * math.Exp(0.01*r.NormFloat64())
			if t.Control == experiments.ControlAA {
				t.ItemsDone *= test.items
			}
		}
		g := w.digest(1).Gates[0]
		if g.Name != "aa" || g.Passed != test.passed || !strings.Contains(g.Detail, test.says) {
			t.Errorf("%g of the items: %+v, want %q in it", test.items, g, test.says)
		}
	}
}

func TestStepsOfLongSeries(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 1700)
	for i := range x {
		x[i] = math.Exp(0.02 * r.NormFloat64())
	}
	if step, at := largestStep(x); step != 0 {
		t.Errorf("noise has a step of %g at %d", step, at)
	}
	for i := 1000; i < len(x); i++ {
		x[i] *= 1.2
	}
	if step, at := largestStep(x); math.Abs(step-0.2) > 0.02 || at < 990 || at > 1010 {
		t.Errorf("a step of %g at %d, want 0.2 at 1000", step, at)
	}
}

func TestControlsThatThePlanPromises(t *testing.T) {
	w := controlled()
	w.cells = w.cells[:2]
	want := []Gate{}
	for _, name := range []string{"aa", "positive", "canary"} {
		want = append(want, Gate{Name: name, Detail: "the plan has this control, but none of its trials has a row"})
	}
	if diff := cmp.Diff(want, w.digest(1).Gates); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestControlsStayOutOfTables(t *testing.T) {
	w := controlled()
	dir := w.write(t, 1)
	d := load(t, dir)
	for _, table := range []Table{d.Summary(), d.ComparisonTable(), d.FitTable()} {
		for _, row := range table.Rows {
			for _, word := range []string{"aa", "positive", "canary"} {
				if strings.Contains(","+strings.Join(row, ",")+",", ","+word+",") {
					t.Errorf("%s shows the control %s: %v", table.Name, word, row)
				}
			}
		}
	}
	if n := len(d.Ratios("wall_s")); n != 1 {
		t.Errorf("%d ratios, want 1", n)
	}
}

// TestHonestGatesHold counts how often chance alone breaks a gate.
func TestHonestGatesHold(t *testing.T) {
	const runs = 100
	broken := 0
	for seed := range uint64(runs) {
		w := controlled()
		w.noise = 0.02
		w.change = func(t *record.Trial, r *rand.Rand) {
			if t.Control == experiments.ControlCanary {
				t.WallS = 0.1 * math.Exp(0.02*r.NormFloat64())
			}
		}
		if brokenGates(w.digest(seed).Gates) != "" {
			broken++
		}
	}
	if broken > 3 {
		t.Errorf("%d of %d honest runs have a broken gate", broken, runs)
	}
}

func TestDisturbances(t *testing.T) {
	base := func(change func(*record.Trial)) *record.Trial {
		row := record.NewTrial()
		row.Trial, row.Cores, row.Workers, row.WallS = 1, 2, 2, 1
		row.InBlocks, row.OutBlocks = 0, 0
		change(&row)
		return &row
	}
	c := cell(experiments.Goroutines, 2)
	tests := []struct {
		name   string
		cpus   int
		change func(*record.Trial)
		want   []string
	}{
		{"nothing known", 4, func(*record.Trial) {}, nil},
		{"steal", 4, func(t *record.Trial) { t.StealS = 0.2 }, []string{"steal 10 %"}},
		{"steal below 5 %", 4, func(t *record.Trial) { t.StealS = 0.1 }, nil},
		{"one tick of the clock", 4, func(t *record.Trial) { t.WallS, t.StealS, t.ForeignCPUS = 0.01, 0.02, 0.02 }, nil},
		{"foreign, beside the trial", 4, func(t *record.Trial) { t.ForeignCPUS = 1.9 }, nil},
		{"foreign, in its place", 4, func(t *record.Trial) { t.ForeignCPUS = 2.4 }, []string{"foreign CPU 20 %"}},
		{"robbed", 4, func(t *record.Trial) { t.ForeignCPUS = 3 }, []string{"foreign CPU 50 %"}},
		{"robbed, for all we know", 0, func(t *record.Trial) { t.ForeignCPUS = 3 }, []string{"foreign CPU 150 %"}},
		{"throttled", 4, func(t *record.Trial) { t.ThrottledS = 0.06 }, []string{"throttled 6 %"}},
		{"swapped", 4, func(t *record.Trial) { t.SwapPages = 1000 }, []string{"swapping 10 %"}},
		{"a few pages", 4, func(t *record.Trial) { t.SwapPages = 10 }, nil},
		{"run delay alone is the trial's own", 4, func(t *record.Trial) { t.RunDelayS = 0.9 }, nil},
		{"pressure", 4, func(t *record.Trial) { t.PSIMemS, t.PSIIOS = 0.1, 0.2 }, []string{"memory pressure 10 %", "IO pressure 20 %"}},
		{"its own IO", 4, func(t *record.Trial) { t.PSIIOS, t.OutBlocks = 0.2, 7 }, nil},
		{"no time at all", 4, func(t *record.Trial) { t.WallS, t.StealS, t.ThrottledS = 0, 1, 1 }, nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, disturbances(&c, base(test.change), test.cpus)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
	}
}

// TestNoiseChangesNoRatio throttles the trials of a fast and of a slow arm
// alike. That is more than 5 % of the fast ones' time alone, and must not
// change what they count.
func TestNoiseChangesNoRatio(t *testing.T) {
	quiet := controlled()
	quiet.cells, quiet.controls = quiet.cells[:2], experiments.Controls{}
	loud := quiet
	loud.change = func(t *record.Trial, _ *rand.Rand) {
		if t.Block <= 5 {
			t.ThrottledS = 0.0225
		}
	}
	a, b := quiet.digest(1), loud.digest(1)
	want, got := a.Comparisons()[0], b.Comparisons()[0]
	if got.Disturbed != 5 || len(b.Noise) != 5 || b.disturbed(&b.Cells[got.Left]) != 5 {
		t.Fatalf("%d trials disturbed, %d listed: %v; want the 5 of the fast arm", got.Disturbed, len(b.Noise), b.Noise)
	}
	if got.N != 20 || got.NLeft != 20 || got.NRight != 20 || got.Theta != want.Theta || got.Shift != want.Shift || got.Verdict != Supported {
		t.Errorf("%d pairs, %v, %s; without noise %d, %v, %s", got.N, got.Theta, got.Verdict, want.N, want.Theta, want.Verdict)
	}
	if n := b.Noise[0]; !b.IsNoisy(n.Trial) || b.IsNoisy(40) {
		t.Errorf("trial %d should be noisy, and 40 not", n.Trial)
	}
}

// TestNoisyArmDecidesNothing disturbs so much of one arm that its claims and
// comparisons decide nothing, though the run as a whole is quiet enough.
func TestNoisyArmDecidesNothing(t *testing.T) {
	most := 4.0
	for _, test := range []struct {
		name  string
		upTo  int // blocks whose processes trial is disturbed
		claim experiments.Claim
		want  string
	}{
		{"a quarter", 5, compares("c", "processes", "goroutines"), Supported},
		{"more", 6, compares("c", "processes", "goroutines"), Inconclusive},
		{"a bound, a quarter", 5, experiments.Claim{ID: "b", Kind: experiments.ClaimBound, Metric: "wall_s", AtMost: &most}, Supported},
		{"a bound, more", 6, experiments.Claim{ID: "b", Kind: experiments.ClaimBound, Metric: "wall_s", AtMost: &most}, Inconclusive},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := controlled()
			w.cells, w.controls, w.claims = w.cells[:2], experiments.Controls{}, []experiments.Claim{test.claim}
			w.change = func(t *record.Trial, _ *rand.Rand) {
				if t.Block <= test.upTo && t.Model == experiments.Processes {
					t.StealS = 0.2 * t.WallS * float64(t.Cores)
				}
			}
			d := w.digest(1)
			if broken := brokenGates(d.Gates); broken != "" {
				t.Fatal(broken)
			}
			v, c := d.Verdicts()[0], d.Comparisons()[0]
			if v.Verdict != test.want || c.Verdict != test.want {
				t.Errorf("the claim is %s (%s), the comparison %s (%s); want %s", v.Verdict, v.Reason, c.Verdict, c.Why, test.want)
			}
			if says := "6 of 20 trials of sieve, processes, 2 cores disturbed, for example trial 2: steal 20 %"; test.want == Inconclusive {
				if !strings.HasSuffix(v.Reason, says) || c.Why != says || v.Trials != 0 {
					t.Errorf("claim %q (%d trials), comparison %q; want %q", v.Reason, v.Trials, c.Why, says)
				}
			}
		})
	}
}

// TestLossesCountAgainstTheRun loses the same blocks of both sides: the better
// side is no measure of what was lost.
func TestLossesCountAgainstTheRun(t *testing.T) {
	w := controlled()
	w.cells, w.controls = w.cells[:2], experiments.Controls{}
	w.change = func(t *record.Trial, _ *rand.Rand) {
		if t.Block <= 4 || t.Block == 5 && t.Model == experiments.Processes {
			t.Status = record.Crashed
		}
	}
	want := "trials of comparisons were lost; what is left may be the easier part: 2 cells: " +
		"sieve, goroutines, 2 cores (4 of 20 blocks); sieve, processes, 2 cores (5 of 20 blocks)"
	if got := w.digest(1).Warnings; !slices.Contains(got, want) {
		t.Errorf("%q, want %q among them", got, want)
	}
}
