package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/record"
	"forklore/runner/host"
)

// What is too heavy for every start is run by the heavy trialhost, in every model.
func TestHeavyWorkloads(t *testing.T) {
	_, rows := run(t, campaignOf(t, `
question: Are heavy workloads run?
workloads:
  - {use: json, items: 8}
  - {use: compress, items: 8}
  - {use: pingpong, encoding: [gob, json, binary, raw], items: 8}
models: [goroutines, processes]
cores: [1]
workers: [2]
trials: 1
`))
	if len(rows) != 12 {
		t.Errorf("%d rows, want 12", len(rows))
	}
	for _, r := range rows {
		if r.Status != record.OK {
			t.Errorf("%s %s, %s: %s: %s", r.Workload, r.Params, r.Model, r.Status, r.Detail)
		}
	}
}

// A missing heavy trialhost is told before anything is measured, and only to those who need it.
func TestHeavyIsMissing(t *testing.T) {
	alone := filepath.Join(t.TempDir(), "trialhost")
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(alone, text, 0o777); err != nil {
		t.Fatal(err)
	}
	for workload, want := range map[string]string{
		"json, items: 2": host.Heavy(alone) + " is missing", "http, duration: 50ms": host.Server(alone) + " is missing", "sieve, items: 2": "",
	} {
		cfg := campaignOf(t, "question: Q?\nworkloads: [{use: "+workload+"}]\nmodels: [goroutines]\ncores: [1]\ntrials: 1\n")
		cfg.Program = alone
		_, err := Run(t.Context(), cfg)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", workload, err, want)
		}
	}
}
