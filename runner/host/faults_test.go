package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forklore/runner/work"
)

// exposedJob is a job in one of the layouts with a fault beside it. Its items wait, so that workers
// take turns on one core too.
func exposedJob(model, fault string, supervised bool) Job {
	j := job("wait", map[string]string{"cpu": "20us", "wait": "2ms"}, 4)
	j.Items, j.Seed = 48, 7
	layouts[model](&j)
	j.Beside = work.Params{"fault": fault, "supervised": fmt.Sprint(supervised), "victim": "1", "patience": "300ms", "deliver": "ledger"}
	if fault == work.FaultPipe {
		j.Beside["deliver"] = "pipe"
	}
	j.Apart()
	return j
}

// runExposed takes a job with faults through a whole trial.
func runExposed(t *testing.T, j Job) ([]Process, Done, map[string]float64, error) {
	t.Helper()
	j.Dir = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	trial, err := Start(Options{Program: program, Job: j, Token: t.Name() + fmt.Sprint(time.Now().UnixNano())})
	if err != nil {
		return nil, Done{}, nil, err
	}
	procs, err := trial.Ready(ctx)
	if err == nil {
		err = trial.Open(0)
	}
	var done Done
	if err == nil {
		done, err = trial.Done(ctx)
	}
	var readings []Reading
	if err == nil {
		readings, err = trial.Measure(ctx)
	}
	if err != nil {
		trial.Abort(false)
		return procs, done, nil, err
	}
	measured := map[string]float64{}
	for _, r := range readings {
		measured[r.Name] = r.Value
	}
	_, err = trial.Stop(ctx)
	return procs, done, measured, err
}

// allFaults are those that a worker can be struck by.
func allFaults(t *testing.T) []string {
	t.Helper()
	for _, c := range work.Companions() {
		if c.Name == work.FaultsName {
			return c.Params[0].Choices
		}
	}
	t.Fatal("there is no companion " + work.FaultsName)
	return nil
}

// plainSum is the sum of all results of the exposed jobs, by the plain loop.
func plainSum(t *testing.T) uint64 {
	t.Helper()
	j := exposedJob("sequential", work.FaultNone, false)
	j.Beside, j.Processes, j.SharedB = nil, 0, 0
	_, d, _, err := run(t, j, patient)
	if err != nil {
		t.Fatal(err)
	}
	_, sum := total(d)
	return sum
}

var exposedModels = []string{"goroutines", "threads", "processes", "hybrid"}

// Whatever happens to a worker that is looked after, every item is done exactly once, and right.
func TestSupervisedFaultsLoseNothing(t *testing.T) {
	want := plainSum(t)
	for _, fault := range allFaults(t) {
		for _, model := range exposedModels {
			t.Run(fault+"/"+model, func(t *testing.T) {
				t.Parallel()
				j := exposedJob(model, fault, true)
				procs, d, m, err := runExposed(t, j)
				if err != nil {
					t.Fatal(err)
				}
				items, sum := total(d)
				if items != j.Items || sum != want || m["lost_items"]+m["duplicated_items"]+m["corrupted_items"] != 0 || m["spared_share"] != 1 {
					t.Errorf("%d items of %d, sum %x, want %x; measured %v", items, j.Items, sum, want, m)
				}
				restarts := fault != work.FaultNone && fault != work.FaultRecovered
				if restarts && m["restarts"] < 1 {
					t.Errorf("nothing was restarted: %v", m)
				}
				if struck := fault != work.FaultNone; struck && !(m["detect_s"] > 0 && m["recover_s"] >= m["detect_s"]) {
					t.Errorf("the times of a strike are %v", m)
				} else if _, told := m["detect_s"]; told && !struck {
					t.Errorf("a strike was detected where there was none: %v", m)
				}
				if fault == work.FaultPipe && m["torn_records"] != 1 {
					t.Errorf("a record was cut short, found were %v", m["torn_records"])
				}
				expectGone(t, procs)
			})
		}
	}
}

// Where nobody looks after the workers, those in other processes than the victim do all their work,
// but for a lock that the dead hold.
func TestUnsupervisedFaults(t *testing.T) {
	want := plainSum(t)
	for _, fault := range allFaults(t) {
		for _, model := range exposedModels {
			t.Run(fault+"/"+model, func(t *testing.T) {
				t.Parallel()
				j := exposedJob(model, fault, false)
				procs, d, m, err := runExposed(t, j)
				if err != nil {
					t.Fatal(err)
				}
				items, sum := total(d)
				if items+int64(m["lost_items"]) != j.Items || m["duplicated_items"]+m["corrupted_items"] != 0 {
					t.Errorf("%d items came back; measured %v", items, m)
				}
				none := fault == work.FaultNone || fault == work.FaultDescriptors && m["lost_items"] == 0 // struck with the last item of its process
				if (m["lost_items"] == 0) != none || m["lost_items"] == 0 && sum != want {
					t.Errorf("sum %x, that of all items is %x; measured %v", sum, want, m)
				}
				checkSpared(t, fault, model, m, float64(j.Items)/4)
				expectGone(t, procs)
			})
		}
	}
}

