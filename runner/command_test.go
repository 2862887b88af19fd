package runner

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// commandCampaign loads a document with files beside it.
func commandCampaign(t *testing.T, yaml string, files map[string]string) Config {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o755}
	}
	return campaignFrom(t, experiments.Source{Text: []byte(yaml), Folder: folder, Here: t.TempDir()})
}

// A program of another language goes from the file to rows, measures and metrics.
func TestCommandsMakeWholeRows(t *testing.T) {
	const count = "i=0; while [ $i -lt $2 ]; do i=$((i+1)); done; echo sum $i; echo rate 1; echo rate $1.5; [ -f $0 ]\n"
	cfg := commandCampaign(t, `
question: Are programs measured as kernels are?
workloads:
  - label: plain
    command:
      sequential: [sh, bin/count.sh, 1, "{{items}}"]
      threads: [sh, bin/count.sh, "{{workers}}", "{{items}}"]
    files: [bin/count.sh]
    items: 2000
    verify: {output: '^sum 2000$'}
    metrics: {rate_s: {match: '^rate ([0-9.]+)$', less: false}}
  - label: gated
    command:
      sequential: [sh, -c, 'echo ready; while read go; do echo "result items=$0 sum=$0 share=0.5"; done; exit 0', "{{items}}"]
      threads: [sh, -c, 'echo ready; while read go; do echo "result items=$0 sum=$0 share=1.5"; done; exit 0', "{{items}}"]
    protocol: 1
    items: 3
    verify: {checksum: sum}
    metrics: {share: {less: true}}
models: [sequential, threads, processes]
cores: [1]
workers: [2]
iterations: [1, 2]
trials: 2
sample: {every: 5ms}
`, map[string]string{"bin/count.sh": count})
	out, rows := run(t, cfg)
	if out.Failed > 0 || len(rows) != 12 {
		t.Fatalf("%d rows: %+v %+v", len(rows), out, rows)
	}
	for _, r := range rows {
		plain := r.Workload == "plain"
		present := map[string]float64{"wall_s": r.WallS, "cold_s": r.ColdS, "reap_s": r.ReapS, "cpu_s": r.CPUS, "items_done": r.ItemsDone}
		absent := map[string]float64{"first_s": r.FirstS, "cpu_self_s": r.CPUSelfS, "gc_cycles": r.GCCycles, "bytes_done_B": r.BytesDone}
		into := map[bool]map[string]float64{true: absent, false: present}[plain]
		maps.Copy(into, map[string]float64{"spawn_s": r.SpawnS, "setup_s": r.SetupS, "mem_high_B": r.MemHighB, "mem_base_B": r.MemBaseB})
		for name, v := range present {
			if !(v > 0) {
				t.Errorf("%s %s: %s is %v", r.Workload, r.Model, name, v)
			}
		}
		for name, v := range absent {
			if !math.IsNaN(v) {
				t.Errorf("%s %s: %s is %v, and nobody can know", r.Workload, r.Model, name, v)
			}
		}
		if plain == (r.Checksum != "") || !(r.CPUWorkS >= 0) || r.GoMaxProcs != 0 || !plain && r.ItemsDone != float64(3*r.Iterations) {
			t.Errorf("%s %s: checksum %q, %v s of CPU, %v items", r.Workload, r.Model, r.Checksum, r.CPUWorkS, r.ItemsDone)
		}
		if sum := r.WallS + r.MergeS + r.ReapS; sum > r.ColdS*1.001 {
			t.Errorf("phases add up to %v s of %v s", sum, r.ColdS)
		}
	}
	d, err := digest.Load(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Cells {
		want := map[string]map[string]float64{"plain": {"sequential": 1.5, "threads": 2.5}, "gated": {"sequential": 0.5, "threads": 1.5}}[c.Label][c.Model]
		got := slices.Concat(c.Values["rate_s"], c.Values["share"])
		if len(got) != 2 || got[0] != want || got[1] != want {
			t.Errorf("%s %s printed %v, want %v", c.Label, c.Model, got, want)
		}
	}
	if m := d.Manifest; len(m.Files) != 1 || m.Files[0].Name != "bin/count.sh" || len(m.Measures) != 2 || m.Measures[0].Less || !m.Measures[1].Less {
		t.Errorf("files %+v, measures %+v", m.Files, m.Measures)
	}
	if !strings.Contains(readLog(t, out.Dir, rows), "--- stdout\nsum 2000\n") {
		t.Error("what a program printed is not in its log")
	}
}

// Whatever is wrong with a program is the status and the detail of its rows, and siblings do not suffer.
func TestCommandFailuresAreRows(t *testing.T) {
	for name, c := range map[string]struct {
		entry, status, detail string
	}{
		"exit code":       {`command: {threads: [sh, -c, "echo cause >&2; exit 2"]}`, record.Wrong, "exited with code 2 instead of 0: cause"},
		"output":          {`command: {threads: [sh, -c, "echo summ 5"]}, verify: {output: "^sum "}`, record.Wrong, "no line of stdout matches ^sum "},
		"output, cut":     {`command: {threads: [sh, -c, "head -c 100000 /dev/zero; exit 0"]}, verify: {output: "^sum"}`, record.Wrong, "(of its 100000 bytes head and tail are kept)"},
		"sha":             {`command: {threads: [echo, test]}, verify: {checksum: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}`, record.Wrong, "stdout has the SHA-256 f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2 instead of 9f86"},
		"right sha":       {`command: {threads: [printf, test]}, verify: {checksum: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}`, record.OK, ""},
		"models disagree": {`command: {sequential: [echo, "1"], threads: [echo, "2"]}, verify: {checksum: stdout}`, record.Wrong, "but the same work in a plain loop gives"},
		"sums disagree":   {`command: {sequential: [sh, -c, "echo ready; read go; echo result sum=1; read end; exit 0"], threads: [sh, -c, "echo ready; read go; echo result sum=2; read end; exit 0"]}, protocol: 1`, record.Wrong, "but the same work in a plain loop gives"},
		"no sum":          {`command: {threads: [sh, -c, "echo ready; read go; echo result; read end; exit 0"]}, protocol: 1, verify: {checksum: sum}`, record.Wrong, "told no sum"},
		"items":           {`command: {threads: [sh, -c, "echo ready; read go; echo result items=4; read end; exit 0"]}, protocol: 1, items: 5`, record.Wrong, "5 items were dealt, 4 came back"},
		"missing":         {`command: {threads: [no-such-interpreter, x.py]}, install: "apt-get install it"`, record.Skipped, "there is no program no-such-interpreter in PATH "},
		"missing, auto":   {`command: {threads: [no-such-interpreter, "{{items}}"]}`, record.Skipped, "there is no program no-such-interpreter in PATH "},
		"skips":           {`command: {threads: [sh, -c, "echo skip no such module"]}, protocol: 1`, record.Skipped, "sh: no such module"},
		"build fails":     {`command: {threads: [./program]}, build: [sh, -c, "echo cause >&2; exit 7"]`, record.Crashed, "sh -c echo cause >&2; exit 7 failed: exit status 7; see log/build-broken.txt"},
		"build missing":   {`command: {threads: [./program]}, build: [no-such-compiler], install: "apt-get install it"`, record.Skipped, "there is no program no-such-compiler in PATH "},
		"needs":           {`command: {threads: [echo]}, needs: [sh, no-such-tool], install: "apt-get install it"`, record.Skipped, "there is no program no-such-tool in PATH "},
		"forks away":      {`command: {threads: [sh, -c, "setsid sleep 100 & exit 0"]}`, record.Crashed, "left behind, now killed: "},
	} {
		t.Run(name, func(t *testing.T) {
			out, rows := run(t, commandCampaign(t, `
question: Is a failure a row?
workloads:
  - {label: broken, `+c.entry+`}
  - {use: empty, items: 4}
models: [sequential, threads]
cores: [1]
trials: 2
`, nil))
			seen := false
			for _, r := range rows {
				switch {
				case r.Workload == "empty" && r.Status != record.OK:
					t.Errorf("a sibling suffered: %s: %s", r.Status, r.Detail)
				case r.Workload == "broken" && r.Model == "threads" && r.Block == 2: // after the plain loop, which may be second in its block
					seen = true
					if r.Status != c.status || !strings.Contains(r.Detail, c.detail) {
						t.Errorf("got %s: %q\nwant %s: %q", r.Status, r.Detail, c.status, c.detail)
					}
					if strings.Contains(c.entry, "install") && !strings.HasSuffix(r.Detail, ": apt-get install it") {
						t.Errorf("%q does not say how to install it", r.Detail)
					}
				}
			}
			if !seen {
				t.Errorf("no row of the program: %+v", rows)
			}
			for _, w := range out.Warnings {
				if strings.Contains(w, "plain loop") {
					t.Errorf("a program has no plain loop of ours: %s", w)
				}
			}
		})
	}
}

// A trial has a fresh folder with the files alone, what was built among them, and leaves nothing for the next.
func TestCommandFolders(t *testing.T) {
	const script = `[ "$PWD" = "$1" ] && [ "$TMPDIR" = "$1" ] || exit 3
[ "$(cat built)" = original ] || exit 4
[ ! -e litter ] && touch litter lib/litter && [ "$(ls lib | wc -l)" = 2 ]
`
	cfg := commandCampaign(t, `
question: Is each folder fresh?
workloads:
  - label: script
    command: {threads: [./script.sh, "{{dir}}", "{{here}}"]}
    files: [script.sh, source, lib/x]
    build: [sh, -c, "cp source built"]
models: [threads]
cores: [1]
trials: 3
`, map[string]string{"script.sh": "#!/bin/sh\n" + script, "source": "original", "lib/x": "", "beside": "not named"})
	out, rows := run(t, cfg)
	if out.Failed > 0 || len(rows) != 3 {
		t.Errorf("%+v %+v", rows, readLog(t, out.Dir, rows))
	}
	if _, err := os.Stat(filepath.Join(out.Dir, "files", "beside")); err == nil {
		t.Error("a file that was not named was kept")
	}
	if _, err := os.Stat(filepath.Join(out.Dir, "files", "built")); err != nil {
		t.Error(err)
	}
}

// Without files a command runs in the experiment's own folder.
func TestCommandRunsInTheExperimentsFolder(t *testing.T) {
	cfg := commandCampaign(t, `
question: Where does it run?
workloads:
  - {label: script, command: {threads: [./script.sh, "{{here}}"]}}
models: [threads]
cores: [1]
trials: 1
`, nil)
	if err := os.WriteFile(filepath.Join(cfg.Experiment.Here, "script.sh"), []byte("#!/bin/sh\n[ $PWD = $1 ]\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if out, rows := run(t, cfg); out.Failed > 0 {
		t.Errorf("%+v", rows)
	}
}

// items: auto asks the plain loop of a command how long its items take, and fixed time tells it the time.
func TestCommandAmounts(t *testing.T) {
	const loop = "i=0; while [ $i -lt $0 ]; do i=$((i+1)); done; echo $i"
	cfg := commandCampaign(t, `
question: How much work is it?
workloads:
  - label: counted
    command: {sequential: [sh, -c, "`+loop+`", "{{items}}"], threads: [sh, -c, "`+loop+`", "{{items}}"]}
    items: {auto: 400ms}
    verify: {checksum: stdout}
  - label: timed
    command: {threads: [sleep, "{{seconds}}"]}
    duration: 40ms
  - label: timed-gate
    command: {threads: [sh, -c, "echo ready; read go; sleep $0; echo result items=9; read end; exit 0", "{{seconds}}"]}
    protocol: 1
    duration: 40ms
models: [sequential, threads]
cores: [1]
trials: 1
`, nil)
	out, rows := run(t, cfg)
	if out.Failed > 0 || len(rows) != 4 {
		t.Fatalf("%+v", rows)
	}
	by := map[string]record.Trial{}
	for _, r := range rows {
		by[r.Workload+" "+r.Model] = r
	}
	if a, b := by["counted sequential"], by["counted threads"]; a.Items < 1 || a.Items != b.Items || a.Checksum == "" || a.Checksum != b.Checksum {
		t.Errorf("%v items with checksum %s against %v with %s", a.Items, a.Checksum, b.Items, b.Checksum)
	}
	if r := by["timed threads"]; r.WallS < 0.04 || !math.IsNaN(r.ItemsDone) || r.DurationS != 0.04 {
		t.Errorf("%v s of %v s, %v items", r.WallS, r.DurationS, r.ItemsDone)
	}
	if r := by["timed-gate threads"]; r.WallS < 0.04 || r.ItemsDone != 9 {
		t.Errorf("%v s, %v items", r.WallS, r.ItemsDone)
	}
}

// The start of a plain program is no part of what its items take.
func TestPlainCalibration(t *testing.T) {
	for _, c := range []struct{ start, each, aim float64 }{{0.3, 1e-6, 1}, {0.3, 1e-9, 1}, {0.01, 1e-4, 0.05}, {0.02, 0.02, 1}, {0.4, 1, 1}, {0, 1e-7, 1}} {
		n, enough, timed := int64(2), false, 0
		for !enough && timed < tries {
			n, enough = more(n, c.start+c.each*float64(n), c.start, c.aim)
			timed++
		}
		want := max(1, (c.aim-c.start)/c.each)
		if !enough || math.Abs(float64(n)-want) > 0.01*want+1 {
			t.Errorf("%+v: %d items after %d trials, want %.0f", c, n, timed, want)
		}
	}
}

// What a program does not print, or nobody asked for, is told once.
func TestCommandMetricsThatAreNotThere(t *testing.T) {
	out, rows := run(t, commandCampaign(t, `
question: What is not there?
workloads:
  - label: plain
    command: {threads: [echo, took, 1e999]}
    metrics: {took_s: {match: '^took (.*)$', less: true}, sent_B: {match: '^sent ([0-9]+)$', less: true}}
  - label: gated
    command: {threads: [sh, -c, "echo ready; read go; echo result extra_s=1; read end; exit 0"]}
    protocol: 1
models: [threads]
cores: [1]
trials: 2
`, nil))
	if out.Failed > 0 {
		t.Fatalf("%+v", rows)
	}
	for _, want := range []string{`plain: "1e999", which took_s matches, is not a finite number`, "plain: some trials do not tell took_s: it is absent there",
		"plain: some trials do not tell sent_B: it is absent there", "gated tells extra_s in its result, which its metrics do not name: it is not kept"} {
		if !slices.Contains(out.Warnings, want) {
			t.Errorf("no warning says: %s\nbut\n%s", want, strings.Join(out.Warnings, "\n"))
		}
	}
	for m, err := range record.ReadMeasures(filepath.Join(out.Dir, record.MeasuresFile)) {
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%+v was written", m)
	}
}

// A resumed run has the files that it began with, and where its commands run.
func TestCommandsAreResumed(t *testing.T) {
	cfg := commandCampaign(t, `
question: Does a command go on where it was?
workloads:
  - {label: kept, command: {threads: [sh, script.sh]}, files: [script.sh], build: [sh, -c, "cp script.sh built"]}
  - {label: there, command: {threads: [sh, -c, "[ $PWD = $0 ]", "{{here}}"]}}
models: [threads]
cores: [1]
trials: 3
`, map[string]string{"script.sh": "cmp script.sh built\n"})
	stop := make(chan struct{})
	cfg.Stop = stop
	cfg.Progress = func(p Progress) {
		if p.Phase == Finished && p.Step.Trial == 2 {
			close(stop)
		}
	}
	out, err := Run(t.Context(), cfg)
	if err != nil || !out.Interrupted {
		t.Fatalf("%+v, %v", out, err)
	}
	again, err := Resume(t.Context(), Config{Program: program}, out.Dir)
	if err != nil || again.Kept != 2 || again.Trials != 6 || again.Failed != 0 {
		t.Errorf("%+v, %v: %+v", again, err, rowsOf(t, out.Dir))
	}
}
