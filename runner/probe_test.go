package runner

import (
	"math"
	"path/filepath"
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// A probe is beside the work of every model, which stays what it is without one: the same items, the same
// checksum. Its counts add up over iterations.
func TestProbeBesideEveryModel(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Does a probe change what is done?
workloads:
  - {use: sieve, items: 60, segment: 65536, label: app, probe: {rate: 500, handler: 100us, spare: [0, 1]}}
  - {use: sieve, items: 60, segment: 65536, label: alone}
models: [sequential, goroutines, threads, processes, {use: hybrid, processes: 2}]
cores: [1]
workers: [2]
iterations: 3
trials: 1
`))
	if out.Failed > 0 || len(rows) != 12 {
		t.Fatalf("%d rows of %d trials, %d failed: %v", len(rows), out.Trials, out.Failed, out.Warnings)
	}
	values := map[int]map[string]float64{}
	for m, err := range record.ReadMeasures(filepath.Join(out.Dir, record.MeasuresFile)) {
		if err != nil {
			t.Fatal(err)
		}
		if values[m.Trial] == nil {
			values[m.Trial] = map[string]float64{}
		}
		values[m.Trial][m.Measure] = m.Value
	}
	for _, r := range rows {
		if r.Status != record.OK || r.ItemsDone != 180 || r.Checksum != rows[0].Checksum {
			t.Errorf("%s, %s: %s (%s), %v items, checksum %s", r.Label, r.Model, r.Status, r.Detail, r.ItemsDone, r.Checksum)
		}
		got, ok := values[r.Trial]
		if ok != (r.Label != "alone") {
			t.Errorf("%s, %s: measured %v", r.Label, r.Model, got)
		}
		if !ok {
			continue
		}
		if n := got["ticks"]; n > r.WallS*500 || n < r.WallS*500-3 { // a period of each iteration may be cut off
			t.Errorf("%s, %s: %v ticks in %v s", r.Label, r.Model, n, r.WallS)
		}
		for _, name := range []string{"late_16ms_share", "late_100ms_share"} {
			share, ok := got[name]
			if count := share * got["ticks"]; !ok || share > 1 || math.Abs(count-math.Round(count)) > 1e-6 {
				t.Errorf("%s, %s: %s is %v of %v ticks (%v)", r.Label, r.Model, name, share, got["ticks"], ok)
			}
		}
	}
	d, err := digest.Load(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Cells {
		c := &d.Cells[i]
		p95, late := c.Values["lateness_p95_s"], c.Values["lateness_max_s"]
		if c.Label == "alone" {
			if p95 != nil {
				t.Errorf("%s is late without a probe", c.Model)
			}
		} else if len(p95) != 1 || !(p95[0] > 0) || late[0] < p95[0] {
			t.Errorf("%s, %s: 95 %% of the ticks are %v late, all %v", c.Label, c.Model, p95, late)
		}
	}
}

// A spare processor is one more than the model's, and is read back.
func TestProbeSpare(t *testing.T) {
	_, rows := run(t, campaignOf(t, `
question: Is there a processor for the loop?
workloads: [{use: sieve, items: 4, segment: 2048, probe: {spare: [0, 1]}}]
models: [goroutines, threads]
cores: [1]
workers: [2]
trials: 1
`))
	want := map[string]map[string]int{"0": {experiments.Goroutines: 1, experiments.Threads: 2}, "1": {experiments.Goroutines: 2, experiments.Threads: 3}}
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		spare := "0"
		if r.GoMaxProcs == want["1"][r.Model] {
			spare = "1"
		}
		if r.Status != record.OK || r.GoMaxProcs != want[spare][r.Model] {
			t.Errorf("%s, %s: %s, GOMAXPROCS %d", r.Label, r.Model, r.Status, r.GoMaxProcs)
		}
		delete(want[spare], r.Model)
	}
	if len(want["0"])+len(want["1"]) > 0 {
		t.Errorf("missing: %v", want)
	}
}
