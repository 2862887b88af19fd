package digest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/record"
)

// withMeasures adds what workloads measured to a run's folder.
func withMeasures(t *testing.T, dir, measures, histograms string) {
	t.Helper()
	path := filepath.Join(dir, record.ManifestFile)
	m, err := record.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	m.Measures = []record.Measure{
		{Name: "moved_B", Title: "bytes moved", Unit: "B", Doc: "of the test", Less: true, Merge: "sum"},
		{Name: "latency_s", Title: "latency", Unit: "s", Doc: "of the test", Less: true, Hist: true},
	}
	if err := record.WriteManifest(path, m); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{record.MeasuresFile: measures, record.HistogramsFile: histograms} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMeasuresBecomeMetrics(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 7}.write(t)
	first := load(t, dir).Cells[0].Trials
	withMeasures(t, dir,
		fmt.Sprintf("trial,measure,value\n%d,moved_B,4096\n%d,odd_B,1\n99999,moved_B,1\n", first[1], first[1]),
		fmt.Sprintf("trial,measure,lo_s,hi_s,count\n%[1]d,latency_s,0.001,0.001,98\n%[1]d,latency_s,0.5,0.6,1\n%[1]d,latency_s,2,3,1\n", first[2]))
	d := load(t, dir)
	c := d.Cells[0]
	if v := c.Values["moved_B"]; len(v) != 7 || v[1] != 4096 || !math.IsNaN(v[0]) {
		t.Errorf("moved_B %v", v)
	}
	if _, ok := d.Cells[1].Values["moved_B"]; ok {
		t.Error("a cell without the measure has an entry for it")
	}
	for name, want := range map[string]float64{"latency_p50_s": 0.001, "latency_p90_s": 0.001, "latency_p95_s": 0.001, "latency_p99_s": 0.6, "latency_p999_s": 3, "latency_max_s": 3} {
		if v := c.Values[name]; len(v) != 7 || v[2] != want || !math.IsNaN(v[0]) {
			t.Errorf("%s is %v, want %v for the third trial alone", name, v, want)
		}
		if m, err := d.Metric(name); err != nil || !m.Less || m.Unit != "s" {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	if len(d.Dists) != 1 || d.Dists[0].Cell != 0 || d.Dists[0].Trial != first[2] || Count(d.Dists[0].Buckets) != 100 {
		t.Errorf("distributions %+v", d.Dists)
	}
	if w := strings.Join(d.Warnings, "\n"); !strings.Contains(w, "2 rows of measures.csv and histograms.csv belong to no trial") {
		t.Errorf("no word of the odd rows in %q", w)
	}
	names := map[string]bool{}
	for _, row := range d.Summary().Rows {
		names[row[11]] = true
	}
	if !names["moved_B"] || !names["latency_p99_s"] {
		t.Errorf("the summary has %v", names)
	}
}

func TestMissingMeasuresAreTold(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 6}.write(t)
	withMeasures(t, dir, "", "")
	w := strings.Join(load(t, dir).Warnings, "\n")
	for _, file := range []string{record.MeasuresFile, record.HistogramsFile} {
		if !strings.Contains(w, "there is no "+file) {
			t.Errorf("no word of the missing %s in %q", file, w)
		}
	}
}

// A distribution of many spans is kept with few, without losing a duration or
// either end.
func TestCoarseKeepsCountAndEnds(t *testing.T) {
	for _, step := range []float64{1.001, 1.2} {
		var list []Bucket
		at := 1e-6
		for i := range 5000 {
			list = append(list, Bucket{at, at * step, 1 + (i*i)%7})
			if at *= step * 1.0001; at > 1e9 {
				at = 1e-6 * float64(i)
			}
		}
		short := coarse(list)
		if len(short) > maxBuckets || len(short) < maxBuckets/8 || Count(short) != Count(list) ||
			short[0].LoS != list[0].LoS || short[len(short)-1].HiS != list[len(list)-1].HiS {
			t.Errorf("step %v: %d buckets of %d, %d durations of %d", step, len(short), len(list), Count(short), Count(list))
		}
	}
}
