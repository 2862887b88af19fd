package report

import (
	"fmt"
	"os"
	"testing"
	"time"

	"forklore/metrics/digest"
	"forklore/plots"
)

// TestLargeRun holds a page of 200 cells, at full resolution, under 3 MB.
func TestLargeRun(t *testing.T) {
	d := large()
	dir := t.TempDir()
	start := time.Now()
	drawn, err := plots.Render(d, dir, plots.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("charts: %v", time.Since(start).Round(time.Millisecond))
	start = time.Now()
	if err := WriteHTML(d, drawn, dir); err != nil {
		t.Fatal(err)
	}
	t.Logf("page: %v", time.Since(start).Round(time.Millisecond))
	info, err := os.Stat(dir + "/" + HTMLFile)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("page: %d bytes", info.Size()); info.Size() > 3_000_000 {
		t.Errorf("the page has %d bytes, more than 3 MB", info.Size())
	}
}

// large has 200 cells of 10 trials with 100 readings each.
func large() *digest.Digest {
	d := run(10, "sieve")
	four := d.Cells
	d.Cells = nil
	for i := range 50 {
		for _, c := range four {
			c.ID = fmt.Sprintf("%d-%s", i, c.ID)
			c.Label = fmt.Sprintf("sieve n=%d", 1000*(i+1))
			d.Cells = append(d.Cells, c)
			for k, trial := range c.Trials {
				l := digest.Line{Cell: len(d.Cells) - 1, Trial: trial + 40*i}
				for j := range 100 {
					v := float64((j*7919+k*104729+i)%100) / 100
					l.T, l.CPUs = append(l.T, float64(j)/100), append(l.CPUs, float64(c.Cores)*(0.9+0.1*v))
					l.RSS, l.PSS = append(l.RSS, (8+v)*(1<<20)), append(l.PSS, (6+v)*(1<<20))
				}
				d.Lines = append(d.Lines, l)
			}
		}
	}
	return d
}
