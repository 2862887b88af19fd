package runner

import (
	"math"
	"slices"
	"testing"
	"time"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

func TestDecide(t *testing.T) {
	rule := experiments.Adaptive{Min: 10, Max: 50, Step: 5, Precision: 0.02, BudgetS: 600}
	for _, c := range []struct {
		name           string
		done           int
		widths         []float64
		elapsed, block float64
		want           string
	}{
		{"precise, but before min", 9, []float64{0.001}, 10, 1, ""},
		{"precise at half of min, a multiple of step", 5, []float64{0.001}, 10, 1, ""},
		{"over the budget, but before min", 9, []float64{1}, 1e6, 1, ""},
		{"precise at min", 10, []float64{0.02, 0.001}, 10, 1, "precision 2 % reached after 10 blocks"},
		{"precise between two steps", 12, []float64{0.001}, 10, 1, ""},
		{"precise on a step", 15, []float64{0.001}, 10, 1, "precision 2 % reached after 15 blocks"},
		{"one ratio is not", 15, []float64{0.001, 0.0201}, 10, 1, ""},
		{"one block in common", 15, []float64{0.001, math.Inf(1)}, 10, 1, ""},
		{"nothing to compare", 15, nil, 10, 1, ""},
		{"never NaN", 15, []float64{math.NaN()}, 10, 1, ""},
		{"maximum", 50, []float64{1}, 10, 1, "maximum of 50 blocks"},
		{"maximum, and precise on a step", 50, []float64{0.001}, 10, 1, "precision 2 % reached after 50 blocks"},
		{"a block would just fit", 17, []float64{1}, 590, 10, ""},
		{"a block would not", 17, []float64{1}, 590.5, 10, "budget of 10 minutes, after 17 blocks"},
		{"precision before budget", 20, []float64{0.001}, 6000, 10, "precision 2 % reached after 20 blocks"},
	} {
		if got := decide(rule, c.done, c.widths, c.elapsed, c.block); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	rule.BudgetS, rule.Max, rule.Precision = 0, 12, 0.025
	if got := decide(rule, 11, []float64{1}, 1e9, 1e9); got != "" {
		t.Errorf("without a budget: %q", got)
	}
	if got := decide(rule, 12, []float64{0.001}, 1, 1); got != "maximum of 12 blocks" {
		t.Errorf("the maximum lies on no step: %q", got)
	}
	if got := decide(rule, 10, []float64{0.001}, 1, 1); got != "precision 2.5 % reached after 10 blocks" {
		t.Errorf("precision in words: %q", got)
	}
}

func TestInWords(t *testing.T) {
	for s, want := range map[float64]string{1: "1 second", 90: "90 seconds", 60: "1 minute", 600: "10 minutes", 3600: "1 hour", 7200: "2 hours", 1.5: "1.5 seconds"} {
		if got := inWords(s); got != want {
			t.Errorf("%v s is %q, want %q", s, got, want)
		}
	}
}

// The critical values are those of every t table: 12.706, 4.303, 2.262.
func TestHalfWidth(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want float64
	}{
		{[]float64{5}, math.Inf(1)},
		{[]float64{3, 3, 3}, 0},
		{[]float64{-1, 1}, 12.706},
		{[]float64{1, 2, 3}, 4.303 / math.Sqrt(3)},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 2.262 * math.Sqrt(55.0/6/10)},
	} {
		if got := halfWidth(c.v); math.Abs(got-c.want) > 1e-3 && got != c.want {
			t.Errorf("%v: got %v, want %v", c.v, got, c.want)
		}
	}
}

// Warm-ups and failures are no data; a failed trial costs its pair that block.
func TestPrecisionTakesWholeBlocks(t *testing.T) {
	w := &precision{pairs: []experiments.Pair{{Left: 0, Right: 1}, {Left: 2, Right: 1}, {Left: 3, Right: 1}}, logs: map[int]map[int]float64{0: {}, 1: {}, 2: {}, 3: {}}}
	add := func(cell, block int, wall float64, status string, warmup bool) {
		row := record.NewTrial()
		row.WallS, row.ItemsDone, row.Status = wall, 10, status
		w.add(experiments.Step{Cell: cell, Block: block, Warmup: warmup}, &row)
	}
	for cell := range 4 {
		add(cell, 1, 100, record.OK, true)
	}
	for block, wall := range []float64{1, 2, 4} {
		add(1, block+2, 1, record.OK, false)
		add(0, block+2, wall, record.OK, false)
		add(3, block+2, wall, record.Crashed, false)
	}
	add(4, 2, 1, record.OK, false) // of no pair
	add(2, 2, 3, record.OK, false)
	got := w.halfWidths()
	want := halfWidth([]float64{0, math.Log(2), math.Log(4)})
	if len(got) != 2 || math.Abs(got[0]-want) > 1e-12 || !math.IsInf(got[1], 1) {
		t.Errorf("got %v, want %v and +Inf", got, want)
	}
	add(0, 3, 2, record.Wrong, false) // replaces nothing
	if again := w.halfWidths(); !slices.Equal(got, again) {
		t.Errorf("a failed trial changed %v to %v", got, again)
	}
}

