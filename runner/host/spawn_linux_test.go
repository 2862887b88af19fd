package host

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

var spawning = map[string]map[string]string{
	"spawn":   {"k": "3"},
	"respawn": {"lifetime": "2", "task": "2000000"},
}

// Workloads that create executors of their own do the same under every model: trialhost starts
// itself again, nobody is left behind, and the CPU of all is told.
func TestSpawningWorkloads(t *testing.T) {
	for workload, params := range spawning {
		_, d, _, err := run(t, job(workload, params, 1), patient)
		if err != nil {
			t.Fatal(err)
		}
		_, want := total(d)
		for model, layout := range layouts {
			t.Run(workload+"/"+model, func(t *testing.T) {
				j := job(workload, params, 2)
				layout(&j)
				_, d, end, err := run(t, j, patient)
				if err != nil {
					t.Fatal(err)
				}
				if items, sum := total(d); items != j.Items || sum != want {
					t.Errorf("did %d items with sum %x, want %d with %x", items, sum, j.Items, want)
				}
				expectAllCPU(t, d, end)
			})
		}
	}
}

// expectAllCPU compares what the processes say of themselves with the kernel's account of the
// reaped tree.
func expectAllCPU(t *testing.T, d Done, end End) {
	t.Helper()
	var told float64
	for _, u := range end.Usages {
		told += u.UserS + u.SysS
	}
	all := end.UserS + end.SysS
	if math.Abs(told-all) > 0.1*all+0.005 {
		t.Errorf("the processes tell of %v s of CPU, the kernel of %v s", told, all)
	}
	if d.Spent.CPUS <= 0 || d.Spent.CPUS > all {
		t.Errorf("the work took %v s of CPU, all took %v s", d.Spent.CPUS, all)
	}
}

// The static image has the same results as trialhost.
func TestStaticImageInTrial(t *testing.T) {
	_, d, _, err := run(t, job("spawn", map[string]string{"k": "5"}, 1), patient)
	if err != nil {
		t.Fatal(err)
	}
	_, want := total(d)
	j := job("spawn", map[string]string{"k": "5", "image": "static"}, 2)
	j.Processes = 2
	_, d, _, err = run(t, j, patient)
	if f := (*Failure)(nil); errors.As(err, &f) && f.Status == StatusSkipped {
		t.Skip(err)
	}
	if _, sum := total(d); err != nil || sum != want {
		t.Errorf("sum %x, %v; want %x", sum, err, want)
	}
}

// A host that is killed while its workers create processes takes all of them along.
func TestKilledSpawnersLeaveNobody(t *testing.T) {
	for _, image := range []string{"self", "static"} {
		t.Run(image, func(t *testing.T) {
			j := job("spawn", map[string]string{"k": "20", "image": image}, 2)
			j.Items, j.Processes, j.Dir = UntilStopped, 2, t.TempDir()
			token := fmt.Sprintf("%s %d", t.Name(), os.Getpid())
			trial, err := Start(Options{Program: program, Job: j, Token: token})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := trial.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := trial.Open(0); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(trial.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if _, err := trial.Done(t.Context()); err == nil {
				t.Error("a killed host did its work")
			}
			trial.Abort(false)
			if left, _ := straysOf(token); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			if err := syscall.Kill(-trial.PID(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the trial's process group is still there: %v", err)
			}
		})
	}
}

// Typed by hand, the role explains itself.
func TestExecutorByHand(t *testing.T) {
	out, err := exec.Command(program, "executor").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "forklore") {
		t.Errorf("%q, %v", out, err)
	}
}
