package digest

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

func TestLoadSortsRowsIntoCells(t *testing.T) {
	d := load(t, fake{cells: threeCells(), trials: 7, warmup: 1}.write(t))
	if d.Rows != 32 || len(d.Cells) != 4 {
		t.Fatalf("%d rows in %d cells, want 32 in 4", d.Rows, len(d.Cells))
	}
	for i, c := range d.Cells {
		if c.ID != threeCells()[i].ID || c.Warmup != 1 || c.Failed != nil {
			t.Errorf("cell %d is %s with %d warm-ups, failed %v", i, c.ID, c.Warmup, c.Failed)
		}
		if diff := cmp.Diff([]int{2, 3, 4, 5, 6, 7, 8}, c.Blocks); diff != "" {
			t.Errorf("blocks -want +got:\n%s", diff)
		}
		for _, m := range Metrics() {
			if rare[m.Name] {
				if _, ok := c.Values[m.Name]; ok {
					t.Errorf("cell %s has an entry for %s, of which it has no value", c.ID, m.Name)
				}
			} else if len(c.Values[m.Name]) != 7 {
				t.Errorf("cell %s has %d values of %s, want 7", c.ID, len(c.Values[m.Name]), m.Name)
			}
		}
	}
	c := d.Cells[3]
	if got := c.Values["mem_growth_B"][0]; got != 2e6 {
		t.Errorf("mem_growth_B %v, want 2e6", got)
	}
	if got := c.Values["cpu_share"][6]; math.Abs(got-1) > 1e-9 {
		t.Errorf("cpu_share %v, want 1", got)
	}
	if !math.IsNaN(c.Values["mem_peak_B"][3]) {
		t.Errorf("mem_peak_B %v, want NaN", c.Values["mem_peak_B"][3])
	}
	if d.Warnings != nil {
		t.Errorf("warnings %q, want none", d.Warnings)
	}
}

func TestValueThatComesLateKeepsItsPlace(t *testing.T) {
	d := load(t, fake{cells: threeCells()[:1], trials: 6, change: func(t *record.Trial) {
		if t.Block == 4 {
			t.MemPeakB = 77
		}
	}}.write(t))
	for i, v := range d.Cells[0].Values["mem_peak_B"] {
		if (i == 3) != (v == 77) || (i != 3) != math.IsNaN(v) {
			t.Errorf("value %d is %v", i, v)
		}
	}
}

