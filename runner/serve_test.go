package runner

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/load"
	"forklore/runner/work"
)

// measured returns what a run's measures.csv and histograms.csv hold, by trial: the counts of distributions
// under their names.
func measured(t *testing.T, dir string) map[int]map[string]float64 {
	t.Helper()
	values := map[int]map[string]float64{}
	of := func(trial int) map[string]float64 {
		if values[trial] == nil {
			values[trial] = map[string]float64{}
		}
		return values[trial]
	}
	for m, err := range record.ReadMeasures(filepath.Join(dir, record.MeasuresFile)) {
		if err != nil {
			t.Fatal(err)
		}
		of(m.Trial)[m.Measure] = m.Value
	}
	for b, err := range record.ReadHistograms(filepath.Join(dir, record.HistogramsFile)) {
		if err != nil {
			t.Fatal(err)
		}
		of(b.Trial)[b.Measure] += float64(b.Count)
	}
	return values
}

// Servers of every model are under load for real: what they handled is what was answered, and the rate
// that is offered is the same for all.
func TestServersUnderLoad(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Do servers of all models answer?
workloads: [{use: http, handler: echo, load: [closed, 50%], accept: [reuseport, inherited], connections: 4, duration: 100ms}]
models: [sequential, goroutines, threads, processes, {use: hybrid, processes: 2}]
cores: [1]
workers: [2]
iterations: 2
trials: 1
`))
	if len(rows) != 2*(5+2) {
		t.Errorf("%d rows", len(rows))
	}
	values := measured(t, out.Dir)
	offered := math.NaN()
	for _, r := range rows {
		v := values[r.Trial]
		name := r.Model + " " + r.Params
		if r.Status != record.OK || !(r.ItemsDone > 0) || r.Checksum != "" || !(r.CPUWorkS > 0) || !(r.WallS > 0.2) || r.GoMaxProcs != 1 && r.Model != experiments.Hybrid {
			t.Errorf("%s: %s %s, %v requests, checksum %q, %v s of CPU, %v s", name, r.Status, r.Detail, r.ItemsDone, r.Checksum, r.CPUWorkS, r.WallS)
			continue
		}
		for _, m := range []string{work.MeasureLatency, work.MeasureService, work.MeasureOffered, work.MeasureAchieved} {
			if !(v[m] > 0) {
				t.Errorf("%s: %s is %v", name, m, v[m])
			}
		}
		if v[work.MeasureErrors] != 0 || v[work.MeasureLatency] != v[work.MeasureService] || v[work.MeasureLatency] > r.ItemsDone {
			t.Errorf("%s: %v errors, %v latencies and %v service times of %v requests", name, v[work.MeasureErrors], v[work.MeasureLatency], v[work.MeasureService], r.ItemsDone)
		}
		_, has := v[work.MeasureGini]
		if want := r.Model != experiments.Sequential && r.Model != experiments.Goroutines; has != want {
			t.Errorf("%s: gini is there: %v, want %v", name, has, want)
		}
		if !strings.Contains(r.Params, "load=50%") {
			continue
		}
		if v[work.MeasureOffered] != offered && !math.IsNaN(offered) {
			t.Errorf("%s is offered %v requests/s, another model %v", name, v[work.MeasureOffered], offered)
		}
		offered = v[work.MeasureOffered]
	}
	m, err := record.ReadManifest(filepath.Join(out.Dir, record.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Calibration) != 1 || !(m.Calibration[0].RatePerS > 0) || !strings.Contains(m.Calibration[0].Cell, "goroutines") {
		t.Errorf("capacities %+v: want that of the first model that is concurrent", m.Calibration)
	}
}

// The greatest rate under an objective is found, and is one that the server can do.
func TestSearchUnderObjective(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: How much can it do?
workloads: [{use: http, handler: downstream, wait: 5ms, load: max, objective: 1s, percentile: p50, connections: 4, at_once: 1, duration: 1s}]
models: [goroutines]
cores: [1]
workers: [2]
trials: 1
`))
	if rows[0].Status != record.OK {
		t.Fatalf("%+v", rows[0])
	}
	if max := measured(t, out.Dir)[1][work.MeasureMaxRate]; !(max > 10) || max > 450 { // two at once, 5 ms each; and what is on its way when a step ends
		t.Errorf("it can do %v requests/s", max)
	}
}

// serverProcesses lists living processes of servers and load generators, with their roles.
func serverProcesses(t *testing.T) map[int]string {
	t.Helper()
	found := map[int]string{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		words := bytes.Split(readProc(pid), []byte{0})
		if len(words) > 1 && (string(words[0]) == host.Server(program) || string(words[0]) == program) {
			found[pid] = string(words[1])
		}
	}
	return found
}

func readProc(pid int) []byte {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return text
}

const longServer = `
question: Does it end?
workloads: [{use: http, duration: 30s}]
models: [processes]
cores: [1]
workers: [2]
trials: 1
timeout: 60s
`

// tooLong is a trial that takes its warm-up longer than it may.
var tooLong = strings.NewReplacer("30s", "2s", "60s", "2100ms").Replace(longServer)

