package runner

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// languageCampaign loads a document beside which the shipped programs lie.
func languageCampaign(t *testing.T, src experiments.Source, opt experiments.Options) Config {
	t.Helper()
	e, err := experiments.Load(src, Catalogue([]string{"trials", "speedup", "phases", "memory"}, 1), opt)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Experiment: e, Plan: p, Program: program, Root: t.TempDir(), Command: []string{"forklore", "run", src.Name}}
}

// The shipped programs do the same items in every language and under every model: whoever computes
// them, the sum is one.
func TestLanguagesAgree(t *testing.T) {
	programs := map[string]string{
		"c":      `[other-languages/work, cpu, MODEL, "{{workers}}", "{{items}}"]`,
		"python": `[python3, other-languages/work.py, cpu, MODEL, "{{workers}}", "{{items}}"]`,
		"node":   `[node, other-languages/work.js, cpu, MODEL, "{{workers}}", "{{items}}"]`,
	}
	text := "question: Do they agree?\nmodels: [sequential, threads, processes]\ncores: [1]\nworkers: [3]\ntrials: 1\nworkloads:\n"
	for name, argv := range programs {
		text += "  - label: " + name + "\n    items: 500\n    protocol: 1\n    verify: {checksum: sum}\n    metrics: {start_s: {less: true, unit: s}}\n    command:\n"
		for _, model := range []string{"sequential", "threads", "processes"} {
			one := strings.ReplaceAll(argv, "MODEL", model)
			if model == "sequential" {
				one = strings.ReplaceAll(one, "{{workers}}", "1")
			}
			text += fmt.Sprintf("      %s: %s\n", model, one)
		}
		text += "    files: [other-languages/work.c, other-languages/work.py, other-languages/work.js, other-languages/Makefile]\n"
		if name == "c" {
			text += "    needs: [make, cc]\n    build: [make, -s, -C, other-languages]\n"
		}
	}
	shipped, _ := experiments.ReadEmbedded("c-threads")
	_, rows := run(t, languageCampaign(t, experiments.Source{Name: "languages", File: "languages.yaml", Text: []byte(text), Folder: shipped.Folder}, experiments.Options{}))
	if len(rows) != 9 {
		t.Fatalf("%d rows, want 9", len(rows))
	}
	sum := ""
	for _, r := range rows {
		switch {
		case r.Status == record.Skipped && strings.Contains(r.Detail, "there is no program"):
			t.Logf("%s: %s", r.Workload, r.Detail)
			continue
		case r.Status != record.OK:
			t.Errorf("%s %s: %s: %s", r.Workload, r.Model, r.Status, r.Detail)
			continue
		case sum == "":
			sum = r.Checksum
		}
		if r.Checksum != sum || r.ItemsDone != 500 {
			t.Errorf("%s %s: checksum %s of %v items, others have %s", r.Workload, r.Model, r.Checksum, r.ItemsDone, sum)
		}
	}
}

// The shipped experiments run as they are, and what is skipped says why.
func TestShippedLanguagesRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, interpreter := range map[string]string{"c-threads": "cc", "python-threads": "python3", "node-threads": "node"} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(interpreter); err != nil {
				t.Skip(err)
			}
			src, _ := experiments.ReadEmbedded(name)
			_, rows := run(t, languageCampaign(t, src, experiments.Options{Profile: "smoke", Set: []string{"trials=1"}}))
			for _, r := range rows {
				if r.Status == record.Skipped && r.Workload == "python-free-cpu" && strings.Contains(r.Detail, "no CPython without the global interpreter lock") && strings.Contains(r.Detail, "uv python install") {
					continue
				}
				if r.Status != record.OK {
					t.Errorf("%s %s: %s: %s", r.Workload, r.Model, r.Status, r.Detail)
				}
				if !(r.MemHighB > 0) || !(r.SetupS > 0) || !(r.CPUWorkS > 0) {
					t.Errorf("%s %s: memory %v B, setup %v s, CPU %v s", r.Workload, r.Model, r.MemHighB, r.SetupS, r.CPUWorkS)
				}
			}
		})
	}
}
