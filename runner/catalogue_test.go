package runner

import (
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// The shipped experiments must be right for the real workloads, on small and
// on large machines, under every profile.
func TestShippedExperimentsAreValid(t *testing.T) {
	charts := []string{"trials", "speedup", "phases", "memory", "cpu-timeline", "memory-timeline"}
	for _, name := range experiments.Embedded() {
		src, ok := experiments.ReadEmbedded(name)
		if !ok {
			t.Fatalf("%s is listed but not there", name)
		}
		for _, cpus := range []int{1, 2, 6, 64} {
			for _, profile := range []string{"", "smoke", "thorough"} {
				cat := Catalogue(charts, cpus)
				for _, m := range digest.Metrics() {
					cat.Metrics = append(cat.Metrics, m.Name)
				}
				e, err := experiments.Load(src, cat, experiments.Options{Profile: profile})
				if err != nil {
					t.Errorf("%s, profile %q, %d CPUs:\n%v", name, profile, cpus, err)
					continue
				}
				if _, err := e.Plan(); err != nil {
					t.Errorf("%s, profile %q, %d CPUs: %v", name, profile, cpus, err)
				}
			}
		}
	}
}

// The host can't import the words of trials.csv; they must be the same.
func TestStatusesAreTheSameWords(t *testing.T) {
	for ours, theirs := range map[string]string{
		host.StatusCrashed: record.Crashed, host.StatusTimeout: record.Timeout, host.StatusOOM: record.OOM, host.StatusKilled: record.Killed,
	} {
		if ours != theirs {
			t.Errorf("host says %q, record says %q", ours, theirs)
		}
	}
}
