package digest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"forklore/metrics/record"
)

// measured writes a folder whose trials measured a number and a distribution of themselves.
func measured(t *testing.T) (dir string) {
	t.Helper()
	f := fake{cells: threeCells(), trials: 6}
	dir = f.write(t)
	folder := record.Folder{Dir: dir}
	m, err := record.ReadManifest(folder.Manifest())
	if err != nil {
		t.Fatal(err)
	}
	m.Measures = []record.Measure{{Name: "moved_B", Unit: "B", Merge: "sum"}, {Name: "latency_s", Unit: "s", Hist: true}}
	if err := record.WriteManifest(folder.Manifest(), m); err != nil {
		t.Fatal(err)
	}
	measures, spans := "trial,measure,value\n", "trial,measure,lo_s,hi_s,count\n"
	for trial := range 24 {
		n := strconv.Itoa(trial + 1)
		measures += n + ",moved_B,100\n"
		spans += n + ",latency_s,0.001,0.001,50\n" + n + ",latency_s,0.002,0.002,50\n"
	}
	for name, text := range map[string]string{record.MeasuresFile: measures, record.HistogramsFile: spans} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A file beside the trials that cannot be used is told, and the rest is digested.
func TestDamagedFilesBesideTheTrials(t *testing.T) {
	whole := load(t, measured(t))
	if len(whole.Warnings) > 0 || whole.Cells[0].Values["latency_p50_s"][0] != 0.001 || whole.Cells[0].Values["moved_B"][5] != 100 {
		t.Fatalf("%q, %v", whole.Warnings, whole.Cells[0].Values["latency_p50_s"])
	}
	for _, name := range []string{record.SamplesFile, record.IterationsFile, record.MeasuresFile, record.HistogramsFile} {
		for how, damage := range map[string]func(path string) error{
			"empty":     func(path string) error { return os.WriteFile(path, nil, 0o666) },
			"no header": func(path string) error { return os.WriteFile(path, []byte("rubbish\n1,2\n"), 0o666) },
			"folder": func(path string) error {
				_ = os.Remove(path)
				return os.Mkdir(path, 0o777)
			},
		} {
			dir := measured(t)
			if err := damage(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			d := load(t, dir)
			if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], name) || !strings.Contains(d.Warnings[0], "missing") {
				t.Errorf("%s, %s: warnings %q", name, how, d.Warnings)
			}
			if got, want := d.Cells[1].Values["wall_s"], whole.Cells[1].Values["wall_s"]; len(got) != len(want) || got[0] != want[0] {
				t.Errorf("%s, %s: wall times %v, want %v", name, how, got, want)
			}
		}
	}
}

// Spans that stand twice or astray, and counts that no trial can reach, never
// change a quantile.
func TestDamagedSpans(t *testing.T) {
	for name, test := range map[string]struct{ insert, want string }{
		"twice":      {"1,latency_s,0.001,0.001,50\n", "1 span of histograms.csv do not rise"},
		"astray":     {"1,latency_s,0.0005,0.0005,900\n", "1 span of histograms.csv do not rise"},
		"overflow":   {"1,latency_s,0.003,0.003,9223372036854775807\n", `column "count": 9223372036854775807 durations`},
		"unknown":    {"1,waiting_s,0.003,0.003,5\n", "belong to no trial or no known measure"},
		"no number":  {"1,latency_s,NaN,0.003,5\n", "is not a finite number"},
		"other file": {"1,moved_B,17\n", "3 fields, but the header has 5"},
	} {
		dir := measured(t)
		edit(t, dir, record.HistogramsFile, func(s string) string {
			return strings.Replace(s, "1,latency_s,0.002,0.002,50\n", "1,latency_s,0.002,0.002,50\n"+test.insert, 1)
		})
		d := load(t, dir)
		if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], test.want) {
			t.Errorf("%s: warnings %q, want %q", name, d.Warnings, test.want)
		}
		for _, c := range d.Cells {
			for i, trial := range c.Trials {
				if trial == 1 && (c.Values["latency_p50_s"][i] != 0.001 || c.Values["latency_max_s"][i] != 0.002) {
					t.Errorf("%s: median %v, maximum %v", name, c.Values["latency_p50_s"][i], c.Values["latency_max_s"][i])
				}
			}
		}
	}
}
