package runner

import (
	"math"
	"testing"

	"forklore/metrics/record"
)

// A trial whose workers create processes has what these measure, and no memory that was only
// seen of some.
func TestSpawningTrials(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: What does a life cost?
workloads:
  - {use: spawn, k: 3, items: 4}
  - {use: respawn, lifetime: 2, task: 1000, items: 4}
models: [goroutines, threads, processes]
cores: [1]
trials: 1
`))
	if out.Failed > 0 {
		t.Fatalf("%+v", out)
	}
	sums := map[string]string{}
	for _, r := range rows {
		if r.Status != record.OK || sums[r.Workload] != "" && sums[r.Workload] != r.Checksum {
			t.Errorf("%s, %s: %s %s, checksum %s instead of %s", r.Workload, r.Model, r.Status, r.Detail, r.Checksum, sums[r.Workload])
		}
		sums[r.Workload] = r.Checksum
		if r.Workload == "spawn" && r.OpsDone != 4*3 {
			t.Errorf("%s: %v executors", r.Model, r.OpsDone)
		}
		unknown := r.Model == "processes" && r.MemSource != "cgroup"
		if math.IsNaN(r.MemHighB) != (r.Model == "processes") || (r.MemSource == "") != unknown {
			t.Errorf("%s, %s: memory %v from %q", r.Workload, r.Model, r.MemHighB, r.MemSource)
		}
	}
}
