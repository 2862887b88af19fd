package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/digest"
	"forklore/metrics/record"
)

const resumable5 = `
question: Does an interrupted run go on where it was?
workloads: [{use: sieve, segment: 2048, items: {auto: 5ms}}]
models: [sequential, goroutines, processes]
cores: [1]
scaling: [strong]
trials: 4
seed: 9
`

// interrupted makes a run that is stopped after so many trials.
func interrupted(t *testing.T, after int) (Config, Outcome) {
	t.Helper()
	cfg := campaignOf(t, resumable5)
	stop := make(chan struct{})
	cfg.Stop = stop
	done := 0
	cfg.Progress = func(p Progress) {
		if p.Phase == Finished {
			if done++; done == after {
				close(stop)
			}
		}
	}
	out, err := Run(t.Context(), cfg)
	if err != nil || !out.Interrupted || out.Trials != after {
		t.Fatalf("%+v, %v: want an interruption after %d trials", out, err, after)
	}
	return cfg, out
}

func TestResumeRunsWhatIsMissing(t *testing.T) {
	cfg, out := interrupted(t, 5)
	before, err := os.ReadFile(filepath.Join(out.Dir, record.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	// A crash in the middle of a row, and samples of a trial that never ended.
	torn := append(before, []byte("6,2,3,fal")...)
	if err := os.WriteFile(filepath.Join(out.Dir, record.TrialsFile), torn, 0o666); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(out.Dir, ".manifest.json.1234.tmp") // of a kill while the manifest was written
	if err := os.WriteFile(half, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), Config{Program: program}, out.Dir)
	if _, gone := os.Stat(half); !os.IsNotExist(gone) {
		t.Errorf("half a manifest is left: %v", gone)
	}
	if err != nil || again.Interrupted || again.Kept != 5 || again.Trials != 12 || again.Failed != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	rows := rowsOf(t, out.Dir)
	var steps []int
	items := rows[0].Items
	for step := range cfg.Plan.Steps() {
		r := rows[step.Trial-1]
		if r.Trial != step.Trial || r.Cell != cfg.Plan.Cells[step.Cell].ID || r.Status != record.OK || r.Items != items {
			t.Errorf("trial %d is %+v, want one of %v items of cell %d", step.Trial, r, items, step.Cell)
		}
		steps = append(steps, step.Trial)
	}
	if len(rows) != len(steps) {
		t.Errorf("%d rows for %d steps", len(rows), len(steps))
	}
	after, err := os.ReadFile(filepath.Join(out.Dir, record.TrialsFile))
	if err != nil || !strings.HasPrefix(string(after), string(before)) {
		t.Errorf("what was measured before has changed: %v", err)
	}
	d, err := digest.Load(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if w := strings.Join(d.Warnings, "\n"); !strings.Contains(w, "the run was interrupted and went on later, 1 time") || !strings.Contains(strings.Join(again.Warnings, "\n"), "torn last line") {
		t.Errorf("the interruption is not told: %q, %q", w, again.Warnings)
	}
	if _, err := Resume(t.Context(), Config{Program: program}, out.Dir); err == nil || !strings.Contains(err.Error(), "nothing to resume") {
		t.Errorf("a complete run was resumed: %v", err)
	}
}

// A run goes on only where its trials stay comparable, and only once at a time.
func TestResumeRefuses(t *testing.T) {
	_, out := interrupted(t, 1)
	path := filepath.Join(out.Dir, record.ManifestFile)
	m, err := record.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*record.Manifest){
		"trials of two versions are not one run": func(m *record.Manifest) { m.Version = "v0" },
		"start a new run here":                   func(m *record.Manifest) { m.Machine.Host = "elsewhere" },
	} {
		changed := *m
		change(&changed)
		if err := record.WriteManifest(path, &changed); err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(t.Context(), Config{Program: program}, out.Dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want a word of %q", err, want)
		}
	}
	if err := record.WriteManifest(path, m); err != nil {
		t.Fatal(err)
	}
	folder, err := record.Open(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	j, err := folder.Journal(record.Contents{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), Config{Program: program}, out.Dir); err == nil || !strings.Contains(err.Error(), "being written by another forklore") {
		t.Errorf("two writers: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := Resume(t.Context(), Config{Program: program}, out.Dir); err != nil || again.Trials != 12 {
		t.Errorf("%+v, %v", again, err)
	}
}

// A trial that the user killed says nothing about its cell: it runs again.
func TestResumeRepeatsWhatTheUserKilled(t *testing.T) {
	_, out := interrupted(t, 5)
	path := filepath.Join(out.Dir, record.TrialsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	last := lines[5] // behind the header
	lines[5] = strings.Replace(last, ",ok,,", ",killed,stopped by the user,", 1)
	if lines[5] == last {
		t.Fatalf("no status in %q", last)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), Config{Program: program}, out.Dir)
	if err != nil || again.Kept != 4 || again.Trials != 12 || again.Failed != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	if rows := rowsOf(t, out.Dir); len(rows) != 12 || rows[4].Status != record.OK {
		t.Errorf("%d rows, trial 5 is %+v", len(rows), rows[4])
	}
}
