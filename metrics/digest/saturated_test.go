package digest

import (
	"fmt"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// A claim on cells whose load generator was the bottleneck is void, and says so; other claims of the run are not.
func TestSaturatedGeneratorVoidsVerdicts(t *testing.T) {
	slow := func(c *experiments.Cell) float64 {
		if c.Model == experiments.Processes {
			return 2
		}
		return 1
	}
	at2 := compares("at2", "goroutines", "processes")
	at2.Where = map[string][]string{"cores": {"2"}}
	at1 := compares("at1", "goroutines", "processes")
	at1.Where = map[string][]string{"cores": {"1"}}
	w := world{blocks: 10, noise: 0.01, claims: []experiments.Claim{at1, at2}}
	for _, n := range []int{1, 2} {
		w.cells = append(w.cells, cell(experiments.Goroutines, n), cell(experiments.Processes, n))
	}
	for saturated, want := range map[int]string{0: Supported, 2: Supported, 3: Inconclusive, 10: Inconclusive} {
		d := w.digest(1)
		for i := range d.Cells {
			c := &d.Cells[i]
			for k := range c.Trials {
				c.Values["wall_s"][k] *= slow(&c.Cell)
				c.put(record.Saturated, k, 0)
				if c.Cores == 2 && c.Model == experiments.Goroutines && k < saturated {
					c.put(record.Saturated, k, 1)
				}
			}
		}
		verdicts := d.Verdicts()
		if got := verdicts[0]; got.Verdict != Supported {
			t.Errorf("%d saturated trials elsewhere: %s, %s", saturated, got.Verdict, got.Reason)
		}
		got := verdicts[1]
		if got.Verdict != want || want == Inconclusive && !strings.Contains(got.Reason, fmt.Sprintf("the load generator was saturated in %d of 10 trials", saturated)) {
			t.Errorf("%d saturated trials of 10: %s, %s; want %s", saturated, got.Verdict, got.Reason, want)
		}
	}
}
