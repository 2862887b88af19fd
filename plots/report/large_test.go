package report

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
)

// TestLargeRun holds a page of 200 cells under 3 MB, with every chart in it.
func TestLargeRun(t *testing.T) {
	n, missing := pageSize(t, large(), 72)
	if n > 3_000_000 || n < 1_500_000 {
		t.Errorf("the page has %d bytes, at most 3 MB are allowed", n)
	}
	if len(missing) > 0 {
		t.Errorf("the page lacks %q", missing)
	}
}

func TestFewerSpots(t *testing.T) {
	var many []plots.Spot
	for i := range 1000 {
		many = append(many, plots.Spot{Left: float64(i) / 1000, Text: "a value"})
	}
	drawn := []plots.Drawn{{Spots: many}, {Spots: many[:10]}, {Spots: []plots.Spot{{Text: strings.Repeat("x", 9000)}}}}
	thinned, size := fewer(drawn, 8000)
	if n := len(thinned[0].Spots); size > 8000 || n < 100 || n > 500 || len(thinned[1].Spots) != 10 || len(thinned[2].Spots) != 0 || len(drawn[0].Spots) != 1000 {
		t.Errorf("%d bytes: %d, %d and %d spots", size, n, len(thinned[1].Spots), len(thinned[2].Spots))
	}
}

// BenchmarkLargeRun draws all charts of 200 cells for screens, and their page.
func BenchmarkLargeRun(b *testing.B) {
	d := large()
	for b.Loop() {
		n, _ := pageSize(b, d, plots.ScreenDPI)
		b.ReportMetric(float64(n), "page-B")
	}
}

func pageSize(t testing.TB, d *digest.Digest, dpi int) (n int, missing []string) {
	t.Helper()
	dir := t.TempDir()
	drawn, err := plots.Render(d, dir, plots.Options{DPI: dpi})
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteHTML(d, drawn, dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, HTMLFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range drawn {
		if c.Absent == "" && !bytes.Contains(page, []byte(`id="chart-`+c.Name+`"`)) {
			missing = append(missing, c.Name)
		}
	}
	return len(page), missing
}

// large has 200 cells of 10 trials with all that a chart may ask for.
func large() *digest.Digest {
	d := run(10, "sieve")
	four := d.Cells
	d.Cells = nil
	for i := range 50 {
		for _, c := range four {
			c.ID = fmt.Sprintf("%d-%s", i, c.ID)
			c.Label = fmt.Sprintf("sieve n=%d", 1000*(i+1))
			c.Values = maps.Clone(c.Values)
			for k, name := range []string{"spawn_s", "setup_s", "merge_s", "reap_s", "gc_cpu_s", "steal_s", "foreign_cpu_s", "psi_cpu_s", "psi_io_s", "mem_low_B", "rss_peak_B", "pss_done_B", "uss_done_B"} {
				for t := range c.Trials {
					c.Values[name] = append(c.Values[name], float64((t*7919+k*104729+i)%100+1)/1e4)
				}
			}
			d.Cells = append(d.Cells, c)
			for k, trial := range c.Trials {
				d.Lines = append(d.Lines, lineOf(len(d.Cells)-1, trial+40*i, k))
				it := digest.Iterated{Cell: len(d.Cells) - 1, Trial: trial + 40*i, Step: 1}
				for n := range 50 {
					it.Number, it.WallS = append(it.Number, n+1), append(it.WallS, 1+float64((n*7919+k)%97)/1e3)
				}
				d.Iterations = append(d.Iterations, it)
			}
		}
	}
	d.Manifest.Plan.Claims = []experiments.Claim{{ID: "faster", Says: "Goroutines are faster.", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "goroutines", Right: "processes"}}
	return d
}

func lineOf(cell, trial, k int) digest.Line {
	l := digest.Line{Cell: cell, Trial: trial}
	for j := range 50 {
		v := float64((j*7919+k*104729+cell)%100) / 100
		l.T, l.CPUs = append(l.T, float64(j)/50), append(l.CPUs, 0.9+0.1*v)
		l.RSS, l.PSS = append(l.RSS, (8+v)*(1<<20)), append(l.PSS, (6+v)*(1<<20))
		l.HostCPUs, l.HostRSS = append(l.HostCPUs, 0.01*v), append(l.HostRSS, 1<<20)
	}
	return l
}
