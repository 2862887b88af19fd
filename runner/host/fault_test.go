package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forklore/internal/affinity"
)

// A worker that goes wrong is one named failure, under every model, and no
// process outlives it.
func TestFaults(t *testing.T) {
	cases := []struct {
		how, status, inline, child string // detail expected of a fault in the host, in a child
	}{
		{"panic", StatusCrashed, "exited with code 2", "exited with code 2"},
		{"exit", StatusCrashed, "exited with code 3", "exited with code 3"},
		{"silent", StatusCrashed, "exited with code 0 before its work was done", "exited with code 0"},
		{"kill", StatusCrashed, "killed by SIGKILL", "killed by SIGKILL"},
		{"error", StatusCrashed, "misbehave", "misbehave"},
		{"setuperror", StatusCrashed, "an error in setup", "an error in setup"},
		{"setuppanic", StatusCrashed, "a panic in setup", "a panic in setup"},
		{"hang", StatusTimeout, "time was up before its work was done", "time was up before its work was done"},
		{"spin", StatusTimeout, "time was up before its work was done", "time was up before its work was done"},
		{"sleepsetup", StatusTimeout, "time was up before its workers were ready", "time was up before its workers were ready"},
	}
	for _, c := range cases {
		for _, model := range []string{"sequential", "goroutines", "threads", "processes", "hybrid"} {
			t.Run(c.how+"/"+model, func(t *testing.T) {
				t.Parallel()
				j := job("misbehave", map[string]string{"how": c.how, "at": "7"}, 3)
				j.Dynamic = model == "threads"
				layouts[model](&j)
				limit := patient
				if c.how == "sleepsetup" {
					limit.ready = 500 * time.Millisecond
				} else if c.status == StatusTimeout {
					limit.done = 500 * time.Millisecond
				}
				procs, _, end, err := run(t, j, limit)
				f := (*Failure)(nil)
				if !errors.As(err, &f) {
					t.Fatalf("got %v, want a Failure", err)
				}
				want := c.inline
				if j.Processes > 0 {
					want = c.child
				}
				if f.Status != c.status || !strings.Contains(f.Detail, want) {
					t.Errorf("got %s: %s\nwant %s: ...%s...", f.Status, f.Detail, c.status, want)
				}
				if c.how == "panic" && !strings.Contains(f.Detail, "panic: ") {
					t.Errorf("the detail lacks the panic's own words: %s", f.Detail)
				}
				if c.how == "hang" && !strings.Contains(end.Output, "goroutine ") {
					t.Errorf("no stacks were dumped of a hanging trial; it printed %q", end.Output)
				}
				expectGone(t, procs)
			})
		}
	}
}

// expectGone fails the test if a process of the trial is still there.
func expectGone(t *testing.T, procs []Process) {
	t.Helper()
	for _, p := range procs {
		if err := syscall.Kill(p.PID, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("%s %d (pid %d) survived the trial", p.Role, p.Rank, p.PID)
		}
	}
}

// A process that leaves the session is found by its token, killed and named.
func TestLeakIsFound(t *testing.T) {
	for _, model := range []string{"goroutines", "processes"} {
		t.Run(model, func(t *testing.T) {
			j := job("misbehave", map[string]string{"how": "leak"}, 2)
			layouts[model](&j)
			_, _, end, err := run(t, j, patient)
			if err == nil || !strings.Contains(err.Error(), "left behind, now killed: sleep (pid ") {
				t.Fatalf("got %v, want the name of what was left behind", err)
			}
			pid := leakedPID(t, end)
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("pid %d is still there", pid)
			}
		})
	}
}

func leakedPID(t *testing.T, end End) int {
	t.Helper()
	_, rest, _ := strings.Cut(end.Leaked[0], "(pid ")
	pid, err := strconv.Atoi(strings.TrimSuffix(rest, ")"))
	if err != nil {
		t.Fatalf("no pid in %q", end.Leaked[0])
	}
	return pid
}

// Rubbish on stdout is kept and disturbs nothing.
func TestRubbishOnStdout(t *testing.T) {
	for _, model := range []string{"goroutines", "processes"} {
		j := job("misbehave", map[string]string{"how": "stdout"}, 2)
		layouts[model](&j)
		_, d, end, err := run(t, j, patient)
		if err != nil {
			t.Fatal(err)
		}
		if items, _ := total(d); items != j.Items || end.Output == "" {
			t.Errorf("%s: %d items and output %q, want %d items and some output", model, items, end.Output, j.Items)
		}
	}
}

