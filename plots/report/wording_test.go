package report

import (
	"strings"
	"testing"

	"forklore/metrics/digest"
)

// strip removes metrics from every cell, as in a run that did not take them.
func strip(d *digest.Digest, metrics ...string) *digest.Digest {
	for i := range d.Cells {
		for _, m := range metrics {
			delete(d.Cells[i].Values, m)
		}
	}
	return d
}

func TestAnswerWithoutItems(t *testing.T) {
	uncounted := []string{"throughput_items_per_s", "cpu_per_item_s"}
	d := strip(run(6, "sieve"), uncounted...)
	if got, want := Answer(d), "processes had 1.05x the wall time of goroutines"; !strings.Contains(got, want) {
		t.Errorf("the answer lacks %q: %s", want, got)
	}
	for i := range d.Cells {
		d.Cells[i].DurationS = 1
	}
	if got := Answer(d); strings.Contains(got, "wall time of") {
		t.Errorf("the wall time of a fixed-time run is no finding: %s", got)
	}
}