func TestPrimaryPairs(t *testing.T) {
	const head = `
question: Which ratios end a run?
workloads: [{use: sieve, items: 100}]
models: [sequential, goroutines, threads, processes]
cores: [1]
workers: [2]
`
	pairs := func(claims string) []experiments.Pair { return primary(campaignOf(t, head+claims).Plan) }
	all := []experiments.Pair{{Left: 2, Right: 1}, {Left: 3, Right: 1}}
	for claims, want := range map[string][]experiments.Pair{
		"": all,
		"claims: [{says: S., metric: cpu_work_s, compare: {threads: processes}}]\n":                                                                                      all,
		"claims: [{says: S., metric: wall_s, at_most: 5s}]\n":                                                                                                            all,
		"claims: [{says: S., metric: wall_s, compare: {threads: processes}}, {says: T., metric: throughput_items_per_s, compare: {threads: processes}}]\n":               {{Left: 2, Right: 3}},
		"controls: true\nclaims: [{says: S., metric: wall_s, compare: {threads: processes}, at_most: 2x}, {says: T., metric: wall_s, compare: {threads: sequential}}]\n": {{Left: 2, Right: 3}, {Left: 2, Right: 0}},
	} {
		if diff := cmp.Diff(want, pairs(claims)); diff != "" {
			t.Errorf("%s: %s", claims, diff)
		}
	}
}

const adaptive = `
question: Does the run stop where its rule says?
workloads: [{use: empty, items: 20}]
models: [goroutines, threads]
cores: [1]
workers: [2]
warmup: 1
`

func stopped(t *testing.T, out Outcome) (string, string) {
	t.Helper()
	m, err := record.ReadManifest(out.Dir + "/" + record.ManifestFile)
	if err != nil {
		t.Fatal(err)
	}
	return m.Stopped, m.Ended
}

// An empty workload scatters by far more than 0.1 %, and by less than 100 %
// only where one block is like another: neither is asked of this machine.
func TestAdaptiveRunsStop(t *testing.T) {
	for _, c := range []struct {
		name, trials string
		now          func() func() time.Time
		blocks       int
		want         string
	}{
		{"maximum", "{min: 2, max: 3, step: 1, precision: 0.1%}", nil, 3, "maximum of 3 blocks"},
		{"budget", "{min: 2, max: 50, precision: 0.1%, budget: 1s}", eachLater, 2, "budget of 1 second, after 2 blocks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := campaignOf(t, adaptive+"trials: "+c.trials+"\n")
			if c.now != nil {
				cfg.Now = c.now()
			}
			out, rows := run(t, cfg)
			reason, ended := stopped(t, out)
			if reason != c.want || ended != "complete" || out.Interrupted || len(rows) != 2*(1+c.blocks) {
				t.Errorf("stopped by %q, ended %q, %d rows", reason, ended, len(rows))
			}
		})
	}
}

// eachLater is a clock that moves a second whenever it is read.
func eachLater() func() time.Time {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(time.Second); return now }
}

// With a precision that real work reaches, a run ends on a step, not before.
func TestAdaptiveRunsReachPrecision(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Does the run stop once it is precise?
workloads: [{use: wait, cpu: 0s, wait: 5ms, items: 8}]
models: [goroutines, threads]
cores: [1]
workers: [2]
trials: {min: 3, max: 60, step: 2, precision: 50%}
claims: [{id: same, says: Waiting is waiting., metric: wall_s, compare: {goroutines: threads}}]
`))
	reason, _ := stopped(t, out)
	blocks := len(rows) / 2
	if want := "precision 50 % reached after"; len(reason) < len(want) || reason[:len(want)] != want || len(rows)%2 != 0 || (blocks-3)%2 != 0 || blocks < 3 {
		t.Errorf("stopped by %q after %d rows", reason, len(rows))
	}
	m, err := record.ReadManifest(out.Dir + "/" + record.ManifestFile)
	if err != nil || len(m.Plan.Claims) != 1 || m.Plan.Claims[0].ID != "same" || m.Plan.Adaptive.Step != 2 {
		t.Errorf("the manifest has claims %+v and rule %+v: %v", m.Plan.Claims, m.Plan.Adaptive, err)
	}
}

// Controls are in every block, the canary before all others, and the positive
// control does what the reference does and a tenth more.
func TestControlsInEveryBlock(t *testing.T) {
	cfg := campaignOf(t, `
question: Are the controls there?
workloads: [{use: sieve, segment: 2048, items: {auto: 20ms}}]
models: [goroutines, processes]
cores: [1]
workers: [2]
trials: 2
warmup: 1
controls: true
`)
	out, rows := run(t, cfg)
	if out.Failed > 0 || len(rows) != 3*5 {
		t.Fatalf("%+v with %d rows", out, len(rows))
	}
	items := map[string]float64{}
	for _, r := range rows {
		i := slices.IndexFunc(cfg.Plan.Cells, func(c experiments.Cell) bool { return c.ID == r.Cell })
		cell := cfg.Plan.Cells[i]
		if (r.Position == 1) != (cell.Control == experiments.ControlCanary) {
			t.Errorf("%q at position %d of block %d", cell.Control, r.Position, r.Block)
		}
		key := cell.Control
		if key == "" {
			key = cell.Model
		}
		if was, met := items[key]; met && was != r.Items || r.ItemsDone != r.Items {
			t.Errorf("%s: %v items done of %v, before it were %v", key, r.ItemsDone, r.Items, was)
		}
		items[key] = r.Items
	}
	if a := items[experiments.Goroutines]; a < 10 || items[experiments.ControlAA] != a || items[experiments.ControlPositive] != a+max(1, math.Round(a/10)) {
		t.Errorf("items %v", items)
	}
	if len(items) != 5 || items[experiments.ControlCanary] < 2 {
		t.Errorf("items %v", items)
	}
}

func TestFewItemsWarn(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Is a control of few items told apart?
workloads: [{use: empty, items: 14}]
models: [goroutines]
cores: [1]
trials: 1
controls: {positive: true}
`))
	if len(rows) != 2 || len(out.Warnings) != 1 {
		t.Errorf("%d rows, warnings %q: want one of 1 item in 14", len(rows), out.Warnings)
	}
}