func TestWarnings(t *testing.T) {
	all := threeCells()
	tests := []struct {
		name string
		fake fake
		edit func(string) string // of trials.csv
		want []string
	}{
		{"few", fake{cells: all, trials: 3}, nil,
			[]string{"4 of 4 cells have fewer than 6 ok trials (the least: 3): their medians have no interval"}},
		{"failures", fake{cells: all, trials: 8, warmup: 1, change: func(t *record.Trial) {
			switch t.Trial {
			case 2:
				t.Status = record.Timeout
			case 9, 13:
				t.Status = record.Crashed
			case 17:
				t.Status = record.OOM
			}
		}}, nil, []string{
			"3 of 32 trials did not end ok: 2 crashed, 1 oom",
			"1 trial of the warm-up did not end ok",
			"1 of 4 cells have fewer than 6 ok trials (the least: 5): their medians have no interval",
			"trials of comparisons were lost; what is left may be the easier part: 1 cell: sieve, sequential (3 of 8 blocks)"}},
		{"interrupted", fake{cells: all, trials: 9, ended: "interrupted", skip: map[int]bool{35: true, 36: true}}, nil,
			[]string{`the run is not complete ("interrupted"): 34 trials of 36 have a row`}},
		{"foreign", fake{cells: all, trials: 6, change: func(t *record.Trial) {
			if t.Trial < 4 {
				t.ForeignCPUS = 0.25 * t.WallS * float64(t.Cores)
			}
		}}, nil, []string{"in 3 of 24 trials, others used more than 5 % of the trial's CPU time (wall time x cores); " +
			"25 % at worst: close other programs and run again",
			"noise: 3 trials in 1 block were disturbed by more than 5 % of their time, for example trial 1: foreign CPU 25 %; flagged and kept"}},
		{"late", fake{cells: all, trials: 6, change: func(t *record.Trial) { t.LateTicks = 1 }}, nil,
			[]string{"10 % of the sampler's ticks came late: timelines are coarser than planned"}},
		{"cpu gap", fake{cells: all, trials: 6, change: func(t *record.Trial) {
			if t.Trial == 5 {
				t.RusageS = 1.5 * t.CPUS
			}
		}}, nil, []string{"in 1 of 24 trials, two authorities for CPU time differ by more than 1 % + 1 ms; 50 % at worst"}},
		{"affinity", fake{cells: all, trials: 6, change: func(t *record.Trial) {
			switch t.Trial {
			case 5:
				t.CPUs = "0-3,8"
			case 6:
				t.CPUs = ""
			}
		}}, nil, []string{
			"in 1 of 24 trials, the workers did not run on as many CPUs as planned (column cpus)",
			"in 1 of 24 trials, no affinity was read back: the workers may have run on any CPU"}},
		{"odd file", fake{cells: all, trials: 8}, func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			lines[3] = lines[2]
			lines[5] = "garbage\n"
			return strings.Join(lines, "") + "33,1,"
		}, []string{
			`trials.csv:4: column "trial": trial 2 has a row already; this one is left out`,
			fmt.Sprintf("trials.csv:6: 1 fields, but the header has %d", len(record.Columns(record.TrialsFile))),
			"trials.csv:34: the last line has no newline, so it may be half a row; it is left out",
			"trials of comparisons were lost; what is left may be the easier part: 2 cells: sieve, sequential (1 of 8 blocks); sieve, goroutines, 2 cores (1 of 8 blocks)"}},
		{"strange status", fake{cells: all, trials: 8}, func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			lines[2] = strings.Replace(lines[2], ",ok,", ",great,", 1)
			return strings.Join(lines, "")
		}, []string{
			"1 of 32 trials did not end ok: 1 great",
			`trials.csv:3: column "status": "great" is not a status, so the trial does not count as ok; known are ok, crashed, timeout, oom, wrong, killed, skipped`,
			"trials of comparisons were lost; what is left may be the easier part: 1 cell: sieve, goroutines, 1 core (1 of 8 blocks)"}},
		{"strange cell", fake{cells: all, trials: 6}, func(s string) string {
			return strings.ReplaceAll(s, "processes-2", "0123456789ab")
		}, []string{"1 cells of trials.csv are not in the plan of manifest.json; they are shown as their rows describe them"}},
		{"strange samples", fake{cells: all, trials: 6, samples: func(t *record.Trial) []record.Sample {
			return []record.Sample{{Trial: t.Trial, Role: "host"}}
		}}, func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:24], "") },
			[]string{"1 of 4 cells have fewer than 6 ok trials (the least: 5): their medians have no interval",
				"1 samples belong to 1 trial without a row; they are left out",
				"trials of comparisons were lost; what is left may be the easier part: 1 cell: sieve, processes, 2 cores (1 of 6 blocks)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := test.fake.write(t)
			if test.edit != nil {
				edit(t, dir, record.TrialsFile, test.edit)
			}
			if diff := cmp.Diff(test.want, load(t, dir).Warnings); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestChecksumsMustAgree(t *testing.T) {
	// Sequential trials come last and prove both the goroutines wrong, which
	// came first, and the processes right.
	cells := []experiments.Cell{cell(experiments.Goroutines, 2), cell(experiments.Processes, 2), cell(experiments.Sequential, 1)}
	d := load(t, fake{cells: cells, trials: 6, change: func(t *record.Trial) {
		if t.Model == experiments.Goroutines && t.Block > 4 || t.Trial == 1 {
			t.Checksum = "000000000000dead"
		}
	}}.write(t))
	if got := d.Cells[0]; len(got.Trials) != 3 || got.Failed[record.Wrong] != 3 {
		t.Errorf("goroutines: %d ok, failed %v; want 3 and 3 wrong", len(got.Trials), got.Failed)
	}
	if len(d.Cells[1].Trials) != 6 || len(d.Cells[2].Trials) != 6 {
		t.Errorf("others: %d and %d ok, want 6 and 6", len(d.Cells[1].Trials), len(d.Cells[2].Trials))
	}
	want := Failure{Trial: 1, Block: 1, Cell: "goroutines-2", Title: "sieve, goroutines, 2 cores", Status: record.Wrong,
		Detail: "its checksum is 000000000000dead, that of the same work elsewhere 00000000000000ff"}
	if len(d.Failures) != 3 || d.Failures[0] != want {
		t.Errorf("failures %+v, want 3, the first %+v", d.Failures, want)
	}
	if !strings.Contains(d.Warnings[0], "3 trials ended ok, but with another checksum") {
		t.Errorf("warnings %q", d.Warnings)
	}
}

func TestLoadNeedsAManifest(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 1}.write(t)
	edit(t, dir, record.ManifestFile, func(string) string { return "{}" })
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "manifest.json: its format is 0") {
		t.Errorf("error %v", err)
	}
}

