package law

import (
	"os"
	"testing"
)

// TestCalibration prints how often the 95 % intervals of the peak and of sigma
// hold the truth, by trials for each concurrency, and holds it to 0.90. With
// FORKLORE_CALIBRATE=1 it takes twenty times the runs.
func TestCalibration(t *testing.T) {
	runs, resamples := 200, 250
	if os.Getenv("FORKLORE_CALIBRATE") == "1" {
		runs, resamples = 4000, 1000
	}
	c := Curve{USL, 1000, 0.05, 0.002}
	peak, _ := c.Peak()
	for _, blocks := range []bool{true, false} {
		counts := []int{1, 2, 3, 6, 10}
		if !blocks {
			counts = counts[4:] // fewer are pooled, with blocks or without
		}
		for _, each := range counts {
			var inPeak, inSigma float64
			for i := range runs {
				d := trials(c, cores, each, 0.03, uint64(1000*each+i))
				if !blocks {
					d.Block = nil
				}
				f, err := Fit(USL, d, Options{Resamples: resamples, Seed: uint64(i)})
				if err != nil {
					t.Fatal(err)
				}
				if f.CI.PeakN.Contains(peak) {
					inPeak += 1 / float64(runs)
				}
				if f.CI.Sigma.Contains(c.Sigma) {
					inSigma += 1 / float64(runs)
				}
			}
			t.Logf("blocks %-5v n = %2d: peak %.3f, sigma %.3f of %d runs", blocks, each, inPeak, inSigma, runs)
			if min(inPeak, inSigma) < 0.90 {
				t.Errorf("blocks %v, n = %d: the 95 %% interval of the peak covers %.3f, of sigma %.3f; want 0.90", blocks, each, inPeak, inSigma)
			}
		}
	}
}
