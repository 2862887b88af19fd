package runner

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/internal/built"
	"forklore/metrics"
	"forklore/metrics/record"
)

var program string

// TestMain builds the real trialhost: every test here runs real trials.
func TestMain(m *testing.M) {
	built.Main(m, func(dir string) { program = filepath.Join(dir, built.Light) }, built.Light, built.Heavy, built.Server)
}

// campaignOf loads a document as the command line would.
func campaignOf(t testing.TB, yaml string) Config {
	t.Helper()
	return campaignFrom(t, experiments.Source{Text: []byte(yaml)})
}

// campaignFrom loads a document from where it lies.
func campaignFrom(t testing.TB, src experiments.Source) Config {
	t.Helper()
	cpus, err := metrics.UsableCPUs()
	if err != nil {
		t.Fatal(err)
	}
	src.Name, src.File = "test", "test.yaml"
	e, err := experiments.Load(src, Catalogue([]string{"trials"}, len(cpus)), experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Experiment: e, Plan: p, Program: program, Root: t.TempDir(), Command: []string{"forklore", "run", "test"}}
}

func run(t *testing.T, cfg Config) (Outcome, []record.Trial) {
	t.Helper()
	out, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out, rowsOf(t, out.Dir)
}

func rowsOf(t *testing.T, dir string) []record.Trial {
	t.Helper()
	var rows []record.Trial
	for r, err := range record.ReadTrials(filepath.Join(dir, record.TrialsFile)) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, *r)
	}
	return rows
}

const allModels = `
question: Do all models do the same work?
workloads: [{use: sieve, items: 12, segment: 2048}]
models: [sequential, goroutines, threads, processes, {use: hybrid, processes: 2}]
cores: [1]
workers: [2]
schedule: [static, dynamic]
trials: 2
sample: {every: 20ms}
`

func TestEveryModelMakesWholeRows(t *testing.T) {
	out, rows := run(t, campaignOf(t, allModels))
	if out.Failed > 0 || out.Interrupted || len(rows) != out.Trials || out.Trials < 2*9 {
		t.Fatalf("%+v with %d rows", out, len(rows))
	}
	for _, r := range rows {
		if r.Status != record.OK {
			t.Errorf("trial %d %s: %s: %s", r.Trial, r.Model, r.Status, r.Detail)
			continue
		}
		for name, v := range map[string]float64{"spawn_s": r.SpawnS, "wall_s": r.WallS, "first_s": r.FirstS, "reap_s": r.ReapS,
			"cold_s": r.ColdS, "cpu_s": r.CPUS, "cpu_self_s": r.CPUSelfS, "cpu_rusage_s": r.RusageS, "mem_high_B": r.MemHighB, "mem_base_B": r.MemBaseB} {
			if !(v > 0) {
				t.Errorf("trial %d %s: %s is %v", r.Trial, r.Model, name, v)
			}
		}
		for name, v := range map[string]float64{"setup_s": r.SetupS, "merge_s": r.MergeS, "cpu_work_s": r.CPUWorkS} {
			if !(v >= 0) {
				t.Errorf("trial %d %s: %s is %v", r.Trial, r.Model, name, v)
			}
		}
		procs := 1
		if r.Model == experiments.Threads {
			procs = 2 // each its own: the kernel schedules them
		}
		if r.ItemsDone != 12 || r.Checksum != rows[0].Checksum || r.GoMaxProcs != procs {
			t.Errorf("trial %d %s: %v items, checksum %s, GOMAXPROCS %d", r.Trial, r.Model, r.ItemsDone, r.Checksum, r.GoMaxProcs)
		}
		if gap := math.Abs(r.CPUS - r.RusageS); gap > 0.01*r.RusageS+0.001 {
			t.Errorf("trial %d %s: %s says %v s of CPU, the tree's rusage %v s", r.Trial, r.Model, r.CPUSource, r.CPUS, r.RusageS)
		}
		if sum := r.SpawnS + r.SetupS + r.WallS + r.MergeS + r.ReapS; sum > r.ColdS*1.001 {
			t.Errorf("trial %d %s: phases add up to %v s of %v s", r.Trial, r.Model, sum, r.ColdS)
		}
	}
}

