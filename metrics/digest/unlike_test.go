package digest

import (
	"math"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// Calibration gives each parameter its own number of items: the times of a
// trial are then no comparison, the time of an item is.
func TestCalibratedAmountsAreNotCompared(t *testing.T) {
	for _, c := range []struct {
		name, metric, scaling string
		auto                  float64
		items                 int64 // of the second
		want                  string
	}{
		{"other items", "wall_s", experiments.Strong, 1, 4000, NoData},
		{"per item", "throughput_items_per_s", experiments.Strong, 1, 4000, Supported},
		{"the same items", "wall_s", experiments.Strong, 1, 1000, Equivalent},
		{"written items", "wall_s", experiments.Strong, 0, 4000, Equivalent},
		{"weak", "wall_s", experiments.Weak, 1, 4000, Equivalent},
	} {
		t.Run(c.name, func(t *testing.T) {
			small, large := cell(experiments.Goroutines, 2), cell(experiments.Goroutines, 2)
			small.Params = map[string]string{"n": "64"}
			large.Params, large.ID = map[string]string{"n": "128"}, "other"
			for _, one := range []*experiments.Cell{&small, &large} {
				one.AutoS, one.Scaling = c.auto, c.scaling
			}
			d := load(t, fake{cells: []experiments.Cell{small, large}, trials: 12, change: func(r *record.Trial) {
				if r.Cell == "other" {
					r.Items = float64(c.items)
					r.ItemsDone = r.Items
				}
			}}.write(t))
			d.Manifest.Plan.Claims = []experiments.Claim{{ID: "c", Says: "S.", Kind: experiments.ClaimCompare, Metric: c.metric, Axis: "n", Left: "128", Right: "64"}}
			v := d.Verdicts()[0]
			if v.Verdict != c.want {
				t.Fatalf("%s (%s), want %s", v.Verdict, v.Reason, c.want)
			}
			if c.want == NoData && (!strings.Contains(v.Reason, "4000 items") || !math.IsNaN(v.Parts[0].Primary.Estimate)) {
				t.Errorf("reason %q with an estimate of %v", v.Reason, v.Parts[0].Primary.Estimate)
			}
		})
	}
}

// What grows with the work is compared between sides that did the same, be it of every trial
// or measured by a workload.
func TestTotalsAreComparedForEqualWork(t *testing.T) {
	d := Digest{}
	d.Manifest.Measures = []record.Measure{{Name: "moved_B", Unit: "B", Total: true}, {Name: "create_s", Unit: "s"}}
	made := func(items, autoS, durationS float64) *Cell {
		return &Cell{Cell: experiments.Cell{AutoS: autoS, DurationS: durationS, Scaling: experiments.Strong}, dealt: items}
	}
	for _, c := range []struct {
		name  string
		a, b  *Cell
		alike []string
		not   []string
	}{
		{"calibrated apart", made(10, 1, 0), made(20, 1, 0),
			[]string{"throughput_items_per_s", "cpu_per_item_s", "mem_high_B", "mem_growth_B", "rss_peak_B", "spawn_s", "cpu_share", "create_s"},
			[]string{"wall_s", "cpu_s", "alloc_B", "voluntary_switches", "minor_faults", "moved_B"}},
		{"calibrated alike", made(10, 1, 0), made(10, 1, 0), []string{"wall_s", "moved_B", "voluntary_switches"}, nil},
		{"fixed time", made(0, 0, 1), made(0, 0, 1),
			[]string{"throughput_items_per_s", "cpu_per_item_s", "pss_done_B", "create_s"},
			[]string{"wall_s", "cpu_work_s", "moved_B", "involuntary_switches"}},
		{"lost", made(10, 0, 0), &Cell{dealt: 10, short: true}, []string{"throughput_items_per_s", "create_s"}, []string{"wall_s", "cpu_s", "moved_B"}},
		{"written", made(10, 0, 0), made(20, 0, 0), []string{"wall_s", "moved_B"}, nil},
	} {
		check := func(names []string, alike bool) {
			for _, name := range names {
				m, err := d.Metric(name)
				if err != nil {
					t.Fatal(err)
				}
				if why := d.unlike(c.a, c.b, m); (why == "") != alike {
					t.Errorf("%s: %s: %q", c.name, name, why)
				}
			}
		}
		check(c.alike, true)
		check(c.not, false)
	}
}

// One trial that lost items is enough.
func TestLostItemsAreNoted(t *testing.T) {
	g := gather{Cell: &experiments.Cell{}}
	for done, want := range map[float64]bool{20: false, 19: true} {
		row := record.NewTrial()
		row.Status, row.Items, row.ItemsDone, row.Iterations = record.OK, 10, done, 2
		g.short = false
		if g.add(&row, 1); g.short != want {
			t.Errorf("%v items of 20: short is %v", done, g.short)
		}
	}
}
