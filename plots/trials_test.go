package plots

import (
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
)

// Labels of one workload that calibration gave different work stand below each other by
// throughput; the same work, and other workloads, keep their times.
func TestTrialsOfDifferentWorkAreThroughputs(t *testing.T) {
	cell := func(workload, label, param string, auto float64) entry {
		return entry{who: who{Label: label}, Cell: &digest.Cell{
			Cell:   experiments.Cell{Workload: workload, Params: map[string]string{"link": param}, AutoS: auto},
			Values: map[string][]float64{"wall_s": {1}, itemMetric.name: {100}},
		}}
	}
	for name, test := range map[string]struct {
		cells []entry
		want  map[string]mainMetric
	}{
		"calibrated apart": {[]entry{cell("pingpong", "pipe", "pipe", 1), cell("pingpong", "shm", "shm", 1), cell("sieve", "sieve", "", 1)},
			map[string]mainMetric{"pipe": itemMetric, "shm": itemMetric, "sieve": wallMetric}},
		"a fixed number of items": {[]entry{cell("pingpong", "pipe", "pipe", 0), cell("pingpong", "shm", "shm", 0)},
			map[string]mainMetric{"pipe": wallMetric, "shm": wallMetric}},
		"one calibration": {[]entry{cell("pingpong", "pipe", "pipe", 1), cell("pingpong", "pipe", "pipe", 1)},
			map[string]mainMetric{"pipe": wallMetric}},
	} {
		metrics := mainMetrics(test.cells)
		leaveTimes(test.cells, metrics)
		for label, want := range test.want {
			if metrics[label] != want {
				t.Errorf("%s: %s is shown by its %s, want %s", name, label, metrics[label].name, want.name)
			}
		}
	}
}