func TestAllFailedAndNoRowsAtAll(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 2, change: func(t *record.Trial) { t.Status = record.Crashed }}.write(t)
	d := load(t, dir)
	if s := d.Summary(); len(s.Rows) != 4 || s.Rows[0][13] != "0" || s.Rows[0][14] != "2" || s.Rows[0][15] != "" {
		t.Errorf("summary %q", s.Rows)
	}
	if r := d.Ratios("wall_s"); r != nil {
		t.Errorf("ratios %v of nothing", r)
	}
	if s := d.Speedups(); s != nil {
		t.Errorf("speedups %v of nothing", s)
	}
	edit(t, dir, record.TrialsFile, func(s string) string { return s[:strings.Index(s, "\n")+1] })
	if d := load(t, dir); len(d.Cells) != 0 || d.Rows != 0 || len(d.Summary().Rows) != 0 {
		t.Errorf("%d cells from no rows", len(d.Cells))
	}
}

func TestTitle(t *testing.T) {
	c := cell(experiments.Hybrid, 4)
	c.Cores, c.Processes, c.Schedule, c.Scaling = 1, 2, experiments.Dynamic, experiments.Weak
	for _, test := range []struct {
		cell experiments.Cell
		want string
	}{
		{cell(experiments.Sequential, 1), "sieve, sequential"},
		{cell(experiments.Goroutines, 1), "sieve, goroutines, 1 core"},
		{c, "sieve, hybrid, 4 workers on 1 core, 2 processes, dynamic, weak"},
	} {
		if got := Title(test.cell); got != test.want {
			t.Errorf("Title = %q, want %q", got, test.want)
		}
	}
}

// TestNoSamples: a run without its samples.csv, or with an empty one, lacks
// nothing but its timelines.
func TestNoSamples(t *testing.T) {
	f := fake{cells: threeCells(), trials: 6}
	whole := load(t, f.write(t))
	for _, test := range []struct {
		name   string
		damage func(path string) error
		want   string
	}{
		{"missing", os.Remove, "there is no samples.csv: timelines are missing"},
		{"empty", func(path string) error { return os.Truncate(path, 0) }, "samples.csv is empty, without even its header: timelines are missing"},
	} {
		dir := f.write(t)
		if err := test.damage((&record.Folder{Dir: dir}).Samples()); err != nil {
			t.Fatal(err)
		}
		d := load(t, dir)
		if diff := cmp.Diff([]string{test.want}, d.Warnings); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
		if diff := cmp.Diff(whole.Summary(), d.Summary()); diff != "" || len(d.Lines) > 0 {
			t.Errorf("%s: %d lines, the summary differs: %s", test.name, len(d.Lines), diff)
		}
	}
}
