package host

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/built"
)

var program string

// TestMain builds the real trialhost: every test here starts real processes.
func TestMain(m *testing.M) {
	built.Main(m, func(dir string) {
		program = filepath.Join(dir, built.Light)
		if err := Adopt(); err != nil {
			panic(err)
		}
	}, built.Light, built.Server)
}

// layouts are the models as jobs: what each adds to a job with w workers.
var layouts = map[string]func(j *Job){
	"sequential": func(j *Job) { j.Workers, j.Pool = 1, false },
	"goroutines": func(j *Job) {},
	"threads":    func(j *Job) { j.Locked = true },
	"processes":  func(j *Job) { j.Processes = j.Workers },
	"hybrid":     func(j *Job) { j.Processes = (j.Workers + 1) / 2 },
}

func job(workload string, params map[string]string, workers int) Job {
	return Job{Workload: workload, Params: params, Workers: workers, Pool: true, Items: 10, MaxProcs: 1}
}

// patience is how long a test waits for readiness and for the rest: each limit
// is short only where running into it is the point.
type patience struct{ ready, done time.Duration }

var patient = patience{time.Minute, time.Minute}

// ready starts a trial and waits until all its workers are ready.
func ready(t *testing.T, opt Options) (*Trial, []Process) {
	t.Helper()
	trial, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	procs, err := trial.Ready(t.Context())
	if err != nil {
		trial.Abort(false)
		t.Fatal(err)
	}
	return trial, procs
}

// expectExit waits for the end of a host that was killed, told to end or orphaned: none of its
// processes may be left.
func expectExit(t *testing.T, trial *Trial, procs []Process) {
	t.Helper()
	select {
	case <-trial.exited:
	case <-time.After(20 * time.Second):
		t.Error("the host outlived its end")
	}
	trial.Abort(false)
	expectGone(t, procs)
}

// expectNamed kills a worker of a trial that works: that must end, and name the worker, not
// what others noticed of its death.
func expectNamed(t *testing.T, trial *Trial, procs []Process, which int, by syscall.Signal) {
	t.Helper()
	victim := procs[which]
	if err := syscall.Kill(victim.PID, by); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("worker %d (pid %d) was killed by %s", victim.Rank, victim.PID, unix.SignalName(by))
	if _, err := trial.Done(t.Context()); err == nil || err.Error() != want {
		t.Errorf("the trial ended with %v, want %s", err, want)
	}
	trial.Abort(false)
	expectGone(t, procs)
}

// run takes a job through a whole trial.
func run(t *testing.T, j Job, limit patience) ([]Process, Done, End, error) {
	t.Helper()
	j.Dir = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), limit.ready)
	defer cancel()
	trial, err := Start(Options{Program: program, Job: j, Token: t.Name() + fmt.Sprint(time.Now().UnixNano())})
	if err != nil {
		t.Fatal(err)
	}
	procs, err := trial.Ready(ctx)
	if err != nil {
		return nil, Done{}, trial.Abort(ctx.Err() != nil), err
	}
	ctx, cancel = context.WithTimeout(t.Context(), limit.done)
	defer cancel()
	if err := trial.Open(0); err != nil {
		return procs, Done{}, trial.Abort(false), err
	}
	done, err := trial.Done(ctx)
	if err != nil {
		return procs, Done{}, trial.Abort(ctx.Err() != nil), err
	}
	end, err := trial.Stop(ctx)
	return procs, done, end, err
}

func total(d Done) (items int64, sum uint64) {
	for _, f := range d.Finishes {
		items += f.Items
		sum += f.Sum
	}
	return items, sum
}

// Every model, schedule and number of workers must do the same work.
func TestLayoutsAgree(t *testing.T) {
	params := map[string]string{"segment": "1024"}
	_, d, _, err := run(t, job("sieve", params, 1), patient)
	if err != nil {
		t.Fatal(err)
	}
	_, want := total(d)
	for name, layout := range layouts {
		for _, dynamic := range []bool{false, true} {
			for w := 1; w <= 3; w++ {
				t.Run(fmt.Sprintf("%s/dynamic=%v/%d", name, dynamic, w), func(t *testing.T) {
					j := job("sieve", params, w)
					j.Dynamic = dynamic
					layout(&j)
					procs, d, end, err := run(t, j, patient)
					if err != nil {
						t.Fatal(err)
					}
					if items, sum := total(d); items != j.Items || sum != want {
						t.Errorf("did %d items with sum %x, want %d with %x", items, sum, j.Items, want)
					}
					if len(d.Finishes) != j.Workers {
						t.Errorf("%d workers finished, want %d", len(d.Finishes), j.Workers)
					}
					if wantProcs := 1 + j.Processes; len(procs) != wantProcs || len(end.Usages) != wantProcs {
						t.Errorf("%d processes were ready and %d said goodbye, want %d", len(procs), len(end.Usages), wantProcs)
					}
				})
			}
		}
	}
}
