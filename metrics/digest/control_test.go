package digest

import (
	"math"
	"math/rand/v2"
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

func TestControlsThatThePlanPromises(t *testing.T) {
	w := controlled()
	w.cells = w.cells[:2]
	want := []Gate{}
	for _, name := range []string{"aa", "positive", "canary"} {
		want = append(want, Gate{name, false, "the plan has this control, but none of its trials has a row"})
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
		name    string
		cpus    int
		change  func(*record.Trial)
		want    []string
		invalid bool
	}{
		{"nothing known", 4, func(*record.Trial) {}, nil, false},
		{"steal", 4, func(t *record.Trial) { t.StealS = 0.2 }, []string{"steal 10 %"}, false},
		{"steal below 5 %", 4, func(t *record.Trial) { t.StealS = 0.1 }, nil, false},
		{"one tick of the clock", 4, func(t *record.Trial) { t.WallS, t.StealS, t.ForeignCPUS = 0.01, 0.02, 0.02 }, nil, false},
		{"foreign, beside the trial", 4, func(t *record.Trial) { t.ForeignCPUS = 1.9 }, nil, false},
		{"foreign, in its place", 4, func(t *record.Trial) { t.ForeignCPUS = 2.4 }, []string{"foreign CPU 20 %"}, false},
		{"robbed", 4, func(t *record.Trial) { t.ForeignCPUS = 3 }, []string{"foreign CPU 50 %"}, true},
		{"robbed, for all we know", 0, func(t *record.Trial) { t.ForeignCPUS = 3 }, []string{"foreign CPU 150 %"}, false},
		{"throttled", 4, func(t *record.Trial) { t.ThrottledS = 0.06 }, []string{"throttled 6 %"}, true},
		{"swapped", 4, func(t *record.Trial) { t.SwapPages = 1000 }, []string{"swapping 10 %"}, true},
		{"a few pages", 4, func(t *record.Trial) { t.SwapPages = 10 }, nil, false},
		{"run delay", 4, func(t *record.Trial) { t.RunDelayS = 0.2 }, []string{"run delay 10 %"}, false},
		{"run delay of too many workers", 4, func(t *record.Trial) { t.RunDelayS, t.Workers = 0.9, 8 }, nil, false},
		{"pressure", 4, func(t *record.Trial) { t.PSIMemS, t.PSIIOS = 0.1, 0.2 }, []string{"memory pressure 10 %", "IO pressure 20 %"}, false},
		{"its own IO", 4, func(t *record.Trial) { t.PSIIOS, t.OutBlocks = 0.2, 7 }, nil, false},
		{"no time at all", 4, func(t *record.Trial) { t.WallS, t.StealS, t.ThrottledS = 0, 1, 1 }, nil, false},
	}
	for _, test := range tests {
		got, invalid := disturbances(&c, base(test.change), test.cpus)
		if diff := cmp.Diff(test.want, got); diff != "" || invalid != test.invalid {
			t.Errorf("%s: invalid %v, want %v; -want +got:\n%s", test.name, invalid, test.invalid, diff)
		}
	}
}

func TestInvalidTrialsAreInNoInference(t *testing.T) {
	w := controlled()
	w.cells, w.controls = w.cells[:2], experiments.Controls{}
	w.change = func(t *record.Trial, _ *rand.Rand) {
		if t.Block == 3 && t.Model == experiments.Processes {
			t.ThrottledS, t.WallS = t.WallS, 10*t.WallS
		}
	}
	d := w.digest(1)
	c := d.Comparisons()[0]
	if c.N != 19 || c.Invalid != 1 || c.LostLeft != 1 || c.LostRight != 0 {
		t.Errorf("%d pairs, %d invalid, lost %d and %d; want 19, 1, 1, 0", c.N, c.Invalid, c.LostLeft, c.LostRight)
	}
	if n := len(d.Cells[1].Values["wall_s"]); n != 20 {
		t.Errorf("the summary has %d values, want all 20", n)
	}
	want := Noise{Trial: 6, Block: 3, Cell: "processes-2", Causes: []string{"throttled 10 %"}, Invalid: true}
	if diff := cmp.Diff([]Noise{want}, d.Noise); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if noisy, invalid := d.IsNoisy(6); !noisy || !invalid {
		t.Error("trial 6 is not marked")
	}
}

// What others do to its CPUs leaves a trial's memory as it is; swapping does
// not.
func TestMemoryOutlivesForeignCPU(t *testing.T) {
	d := &Digest{}
	d.invalid.Add(1)
	d.invalid.Add(2)
	d.swapped.Add(2)
	c := &Cell{Trials: []int{1, 2, 3}, Blocks: []int{1, 2, 3}, Values: map[string][]float64{"wall_s": {1, 2, 3}, "mem_high_B": {4, 5, 6}}}
	for metric, want := range map[string][]float64{"wall_s": {3}, "mem_high_B": {4, 6}} {
		if diff := cmp.Diff(want, d.arm(c, metric).values); diff != "" {
			t.Errorf("%s: -want +got:\n%s", metric, diff)
		}
	}
}
