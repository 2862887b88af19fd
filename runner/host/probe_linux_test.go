package host

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/affinity"
	"forklore/runner/work"
)

// inThreads returns a field of each thread of a process: of stat, counted behind the name, from 0.
func inThreads(t *testing.T, pid, field int) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
	if err != nil || len(files) == 0 {
		t.Fatalf("process %d has no threads (%v)", pid, err)
	}
	var values []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		values = append(values, strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[field])
	}
	return values
}

// Every thread of a worker process has the lower priority when it is ready, as the kernel tells it; the
// host keeps its own, and so do workers that nobody asked to be lower.
func TestProbeNice(t *testing.T) {
	own := niceness()
	if own+4 > lowest {
		t.Skipf("this test runs at nice %d already", own)
	}
	const nice = 16 // of the fields of stat
	for _, model := range []string{"processes", "hybrid"} {
		for _, lower := range []int{0, 4} {
			t.Run(model+"/"+strconv.Itoa(lower), func(t *testing.T) {
				j := job("sieve", nil, 3)
				j.Beside = work.Params{"probe_nice": strconv.Itoa(lower)}
				layouts[model](&j)
				runProbed(t, j, 1, 0, func(procs []Process) {
					for _, p := range procs {
						want := own
						if p.Role == RoleWorker {
							want += lower
						}
						if p.Nice != want {
							t.Errorf("%s %d says that it runs at %d, want %d", p.Role, p.Rank, p.Nice, want)
						}
						for _, got := range inThreads(t, p.PID, nice) {
							if got != strconv.Itoa(want) {
								t.Errorf("a thread of %s %d runs at %s, want %d", p.Role, p.Rank, got, want)
							}
						}
					}
				})
			})
		}
	}
}

// Lower than the lowest there is nothing: said, not cut off.
func TestNiceBeyondTheLowest(t *testing.T) {
	err := lower(lowest - niceness() + 1)
	if err == nil || !strings.Contains(err.Error(), "forklore itself runs at nice "+strconv.Itoa(niceness())) {
		t.Errorf("got %v", err)
	}
}

// The loop is one more thread of the host, asleep in the kernel's poll, on the CPUs of the trial.
func TestProbeThread(t *testing.T) {
	cpus := affinity.Get()[:1]
	for _, model := range []string{"goroutines", "threads", "processes"} {
		t.Run(model, func(t *testing.T) {
			j := job("sieve", nil, 1)
			j.Beside = work.Params{"probe_rate": "60"}
			layouts[model](&j)
			j.Dir = t.TempDir()
			trial, err := Start(Options{Program: program, Job: j, CPUs: cpus, Token: t.Name()})
			if err != nil {
				t.Fatal(err)
			}
			defer trial.Abort(false)
			if _, err := trial.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			expectInPoll(t, trial.PID())
			files, err := filepath.Glob("/proc/" + strconv.Itoa(trial.PID()) + "/task/*/status")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				text, err := os.ReadFile(f)
				if err != nil {
					continue
				}
				if want := "\nCpus_allowed_list:\t" + strconv.Itoa(cpus[0]) + "\n"; !strings.Contains(string(text), want) {
					t.Errorf("a thread of the host may run on other CPUs than %v: %s", cpus, text)
				}
			}
		})
	}
}

// expectInPoll waits until a thread of a process sleeps in ppoll, which nothing of Go's runtime calls.
func expectInPoll(t *testing.T, pid int) {
	t.Helper()
	call := strconv.Itoa(unix.SYS_PPOLL) + " "
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/syscall")
		if err != nil || len(files) == 0 {
			t.Logf("the kernel does not tell in which call threads are: %v", err)
			return
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if errors.Is(err, os.ErrPermission) {
				t.Logf("%v", err)
				return
			}
			if strings.HasPrefix(string(text), call) {
				return
			}
		}
		if time.Now().After(limit) {
			t.Fatal("no thread sleeps in ppoll")
		}
	}
}