// What fails is a row with a status, and the run goes on.
func TestFailuresAreRows(t *testing.T) {
	for how, want := range map[string]string{
		"panic": record.Crashed, "hang": record.Timeout, "wrong": record.Wrong, "leak": record.Crashed, "sleepsetup": record.Timeout,
	} {
		t.Run(how, func(t *testing.T) {
			limit := "30s"
			if want == record.Timeout {
				limit = "1s"
			}
			out, rows := run(t, campaignOf(t, fmt.Sprintf(`
question: Is a failure a row?
workloads:
  - {use: misbehave, how: %s, items: 4}
  - {use: empty, items: 4}
models: [goroutines, processes]
cores: [1]
workers: [2]
trials: 1
timeout: 30s
override:
  - {where: {workload: misbehave}, set: {timeout: %s}}
`, how, limit)))
			if len(rows) != 4 {
				t.Fatalf("%d rows, want 4", len(rows))
			}
			for _, r := range rows {
				switch {
				case r.Workload == "empty" && r.Status != record.OK:
					t.Errorf("a sibling suffered: %s: %s", r.Status, r.Detail)
				case r.Workload == "misbehave" && (r.Status != want || r.Detail == ""):
					t.Errorf("%s: got %s: %q, want %s", r.Model, r.Status, r.Detail, want)
				}
			}
			if how == "panic" && !strings.Contains(readLog(t, out.Dir, rows), "panic: ") {
				t.Error("no log holds the panic's words")
			}
		})
	}
}

func readLog(t *testing.T, dir string, rows []record.Trial) string {
	t.Helper()
	var all strings.Builder
	for _, r := range rows {
		if r.Log != "" {
			text, err := os.ReadFile(filepath.Join(dir, "log", r.Log))
			if err != nil {
				t.Error(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

func TestAutoItemsAgreeAcrossModels(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Is the calibrated work the same for all?
workloads: [{use: sha256, items: {auto: 50ms}}]
models: [sequential, goroutines, processes]
cores: [1]
workers: [1, 3]
trials: 1
`))
	if out.Failed > 0 {
		t.Fatalf("%+v", rows)
	}
	m, err := record.ReadManifest(filepath.Join(out.Dir, record.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Calibration) != 1 || m.Calibration[0].Items%3 != 0 {
		t.Fatalf("calibration %+v: want one, of items that 3 workers can share", m.Calibration)
	}
	for _, r := range rows {
		if r.Items != float64(m.Calibration[0].Items) || r.Checksum != rows[0].Checksum {
			t.Errorf("%s: %v items with checksum %s", r.Model, r.Items, r.Checksum)
		}
	}
}

// A run that is told to stop ends after the trial at hand, with all its rows.
func TestStopKeepsWhatWasMeasured(t *testing.T) {
	cfg := campaignOf(t, allModels)
	stop := make(chan struct{})
	cfg.Stop = stop
	cfg.Progress = func(p Progress) {
		if p.Phase == Finished && p.Step.Trial == 3 {
			close(stop)
		}
	}
	out, rows := run(t, cfg)
	if !out.Interrupted || len(rows) != 3 {
		t.Errorf("interrupted is %v after %d rows, want true after 3", out.Interrupted, len(rows))
	}
	if _, err := os.Lstat(filepath.Join(cfg.Root, "test", "latest")); err == nil {
		t.Error("latest points at a run that is not whole")
	}
}

func TestCancelKillsTheTrialAtHand(t *testing.T) {
	cfg := campaignOf(t, `
question: Can it be killed?
workloads: [{use: misbehave, how: spin, items: 4}]
models: [goroutines]
cores: [1]
trials: 2
timeout: 30s
`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg.Progress = func(p Progress) {
		if p.Phase == Proving {
			cancel()
		}
	}
	out, err := Run(ctx, cfg)
	if err != nil || !out.Interrupted {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestUnwritableFolderSaysWhatToDo(t *testing.T) {
	cfg := campaignOf(t, allModels)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	cfg.Root = filepath.Join(file, "results")
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "make it writable or name another folder") {
		t.Errorf("got %v", err)
	}
}

func TestCalibrationRounds(t *testing.T) {
	cell := func(w int) experiments.Cell {
		return experiments.Cell{Workload: "w", Workers: w, AutoS: 1}
	}
	c := &campaign{plan: &experiments.Plan{Cells: []experiments.Cell{cell(1), cell(2), cell(3), cell(8)}}}
	for in, want := range map[float64]int64{12345: 12000, 1: 8, 100: 96, 26: 24, 987654: 990000} {
		if got := c.round(groupOf(cell(1)), in); got != want {
			t.Errorf("round(%v) = %d, want %d", in, got, want)
		}
	}
}
