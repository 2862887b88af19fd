package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"forklore/runner/work"
)

// probed is one iteration of a trial with a probe.
type probed struct {
	done   Done
	values map[string]float64
	counts int64 // durations in lateness_s
	lateNS int64 // the greatest of them
}

// runProbed takes a job through iterations of limit (0: of fixed work), and calls look while it is ready.
func runProbed(t *testing.T, j Job, iterations int, limit time.Duration, look func([]Process)) []probed {
	t.Helper()
	j.Dir = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), patient.done)
	defer cancel()
	trial, err := Start(Options{Program: program, Job: j, Token: t.Name() + fmt.Sprint(time.Now().UnixNano())})
	if err != nil {
		t.Fatal(err)
	}
	procs, err := trial.Ready(ctx)
	if err != nil {
		trial.Abort(false)
		if f := (*Failure)(nil); errors.As(err, &f) && f.Status == StatusSkipped {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	if look != nil {
		look(procs)
	}
	var all []probed
	for range iterations {
		one := probed{values: map[string]float64{}}
		if err = trial.Open(limit); err == nil {
			one.done, err = trial.Done(ctx)
		}
		var told []Reading
		if err == nil {
			told, err = trial.Measure(ctx)
		}
		if err != nil {
			trial.Abort(true)
			t.Fatal(err)
		}
		for _, r := range told {
			one.values[r.Name] += r.Value
			for _, b := range r.Buckets {
				if r.Name == "lateness_s" {
					one.counts, one.lateNS = one.counts+b.Count, max(one.lateNS, b.HiNS)
				}
			}
		}
		all = append(all, one)
	}
	if _, err := trial.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	expectGone(t, procs)
	return all
}

func (p probed) wallNS() int64 {
	var last int64
	for _, f := range p.done.Finishes {
		last = max(last, f.NS)
	}
	return last - p.done.GateNS
}

// Under every model each tick that was due between gate and last finish is counted once, in each
// iteration, and the work is the same as without a probe.
func TestProbeCountsEveryTick(t *testing.T) {
	const rate, items = 200, 200
	params := map[string]string{"segment": "65536"}
	plain := job("sieve", params, 1)
	plain.Items = items
	_, d, _, err := run(t, plain, patient)
	if err != nil {
		t.Fatal(err)
	}
	_, want := total(d)
	for model, layout := range layouts {
		for _, limit := range []time.Duration{0, 80 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s/%v", model, limit), func(t *testing.T) {
				j := job("sieve", params, 2)
				j.Items, j.Beside = items, work.Params{"probe_rate": fmt.Sprint(rate), "probe_handler": "100us"}
				if limit > 0 {
					j.Items = UntilStopped
				}
				layout(&j)
				for i, p := range runProbed(t, j, 2, limit, nil) {
					ticks := p.wallNS() * rate / 1e9
					if p.values["ticks"] != float64(ticks) || p.counts != ticks {
						t.Errorf("iteration %d: %v ticks and %d durations in %d ns, want %d", i+1, p.values["ticks"], p.counts, p.wallNS(), ticks)
					}
					for _, name := range []string{"missed_ticks", "late_16ms_share", "late_100ms_share"} {
						if n, ok := p.values[name]; !ok || n < 0 || n > float64(ticks) {
							t.Errorf("iteration %d: %s is %v of %d (%v)", i+1, name, n, ticks, ok)
						}
					}
					if n, sum := total(p.done); limit == 0 && (n != items || sum != want) || n == 0 {
						t.Errorf("iteration %d: %d items with sum %x, want %d with %x", i+1, n, sum, items, want)
					}
				}
			})
		}
	}
}

// A loop in line is late by what an item takes, which is no fault of the clock: items of 30 ms, ticks
// of 10 ms.
func TestProbeInLineIsLate(t *testing.T) {
	j := job("wait", map[string]string{"cpu": "0s", "wait": "30ms"}, 1)
	layouts["sequential"](&j)
	j.Items, j.Beside = 4, work.Params{"probe_rate": "100", "probe_handler": "0s"}
	for _, p := range runProbed(t, j, 1, 0, nil) {
		if p.lateNS < 20e6 || p.values["missed_ticks"] < 2 {
			t.Errorf("late by %d ns at the most, %v ticks missed", p.lateNS, p.values["missed_ticks"])
		}
	}
}

