package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/record"
)

// litter puts a file into a run's scratch folder, as a trial does whose runner is
// killed, and returns the folder.
func litter(t *testing.T, run string) string {
	t.Helper()
	dir := filepath.Join(run, scratchDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sieve-0"), []byte("left"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A run removes what killed ones left, and says so; never what may be in use.
func TestScratchOfDeadRunsIsRemoved(t *testing.T) {
	cfg, dead := interrupted(t, 1)
	again := func() Outcome {
		t.Helper()
		next := cfg
		next.Stop, next.Progress = nil, nil
		out, err := Run(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	left := litter(t, dead.Dir)
	if w := strings.Join(again().Warnings, "\n"); !strings.Contains(w, "removed what a run that was killed had left: ") || !strings.Contains(w, left) {
		t.Errorf("warnings %q", w)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the files are still there: %v", err)
	}

	folder := record.Folder{Dir: dead.Dir}
	j, err := folder.Journal(record.Contents{})
	if err != nil {
		t.Fatal(err)
	}
	left = litter(t, dead.Dir)
	if w := strings.Join(again().Warnings, "\n"); strings.Contains(w, left) {
		t.Errorf("removed from a run that is written to: %q", w)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := record.ReadManifest(folder.Manifest())
	if err != nil {
		t.Fatal(err)
	}
	here := m.Machine.Host
	m.Machine.Host = "elsewhere"
	if err := record.WriteManifest(folder.Manifest(), m); err != nil {
		t.Fatal(err)
	}
	if w := strings.Join(again().Warnings, "\n"); strings.Contains(w, left) {
		t.Errorf("removed from a run of another machine: %q", w)
	}
	m.Machine.Host = here
	if err := record.WriteManifest(folder.Manifest(), m); err != nil {
		t.Fatal(err)
	}
	out, err := Resume(t.Context(), Config{Program: program}, dead.Dir)
	if err != nil || !strings.Contains(strings.Join(out.Warnings, "\n"), left) {
		t.Errorf("resumed with %q, %v", out.Warnings, err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the files are still there: %v", err)
	}
}
