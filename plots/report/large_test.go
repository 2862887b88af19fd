package report

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"forklore/metrics/digest"
	"forklore/plots"
)

// TestLargeRun holds a page of 200 cells under 3 MB.
func TestLargeRun(t *testing.T) {
	if n := pageSize(t, large(), 72); n > 3_000_000 {
		t.Errorf("the page has %d bytes, more than 3 MB", n)
	}
}

// BenchmarkLargeRun draws all charts of 200 cells for screens, and their page.
func BenchmarkLargeRun(b *testing.B) {
	d := large()
	for b.Loop() {
		b.ReportMetric(float64(pageSize(b, d, plots.ScreenDPI)), "page-B")
	}
}

func pageSize(t testing.TB, d *digest.Digest, dpi int) int64 {
	t.Helper()
	dir := t.TempDir()
	drawn, err := plots.Render(d, dir, plots.Options{DPI: dpi})
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteHTML(d, drawn, dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, HTMLFile))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// large has 200 cells of 5 trials, one of them with readings.
func large() *digest.Digest {
	d := run(5, "sieve")
	four := d.Cells
	d.Cells = nil
	for i := range 50 {
		for _, c := range four {
			c.ID = fmt.Sprintf("%d-%s", i, c.ID)
			c.Label = fmt.Sprintf("sieve n=%d", 1000*(i+1))
			d.Cells = append(d.Cells, c)
			for k, trial := range c.Trials[:1] {
				l := digest.Line{Cell: len(d.Cells) - 1, Trial: trial + 40*i}
				for j := range 20 {
					v := float64((j*7919+k*104729+i)%100) / 100
					l.T, l.CPUs = append(l.T, float64(j)/20), append(l.CPUs, float64(c.Cores)*(0.9+0.1*v))
					l.RSS, l.PSS = append(l.RSS, (8+v)*(1<<20)), append(l.PSS, (6+v)*(1<<20))
				}
				d.Lines = append(d.Lines, l)
			}
		}
	}
	return d
}
