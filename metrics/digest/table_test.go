package digest

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files and results/README.md")

func TestSummaryGolden(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 11, warmup: 1, change: func(t *record.Trial) {
		if t.Trial == 10 {
			t.Status, t.Detail = record.Crashed, "worker 1 died: signal: killed"
		}
	}}.write(t)
	golden := filepath.Join("testdata", "summary.csv")
	path := filepath.Join(dir, "summary.csv")
	if err := load(t, dir).Summary().WriteCSV(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := load(t, dir).WriteSummary(path); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(again, got) {
		t.Error("WriteSummary and Summary().WriteCSV differ")
	}
}

func TestRatiosPairBlocks(t *testing.T) {
	cells := []experiments.Cell{cell(experiments.Goroutines, 2), cell(experiments.Processes, 2), cell(experiments.Threads, 2), cell(experiments.Goroutines, 1)}
	drift := func(block int) float64 { return math.Pow(2, float64(block)) }
	d := load(t, fake{cells: cells, trials: 7, change: func(t *record.Trial) {
		t.WallS = drift(t.Block)
		if t.Model == experiments.Processes {
			t.WallS *= []float64{1.25, 1.5, 1.75}[t.Block%3] // far less than the drift
		}
		if t.Model == experiments.Processes && t.Block == 7 {
			t.Status = record.Crashed
		}
	}}.write(t))
	want := []Ratio{
		{Metric: "wall_s", Num: 1, Den: 0, N: 6, Median: 1.5, Min: 1.25, Max: 1.75},
		{Metric: "wall_s", Num: 2, Den: 0, N: 7, Median: 1, Min: 1, Max: 1},
	}
	if diff := cmp.Diff(want, d.Ratios("wall_s")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSpeedups(t *testing.T) {
	wall := map[string]float64{"sequential-1": 1, "goroutines-1": 1.25, "goroutines-2": 0.625, "processes-2": 0.5}
	d := load(t, fake{cells: threeCells(), trials: 6, change: func(t *record.Trial) { t.WallS = wall[t.Cell] }}.write(t))
	flat := func(cell int, wall, speed float64) *Base {
		return &Base{Cell: cell, WallS: wall, Rate: 1000 / wall, N: 6, Median: speed, Min: speed, Max: speed}
	}
	want := []Speedup{
		{Cell: 0, Metric: "wall_s", Sequential: flat(0, 1, 1), One: flat(0, 1, 1)},
		{Cell: 1, Metric: "wall_s", Sequential: flat(0, 1, 0.8), One: flat(1, 1.25, 1)},
		{Cell: 2, Metric: "wall_s", Sequential: flat(0, 1, 1.6), One: flat(1, 1.25, 2)},
		{Cell: 3, Metric: "wall_s", Sequential: flat(0, 1, 2)},
	}
	if diff := cmp.Diff(want, d.Speedups()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSpeedupOfWeakScalingIsOfThroughput(t *testing.T) {
	cells := threeCells()
	for i := range cells {
		cells[i].Scaling = experiments.Weak
	}
	d := load(t, fake{cells: cells, trials: 6, change: func(t *record.Trial) {
		t.WallS, t.ItemsDone = 1, 1000*float64(t.Workers)
		t.Items = t.ItemsDone
	}}.write(t))
	got := d.Speedups()[3]
	if got.Metric != "throughput_items_per_s" || got.Sequential.Median != 2 || got.Sequential.WallS != 1 {
		t.Errorf("got %+v over %+v, want 2 over 1 s", got, got.Sequential)
	}
}

func TestTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	table := Table{Name: "t", Columns: []string{"a", "b"}, Rows: [][]string{{"=x,y", Number(-0.5)}, {Number(math.NaN()), Number(1e6)}}}
	if err := table.WriteCSV(path); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	if want := "a,b\n\"'=x,y\",-0.5\n,1000000\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if i, ok := table.Column("b"); i != 1 || !ok {
		t.Errorf("column b at %d, %v", i, ok)
	}
	table.Rows[1] = table.Rows[1][:1]
	if err := table.WriteCSV(path); err == nil {
		t.Error("a short row was written")
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(got, again) {
		t.Error("a failed write changed the file")
	}
}

func TestMetrics(t *testing.T) {
	var names []string
	for _, m := range Metrics() {
		if m.Title == "" || m.Doc == "" || slices.Contains(names, m.Name) {
			t.Errorf("metric %q has no title or doc, or is there twice", m.Name)
		}
		names = append(names, m.Name)
		unit := map[string]string{"_s": "s", "_B": "B"}[m.Name[max(0, len(m.Name)-2):]]
		if strings.HasSuffix(m.Name, "_per_s") {
			unit = m.Unit[:strings.Index(m.Unit, "/")] + "/s"
		}
		if m.Unit != unit {
			t.Errorf("metric %q has unit %q, its name says %q", m.Name, m.Unit, unit)
		}
		empty := record.NewTrial()
		if v := m.Of(&empty); !math.IsNaN(v) {
			t.Errorf("%s of an empty row is %v, want NaN", m.Name, v)
		}
	}
	if _, err := Lookup("wall_ms"); err == nil || !strings.Contains(err.Error(), `unknown metric "wall_ms"; known are wall_s`) {
		t.Errorf("error %v", err)
	}
	if m, err := Lookup("cpu_s"); err != nil || m.Name != "cpu_s" {
		t.Errorf("Lookup gave %q, %v", m.Name, err)
	}
}
