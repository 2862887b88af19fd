package digest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

func TestCompareRuns(t *testing.T) {
	before := world{cells: threeCells(), blocks: 15, noise: 0.003}
	after := before
	after.cells = append(threeCells()[1:], cell(experiments.Threads, 2))
	after.wall = func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
		if c.Model == experiments.Processes {
			return 1.3 / float64(c.Workers) // slower
		}
		return 1 / float64(c.Workers)
	}
	a, b := before.digest(1), after.digest(2)
	a.Manifest.Version, b.Manifest.Version = "v1", "v2"
	a.Manifest.Machine.Governor, b.Manifest.Machine.Governor = "powersave", "performance"
	x := Compare(a, b)
	got := map[string]string{}
	for _, p := range x.Pairs {
		if p.Metric == "wall_s" {
			got[b.Cells[p.CellB].ID] = p.Verdict
			if p.Paired || p.N != 15 {
				t.Errorf("paired %v, n %d: runs share no blocks", p.Paired, p.N)
			}
		}
	}
	want := map[string]string{"goroutines-1": Equivalent, "goroutines-2": Equivalent, "processes-2": Reversed}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := x.Regressions(); n != 2 { // wall and CPU time of processes
		t.Errorf("%d regressions, want 2", n)
	}
	if !slices.Equal(x.OnlyA, []string{"sieve, sequential"}) || !slices.Equal(x.OnlyB, []string{"sieve, threads, 2 cores"}) {
		t.Errorf("only in A %q, in B %q", x.OnlyA, x.OnlyB)
	}
	for _, row := range [][]string{{"forklore", "v1", "v2"}, {"governor", "powersave", "performance"}} {
		if !slices.ContainsFunc(x.ManifestTable().Rows, func(r []string) bool { return slices.Equal(r, row) }) {
			t.Errorf("%q is not among what differs: %q", row, x.ManifestTable().Rows)
		}
	}
	table := x.Table()
	for _, row := range table.Rows {
		if len(row) != len(table.Columns) {
			t.Fatalf("%d cells for %d columns", len(row), len(table.Columns))
		}
	}
	if i, _ := table.Column("verdict"); !slices.ContainsFunc(table.Rows, func(r []string) bool { return r[i] == "worse" }) {
		t.Error("the table calls nothing worse")
	}
}

func TestCompareRunsWithABrokenGate(t *testing.T) {
	w := world{cells: threeCells(), blocks: 15, noise: 0.003}
	a, b := w.digest(1), w.digest(2)
	for i := range b.Cells {
		for k := range b.Cells[i].Values["wall_s"] {
			b.Cells[i].Values["wall_s"][k] *= 2
		}
	}
	if n := Compare(a, b).Regressions(); n != 4 {
		t.Fatalf("%d regressions, want 4", n)
	}
	a.Gates = []Gate{{Name: "aa", Passed: false, Detail: "found so"}}
	x := Compare(a, b)
	if x.Regressions() != 0 || !strings.Contains(strings.Join(x.Warnings, ""), "gate run A: aa broken") {
		t.Errorf("%d regressions, warnings %q", x.Regressions(), x.Warnings)
	}
}

// TestCompareRunsInMeasures calls a slower delivery worse, and more of what is
// neither good nor bad only more.
func TestCompareRunsInMeasures(t *testing.T) {
	w := world{cells: threeCells()[:1], blocks: 15, noise: 0.003}
	a, b := w.digest(1), w.digest(2)
	for i, d := range []*Digest{a, b} {
		d.Manifest.Measures = []record.Measure{
			{Name: "latency_s", Title: "latency", Unit: "s", Less: true, Hist: true},
			{Name: "rounds", Title: "rounds", Merge: "sum"},
			{Name: "moved_B", Title: "bytes moved", Unit: "B", Less: true, Merge: "sum"},
			{Name: "odd", Title: "odd", Unit: []string{"s", "B"}[i]},
		}
		r := rand.New(rand.NewPCG(uint64(i), 3))
		d.Cells[0].Values["moved_B"] = make([]float64, len(d.Cells[0].Trials)) // of nothing there is no ratio
		for _, name := range []string{"latency_p50_s", "latency_p90_s", "latency_p99_s", "rounds", "odd"} {
			for range d.Cells[0].Trials {
				d.Cells[0].Values[name] = append(d.Cells[0].Values[name], float64(1+i)*(1+0.01*r.Float64()))
			}
		}
	}
	x := Compare(a, b)
	got := map[string]string{}
	for i := range x.Pairs {
		if p := &x.Pairs[i]; p.Metric != "wall_s" && p.Metric != "cpu_s" && p.Metric != "mem_high_B" {
			got[p.Metric] = p.Word()
		}
	}
	if diff := cmp.Diff(map[string]string{"latency_p50_s": "worse", "latency_p99_s": "worse", "rounds": "more"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := x.Regressions(); n != 2 {
		t.Errorf("%d regressions, want 2", n)
	}
}

func TestSameRunTwiceDiffersInNothing(t *testing.T) {
	w := world{cells: threeCells(), blocks: 15, noise: 0.003}
	x := Compare(w.digest(1), w.digest(1))
	if len(x.Differs) != 0 || x.Regressions() != 0 || len(x.OnlyA)+len(x.OnlyB) != 0 {
		t.Errorf("differs %v, %d regressions", x.Differs, x.Regressions())
	}
}

func TestCalibratedRunsCompareThroughput(t *testing.T) {
	cells := threeCells()
	for i := range cells {
		cells[i].Items, cells[i].AutoS = 0, 1
	}
	w := world{cells: cells, blocks: 10, noise: 0.003}
	twice := w
	twice.change = func(t *record.Trial, _ *rand.Rand) { // twice the items, twice the time
		t.Items, t.ItemsDone, t.WallS, t.CPUS, t.CPUWorkS = 2000, 2000, 2*t.WallS, 2*t.CPUS, 2*t.CPUWorkS
	}
	w.change = func(t *record.Trial, _ *rand.Rand) { t.Items, t.ItemsDone = 1000, 1000 }
	x := Compare(w.digest(1), twice.digest(2))
	if len(x.Pairs) == 0 || x.Pairs[0].Metric != "throughput_items_per_s" || x.Regressions() != 0 {
		t.Errorf("%d regressions of %+v", x.Regressions(), x.Pairs)
	}
}

func TestVerdictsOfManyRuns(t *testing.T) {
	a, b := truths().digest(1), truths().digest(2)
	table := Verdicts([]*Digest{a, b})
	if len(table.Rows) != 2*len(truths().claims) {
		t.Errorf("%d rows for %d claims in each of 2 runs", len(table.Rows), len(truths().claims))
	}
	for _, row := range table.Rows {
		if len(row) != len(table.Columns) {
			t.Fatalf("%d cells for %d columns", len(row), len(table.Columns))
		}
	}
	if empty := Verdicts(nil); len(empty.Rows) != 0 || len(empty.Columns) == 0 {
		t.Error("no run gives no table")
	}
}