func checkSpared(t *testing.T, fault, model string, m map[string]float64, share float64) {
	t.Helper()
	apart := model == "processes"
	switch spared := m["spared_share"]; {
	case fault == work.FaultLock:
		if spared >= 1 {
			t.Errorf("all others went on without the lock: %v", m)
		}
	case apart || !work.Fatal(fault) && fault != work.FaultDescriptors:
		if spared != 1 || m["lost_items"] > share {
			t.Errorf("others than the victim, whose share is %v items, lost some: %v", share, m)
		}
	case slices.Contains([]string{work.FaultKill, work.FaultExit}, fault) && model != "hybrid": // others take their time to die
		if spared >= 1 {
			t.Errorf("who shared the victim's process lost nothing: %v", m)
		}
	}
	if fault == work.FaultRecovered && m["lost_items"] != 1 {
		t.Errorf("a panic that was recovered cost %v items", m["lost_items"])
	}
	if fault == work.FaultPipe && m["torn_records"] != 1 {
		t.Errorf("a record was cut short, found were %v", m["torn_records"])
	}
}

// A worker that fails by itself is no fault that was asked for: the trial crashes, and a
// supervisor gives up in the end.
func TestOwnFailuresAreFailures(t *testing.T) {
	for _, c := range []struct {
		how        string
		supervised bool
		want       string
	}{
		{"kill", false, "was killed by SIGKILL"},
		{"kill", true, "gave up on a share after 5 restarts: "},
		{"error", false, "an error, as asked for"},
		{"error", true, "an error, as asked for"},
		{"setuperror", true, "an error in setup"},
	} {
		for _, model := range []string{"goroutines", "processes"} {
			t.Run(fmt.Sprint(c.how, c.supervised, model), func(t *testing.T) {
				t.Parallel()
				j := exposedJob(model, work.FaultNone, c.supervised)
				j.Workload, j.Params = "misbehave", map[string]string{"how": c.how, "at": "20"}
				procs, _, _, err := runExposed(t, j)
				f := (*Failure)(nil)
				if !errors.As(err, &f) || f.Status != StatusCrashed || !strings.Contains(f.Detail, c.want) {
					t.Errorf("got %v, want a crash: ...%s...", err, c.want)
				}
				expectGone(t, procs)
			})
		}
	}
}

// A result that is wrong is found even where others are missing.
func TestWrongResultsAreFoundAmongTheLost(t *testing.T) {
	j := exposedJob("processes", work.FaultKill, false)
	j.Workload, j.Params = "misbehave", map[string]string{"how": "wrong", "at": "40"} // in the share of the last worker
	_, _, m, err := runExposed(t, j)
	if err != nil {
		t.Fatal(err)
	}
	if m["lost_items"] == 0 || m["corrupted_items"] != 8 || m["spared_share"] != 28.0/36 {
		t.Errorf("of 36 items of others 8 are wrong; measured %v", m)
	}
}

// Who hangs on purpose goes with a runner, and with a host, that is killed.
func TestExposedOrphansEnd(t *testing.T) {
	for _, fault := range []string{work.FaultLoop, work.FaultDeadlock, work.FaultLock} {
		for _, killed := range []string{"runner", "host"} {
			t.Run(fault+"/"+killed, func(t *testing.T) {
				t.Parallel()
				j := exposedJob("processes", fault, false)
				j.Beside["patience"], j.Dir = "1h0m0s", t.TempDir()
				trial, procs := ready(t, Options{Program: program, Job: j, Token: t.Name()})
				if err := trial.Open(0); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond) // most are struck by then; it is as good without
				if killed == "host" {
					_ = syscall.Kill(trial.PID(), syscall.SIGKILL)
				} else {
					_ = trial.commands.Close()
				}
				expectExit(t, trial, procs)
			})
		}
	}
}

func TestExposureIsDrawnFromTheSeed(t *testing.T) {
	draws := map[exposure]bool{}
	victims := map[int]bool{}
	for seed := range uint64(200) {
		j := exposedJob("processes", work.FaultKill, false)
		j.Items, j.Seed, j.Beside["victim"] = 1000, seed, "-1"
		x, _ := j.exposure()
		again, _ := j.exposure()
		if x != again || x.after < 200 || x.after >= 800 || x.victim < 0 || x.victim > 3 {
			t.Fatalf("seed %d: %+v, then %+v", seed, x, again)
		}
		draws[x], victims[x.victim] = true, true
	}
	if len(draws) < 100 || len(victims) != 4 {
		t.Errorf("200 seeds gave %d exposures of %v", len(draws), slices.Collect(maps.Keys(victims)))
	}
}

func TestExposedNeedsItems(t *testing.T) {
	for items, want := range map[int64]string{7: "4 workers need 8 items or more", maxLedgered + 1: "at most 16777216"} {
		j := exposedJob("processes", work.FaultKill, false)
		j.Items = items
		_, _, _, err := runExposed(t, j)
		if !errors.As(err, &work.Unavailable{}) || !strings.Contains(err.Error(), want) {
			t.Errorf("%d items: %v, want ...%s", items, err, want)
		}
	}
}