// What the loop uses is told with the work, wherever the workers are: 50 ticks/s of 5 ms are a quarter of a CPU.
func TestProbeCPUIsTold(t *testing.T) {
	for model, layout := range layouts {
		t.Run(model, func(t *testing.T) {
			j := job("wait", map[string]string{"cpu": "0s", "wait": "5ms"}, 1)
			j.Items, j.Beside = 20, work.Params{"probe_rate": "50", "probe_handler": "5ms"}
			layout(&j)
			for _, p := range runProbed(t, j, 1, 0, nil) {
				handled := p.values["ticks"] - p.values["missed_ticks"]
				if least := 0.005 * (handled - 1); handled < 1 || p.done.Spent.CPUS < 0.9*least {
					t.Errorf("%v ticks were handled, and %v s of CPU told", handled, p.done.Spent.CPUS)
				}
			}
		})
	}
}

// A kernel that measures something of its own still does.
func TestProbeBesideMeasures(t *testing.T) {
	for model, layout := range layouts {
		t.Run(model, func(t *testing.T) {
			j := job("tally", nil, 2)
			kind, err := work.Lookup("tally")
			if err != nil {
				t.Fatal(err)
			}
			ps, err := kind.Parse(nil)
			if err != nil {
				t.Fatal(err)
			}
			j.Items, j.Beside, j.SharedB = 40, work.Params{"probe_rate": "60"}, kind.Shared(ps, 2)
			layout(&j)
			for _, p := range runProbed(t, j, 2, 0, nil) {
				if p.values["own"] != 40 {
					t.Errorf("the workers count %v items", p.values["own"])
				}
				if _, ok := p.values["ticks"]; !ok {
					t.Errorf("no ticks: %v", p.values)
				}
			}
		})
	}
}

// A host that is killed takes its loop along, and its workers.
func TestKilledProbeLeavesNobody(t *testing.T) {
	for model, layout := range layouts {
		t.Run(model, func(t *testing.T) {
			j := job("sieve", nil, 2)
			j.Items, j.Beside, j.Dir = UntilStopped, work.Params{"probe_rate": "1000"}, t.TempDir()
			layout(&j)
			token := fmt.Sprintf("%s %d", t.Name(), time.Now().UnixNano())
			trial, err := Start(Options{Program: program, Job: j, Token: token})
			if err != nil {
				t.Fatal(err)
			}
			procs, err := trial.Ready(t.Context())
			if err == nil {
				err = trial.Open(0)
			}
			if err == nil {
				err = syscall.Kill(trial.PID(), syscall.SIGKILL)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := trial.Done(t.Context()); err == nil {
				t.Error("a killed host did its work")
			}
			trial.Abort(false)
			expectGone(t, procs)
		})
	}
}

// A worker that dies beside a loop is the same failure as without one.
func TestFaultsBesideProbe(t *testing.T) {
	for model, layout := range layouts {
		t.Run(model, func(t *testing.T) {
			j := job("misbehave", map[string]string{"how": "kill", "at": "7"}, 3)
			j.Beside = work.Params{"probe_rate": "1000"}
			layout(&j)
			procs, _, _, err := run(t, j, patient)
			if f := (*Failure)(nil); !errors.As(err, &f) || f.Status != StatusCrashed || !strings.Contains(f.Detail, "killed by SIGKILL") {
				t.Errorf("got %v", err)
			}
			expectGone(t, procs)
		})
	}
}

// Nonsense is told by the host too, which need not trust whoever sends the job.
func TestProbeParametersAreChecked(t *testing.T) {
	j := job("sieve", nil, 1)
	j.Beside = work.Params{"probe_rate": "0"}
	if _, _, _, err := run(t, j, patient); err == nil || !strings.Contains(err.Error(), `probe_rate: "0" is too small`) {
		t.Errorf("got %v", err)
	}
}
