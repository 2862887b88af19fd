package runner

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/work"
)

func measuredIn(t *testing.T, dir string) map[int]map[string]float64 {
	t.Helper()
	all := map[int]map[string]float64{}
	for m, err := range record.ReadMeasures(filepath.Join(dir, record.MeasuresFile)) {
		if err != nil {
			t.Fatal(err)
		}
		if all[m.Trial] == nil {
			all[m.Trial] = map[string]float64{}
		}
		all[m.Trial][m.Measure] = m.Value
	}
	return all
}

// A fault on purpose is no crash of a trial: its row is ok, with what was lost. Where somebody looks
// after the workers it is held against the plain loop like any other.
func TestFaultTrials(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: What is lost?
workloads:
  - {use: sieve, segment: 5000, items: 200, faults: {fault: [none, recovered, panic], supervised: [false, true], victim: -1}}
models: [goroutines, processes]
cores: [1]
workers: [3]
trials: 1
`))
	if out.Failed > 0 || len(rows) != 12 {
		t.Fatalf("%d rows, %+v", len(rows), out)
	}
	if i := slices.IndexFunc(out.Warnings, func(w string) bool { return strings.Contains(w, "prints") }); i >= 0 {
		t.Error(out.Warnings[i])
	}
	measured, sums := measuredIn(t, out.Dir), map[string]bool{}
	for _, r := range rows {
		m := measured[r.Trial]
		lost := m["lost_items"]
		fault, supervised := !strings.Contains(r.Params, "fault=none"), strings.Contains(r.Params, "supervised=true")
		if r.ItemsDone+lost != 200 || (lost > 0) != (fault && !supervised) || (r.Checksum == "") != (lost > 0) {
			t.Errorf("%s, %s: %v items done and %v lost, checksum %q", r.Params, r.Model, r.ItemsDone, lost, r.Checksum)
		}
		if lost == 0 {
			sums[r.Checksum] = true
		}
		if _, ok := m["restarts"]; ok != supervised {
			t.Errorf("%s, %s: measured %v", r.Params, r.Model, m)
		}
		died := strings.Contains(r.Params, "fault=panic")
		if math.IsNaN(r.MemHighB) != died || math.IsNaN(r.CPUWorkS) || r.CPUWorkS > r.CPUS {
			t.Errorf("%s, %s: memory %v; CPU %v of %v", r.Params, r.Model, r.MemHighB, r.CPUWorkS, r.CPUS)
		}
		if died {
			checkLog(t, filepath.Join(out.Dir, "log", r.Log))
		}
	}
	if len(sums) != 1 {
		t.Errorf("whole work has the checksums %v", slices.Collect(maps.Keys(sums)))
	}
}

// checkLog looks for the first of the last words, and for no more than is worth keeping.
func checkLog(t *testing.T, path string) {
	t.Helper()
	words, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(words), "panic: ") || len(words) > 2*lastWordsB {
		t.Errorf("%d bytes of last words: %.100q, %v", len(words), words, err)
	}
}

// An item that is lost in spite of a supervisor, or without a fault, makes a trial wrong.
func TestOnlyTheUnsupervisedMayLose(t *testing.T) {
	for fault, may := range map[string]bool{"none": false, "kill": true} {
		cell := map[string]string{"fault": fault, "supervised": "false", "segment": "5000"}
		if work.MayLose(cell) != may {
			t.Errorf("unsupervised, fault %s: may lose items: %v", fault, !may)
		}
		if cell["supervised"] = "true"; work.MayLose(cell) {
			t.Errorf("supervised, fault %s: may lose items", fault)
		}
	}
	if work.MayLose(map[string]string{"segment": "5000"}) {
		t.Error("work alone may lose items")
	}
}

func TestFaultsRefuse(t *testing.T) {
	for _, c := range []struct{ entry, more, want string }{
		{"use: sieve, items: 100, faults: kill", "models: [sequential, processes]", "there are no others to be spared"},
		{"use: sieve, duration: 1s, faults: kill", "models: [processes]", "write items in place of duration"},
		{"use: sieve, items: 100, faults: kill", "models: [processes]\nschedule: [dynamic]", "use schedule: static"},
		{"use: sieve, items: 100, faults: kill", "models: [processes]\niterations: 3", "use iterations: 1"},
		{"use: pingpong, items: 100, faults: kill", "models: [processes]", "use a workload without links"},
		{"use: mutex, items: 100, faults: kill", "models: [processes]", "whose workers share nothing, such as sieve"},
		{"use: spawn, items: 100, faults: kill", "models: [processes]", "whose workers share nothing, such as sieve"},
		{"use: sieve, items: 100, faults: {fault: kill, victim: 2}", "models: [processes]", "there is no worker 2 among 2"},
		{"use: sieve, items: 100, faults: pipe", "models: [processes]", "add deliver: pipe"},
		{"use: sieve, items: 100, faults: {fault: lock, deliver: pipe}", "models: [processes]", "use deliver: ledger"},
	} {
		doc := "question: Is it refused?\nworkloads: [{use: sha256, items: 4}, {" + c.entry + "}]\n" + c.more + "\ncores: [1]\nworkers: [2]\ntrials: 1\n"
		e, err := experiments.Load(experiments.Source{Name: "t", File: "t.yaml", Text: []byte(doc)}, catalogueOf(2), experiments.Options{})
		var texts []string
		if err == nil {
			var p *experiments.Plan
			if p, err = e.Plan(); err == nil {
				for _, d := range p.Dropped {
					texts = append(texts, d.Because)
				}
			}
		}
		if err != nil {
			texts = append(texts, err.Error())
		}
		if text := strings.Join(texts, "\n"); !strings.Contains(text, c.want) {
			t.Errorf("%s, %s:\n%s\nwant: ...%s...", c.entry, c.more, text, c.want)
		}
	}
}

// What is drawn in a trial follows from the seed of the file and the trial's number.
func TestSeedsOfTrials(t *testing.T) {
	seen := map[uint64]bool{}
	for range 2 {
		for trial := range 100 {
			seen[seedOf(1, trial)], seen[seedOf(2, trial)] = true, true
		}
	}
	if len(seen) != 200 {
		t.Errorf("200 pairs of seed and trial have %d seeds", len(seen))
	}
}