// Killing one worker from outside gives one error that names it.
func TestKilledWorkerIsNamed(t *testing.T) {
	j := job("wait", map[string]string{"wait": "50ms"}, 3)
	j.Items, j.Processes, j.Dir = 100, 3, t.TempDir()
	trial, procs := ready(t, Options{Program: program, Job: j, Token: t.Name()})
	if err := trial.Open(0); err != nil {
		t.Fatal(err)
	}
	expectNamed(t, trial, procs, 2, syscall.SIGTERM)
}

// When the runner dies, its trial ends by itself: the pipe's close says so.
func TestOrphansEnd(t *testing.T) {
	for _, processes := range []int{0, 2} {
		j := job("misbehave", map[string]string{"how": "spin"}, 2)
		j.Processes, j.Dir = processes, t.TempDir()
		trial, procs := ready(t, Options{Program: program, Job: j, Token: t.Name()})
		if err := trial.Open(0); err != nil {
			t.Fatal(err)
		}
		_ = trial.commands.Close() // all that is left of a runner that was killed
		expectExit(t, trial, procs)
	}
}

// Fixed time: every model stops, and what was dealt was done.
func TestFixedTime(t *testing.T) {
	for model, layout := range layouts {
		for _, dynamic := range []bool{false, true} {
			j := job("empty", nil, 2)
			layout(&j)
			j.Items, j.Dynamic, j.Dir = UntilStopped, dynamic, t.TempDir()
			trial, _ := ready(t, Options{Program: program, Job: j, Token: t.Name()})
			for i := range 2 {
				if err := trial.Open(30 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				d, err := trial.Done(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				items, _ := total(d)
				if items == 0 || d.MergedNS <= d.GateNS {
					t.Errorf("%s, dynamic=%v, iteration %d: %d items in %d ns", model, dynamic, i, items, d.MergedNS-d.GateNS)
				}
			}
			if _, err := trial.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestShareCoversEveryItem(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 7, 100} {
		for w := 1; w <= 8; w++ {
			at := int64(0)
			for r := range w {
				lo, hi := share(n, w, r)
				if lo != at || hi-lo > n/int64(w)+1 || hi < lo {
					t.Fatalf("share(%d, %d, %d) = [%d, %d) after %d", n, w, r, lo, hi, at)
				}
				at = hi
			}
			if at != n {
				t.Fatalf("%d workers share %d of %d items", w, at, n)
			}
		}
	}
}

// The affinity that was asked for is the one that every process reads back.
func TestAffinityIsReadBack(t *testing.T) {
	if !affinity.Has {
		t.Skip("this system has no affinities")
	}
	one := affinity.Get()[:1]
	for _, processes := range []int{0, 2} {
		j := job("empty", nil, 2)
		j.Processes, j.Dir = processes, t.TempDir()
		trial, procs := ready(t, Options{Program: program, Job: j, CPUs: one, Token: t.Name()})
		for _, p := range procs {
			if fmt.Sprint(p.CPUs) != fmt.Sprint(one) {
				t.Errorf("%s %d runs on %v, want %v", p.Role, p.Rank, p.CPUs, one)
			}
		}
		trial.Abort(false)
	}
}

// What the tree says it used is what the kernel says, to 1 % and 1 ms a
// process.
func TestUsageAgreesWithKernel(t *testing.T) {
	for _, model := range []string{"goroutines", "processes"} {
		j := job("sha256", nil, 2)
		j.Items = 4000
		layouts[model](&j)
		_, d, end, err := run(t, j, patient)
		if err != nil {
			t.Fatal(err)
		}
		var own float64
		for _, u := range end.Usages {
			own += u.UserS + u.SysS
		}
		tree := end.UserS + end.SysS
		if slack := 0.01*tree + 0.001*float64(len(end.Usages)); tree-own > slack || own-tree > slack {
			t.Errorf("%s: processes say %.6f s, the kernel %.6f s", model, own, tree)
		}
		if d.Spent.CPUS <= 0 || d.Spent.CPUS > own {
			t.Errorf("%s: %.6f s between gate and finish of %.6f s in all", model, d.Spent.CPUS, own)
		}
	}
}

// A worker that touches 64 MiB is reported to have grown by that, and a runner
// that has swollen to 400 MB changes nothing.
func TestMemoryIsTheTrialsOwn(t *testing.T) {
	const size = 64 << 20
	grown := func() float64 {
		j := job("touch", map[string]string{"size": strconv.Itoa(size)}, 1)
		j.Processes = 1
		procs, _, end, err := run(t, j, patient)
		if err != nil {
			t.Fatal(err)
		}
		return end.Usages[1].HWMB - procs[1].HWMB
	}
	before := grown()
	if before < 0.98*size || before > 1.02*size {
		t.Errorf("grew by %.0f bytes, want %d within 2 %%", before, size)
	}
	swell := make([]byte, 400<<20)
	for i := 0; i < len(swell); i += os.Getpagesize() {
		swell[i] = 1
	}
	after := grown()
	if after < 0.98*size || after > 1.02*size {
		t.Errorf("grew by %.0f bytes below a swollen runner, want %d within 2 %%", after, size)
	}
	if swell[0] != 1 {
		t.Error("unreachable: keeps the memory alive")
	}
}

// Each worker process runs with the GOMAXPROCS that its job asks for, whatever
// its host's is.
func TestMaxProcsOfWorkers(t *testing.T) {
	for _, c := range []struct {
		spread bool
		max    int
		want   []int
	}{{false, 1, []int{1, 1}}, {false, 3, []int{3, 3}}, {true, 3, []int{2, 1}}, {true, 1, []int{1, 1}}} {
		j := job("empty", nil, 4)
		j.Processes, j.MaxProcs, j.Spread = 2, c.max, c.spread
		procs, _, _, err := run(t, j, patient)
		if err != nil {
			t.Fatal(err)
		}
		if got := []int{procs[1].MaxProcs, procs[2].MaxProcs}; !slices.Equal(got, c.want) {
			t.Errorf("max %d, spread %v: GOMAXPROCS %v, want %v", c.max, c.spread, got, c.want)
		}
	}
}

func TestCheckNamesTheRemedy(t *testing.T) {
	if err := Check("/nonexistent/trialhost"); err == nil || !strings.Contains(err.Error(), "run make") {
		t.Errorf("got %v", err)
	}
	old := Version
	defer func() { Version = old }()
	Version = "v9"
	if err := Check(program); err == nil || !strings.Contains(err.Error(), `version "dev", this forklore is "v9": run make`) {
		t.Errorf("got %v", err)
	}
}

// A trial that is cancelled says that it was, not that it crashed.
func TestCancelIsKilled(t *testing.T) {
	j := job("wait", map[string]string{"wait": "50ms"}, 2)
	j.Items, j.Dir = 1000, t.TempDir()
	trial, procs := ready(t, Options{Program: program, Job: j, Token: t.Name()})
	if err := trial.Open(0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := trial.Done(ctx)
	if f := (*Failure)(nil); !errors.As(err, &f) || f.Status != StatusKilled {
		t.Errorf("got %v, want a trial that was stopped by the user", err)
	}
	trial.Abort(false)
	expectGone(t, procs)
}

func TestOutputKeepsHeadAndTail(t *testing.T) {
	o := newOutput()
	o.add([]byte("first"))
	for range 100 {
		o.add([]byte(strings.Repeat("x", 4096)))
	}
	o.add([]byte("last"))
	text := o.text()
	if !strings.HasPrefix(text, "first") || !strings.HasSuffix(text, "last") || !strings.Contains(text, "bytes left out]") || len(text) > headBytes+tailBytes+64 {
		t.Errorf("kept %d bytes: %.20q ... %q", len(text), text, text[len(text)-20:])
	}
}

// Go's runtime dies where the system gives it no more threads: that is a limit, no crash.
func TestNoMoreThreadsIsAShortage(t *testing.T) {
	o := newOutput()
	o.add([]byte("runtime: failed to create new OS thread (have 97 already; errno=11)\nfatal error: newosproc\n\nruntime stack:\n"))
	close(o.done)
	f := (&Trial{output: o}).explain(&Failure{StatusCrashed, "the host exited with code 2"})
	if f.Status != StatusSkipped || !strings.Contains(f.Detail, "newosproc") || !strings.Contains(f.Detail, "limits on processes and threads") {
		t.Errorf("got %+v", f)
	}
}