// A server process that is killed under load is a crashed row at once, and its load generator is gone.
func TestServerDiesUnderLoad(t *testing.T) {
	cfg := campaignOf(t, longServer)
	go func() {
		for limit := time.Now().Add(time.Minute); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
			roles := map[string]int{}
			for pid, role := range serverProcesses(t) {
				roles[role] = pid
			}
			if roles[load.Role] != 0 && roles[host.RoleWorker] != 0 {
				_ = syscall.Kill(roles[host.RoleWorker], syscall.SIGKILL)
				return
			}
		}
	}()
	begun := time.Now()
	_, rows := run(t, cfg)
	if r := rows[0]; r.Status != record.Crashed || !strings.Contains(r.Detail, "was killed by SIGKILL") {
		t.Errorf("%s: %s", r.Status, r.Detail)
	}
	if took := time.Since(begun); took > 29*time.Second {
		t.Errorf("it took %v: as long as the load would have", took)
	}
	if left := serverProcesses(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// So it is when the time of the trial is up, or the user stops it.
func TestLoadEndsWithItsTrial(t *testing.T) {
	t.Run("timeout", func(t *testing.T) {
		_, rows := run(t, campaignOf(t, tooLong))
		if r := rows[0]; r.Status != record.Timeout || !strings.Contains(r.Detail, "timeout 2.1s") {
			t.Errorf("%s: %s", r.Status, r.Detail)
		}
	})
	t.Run("killed", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stopped, stop := context.WithCancel(t.Context())
		context.AfterFunc(ctx, stop)
		if out, err := Run(stopped, campaignOf(t, longServer)); err != nil || !out.Interrupted {
			t.Errorf("%+v, %v", out, err)
		}
	})
	if left := serverProcesses(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Where the capacity could not be measured there is no share of it, and the row says why.
func TestUnknownCapacityIsSkipped(t *testing.T) {
	_, rows := run(t, campaignOf(t, strings.Replace(tooLong, "{use: http,", "{use: http, load: 60%,", 1)))
	if r := rows[0]; r.Status != record.Skipped || !strings.Contains(r.Detail, "the capacity that load is a share of is not known") || !strings.Contains(r.Detail, "timeout 2.1s") {
		t.Errorf("%s: %s", r.Status, r.Detail)
	}
}

// A run that goes on offers what it offered before.
func TestResumeKeepsTheCapacity(t *testing.T) {
	cfg := campaignOf(t, `
question: Is the capacity kept?
workloads: [{use: http, load: 50%, connections: 2, duration: 50ms}]
models: [goroutines, threads]
cores: [1]
trials: 2
`)
	stop := make(chan struct{})
	cfg.Stop = stop
	cfg.Progress = func(p Progress) {
		if p.Phase == Finished && p.Step.Trial == 1 {
			close(stop)
		}
	}
	out, err := Run(t.Context(), cfg)
	if err != nil || !out.Interrupted {
		t.Fatalf("%+v, %v", out, err)
	}
	again, err := Resume(t.Context(), Config{Program: program}, out.Dir)
	if err != nil || again.Trials != 4 || again.Failed > 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	m, err := record.ReadManifest(filepath.Join(out.Dir, record.ManifestFile))
	if err != nil || len(m.Calibration) != 1 {
		t.Errorf("capacities %+v, %v: want the one of the first part", m.Calibration, err)
	}
}

func TestGini(t *testing.T) {
	for _, c := range []struct {
		shares []float64
		want   float64 // NaN: none
	}{
		{nil, math.NaN()}, {[]float64{5}, math.NaN()}, {[]float64{0, 0}, math.NaN()},
		{[]float64{3, 3, 3}, 0}, {[]float64{0, 8}, 0.5}, {[]float64{8, 0, 0, 0}, 0.75}, {[]float64{1, 3}, 0.25}, {[]float64{3, 1}, 0.25},
		{[]float64{1, 2, 3, 4, 5}, 4.0 / 15}, // mean absolute difference 1.6 over twice the mean
	} {
		if got, ok := gini(c.shares); ok == math.IsNaN(c.want) || ok && math.Abs(got-c.want) > 1e-12 {
			t.Errorf("gini of %v is %v, %v; want %v", c.shares, got, ok, c.want)
		}
	}
}

// What the server counts must be what its clients got, but for those who saw an error.
func TestServedCountsMustAgree(t *testing.T) {
	for name, c := range map[string]struct {
		handled, answered int64
		errors            load.Errors
		status, detail    string
	}{
		"equal":           {10, 10, load.Errors{}, record.OK, ""},
		"cut off":         {11, 10, load.Errors{Cut: 1}, record.OK, ""},
		"never arrived":   {10, 10, load.Errors{TimedOut: 3}, record.OK, ""},
		"lost":            {9, 10, load.Errors{}, record.Wrong, "handled 9 requests, its clients got 10 answers"},
		"out of nowhere":  {12, 10, load.Errors{Cut: 1}, record.Wrong, "handled 12 requests"},
		"another body":    {10, 10, load.Errors{Wrong: 2, First: "x"}, record.Wrong, "2 answers had another body"},
		"nobody answered": {0, 0, load.Errors{Refused: 2, First: "connection refused"}, record.Crashed, "no request was answered: connection refused"},
	} {
		a := &attempt{cell: experiments.Cell{Workload: "http", Iterations: 1}, row: record.NewTrial(),
			dones:  []host.Done{{Report: host.Report{Finishes: []host.Finish{{Items: c.handled - c.handled/2}, {Rank: 1, Items: c.handled / 2}}}}},
			served: []served{{Result: load.Result{Done: c.answered, Errors: c.errors}}}}
		a.row.Status = record.OK
		a.prove()
		if a.row.Status != c.status || !strings.Contains(a.row.Detail, c.detail) {
			t.Errorf("%s: %s: %s", name, a.row.Status, a.row.Detail)
		}
	}
}

// Package record can't import the names of measures; they must be the same.
func TestSaturationIsTheSameWord(t *testing.T) {
	if record.Saturated != work.MeasureSaturated {
		t.Errorf("%q and %q", record.Saturated, work.MeasureSaturated)
	}
}
