package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// alive tells whether a process runs.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	end := bytes.LastIndexByte(stat, ')')
	return err == nil && !bytes.HasPrefix(stat[end+1:], []byte(" Z"))
}

// until polls with a generous deadline.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited a minute until %s", what)
		}
	}
}

// long is a plan that takes much longer than a test.
func long(addr string) Plan {
	p := plan(addr, Open)
	p.Duration = 10 * time.Minute
	return p
}

const parentVar = "FORKLORE_TEST_LOAD_PARENT"

// TestParent is no test: it is the runner that the next one kills.
func TestParent(t *testing.T) {
	words := strings.Fields(os.Getenv(parentVar))
	if len(words) == 0 {
		t.Skip("run by TestGeneratorDiesWithItsRunner")
	}
	g, err := Start(words[0], nil, long(words[1]))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("pid", g.PID())
	_, err = g.Wait(context.Background())
	t.Fatal(err)
}

func TestGeneratorDiesWithItsRunner(t *testing.T) {
	s := serve(t, echo)
	parent := exec.Command(os.Args[0], "-test.run=^TestParent$", "-test.v")
	parent.Env = append(os.Environ(), parentVar+"="+program+" "+s.addr())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid, said := 0, ""
	for pid == 0 {
		var b [256]byte
		n, err := out.Read(b[:])
		said += string(b[:n])
		if _, after, ok := strings.Cut(said, "pid "); ok && strings.Contains(after, "\n") {
			pid, _ = strconv.Atoi(strings.Fields(after)[0])
		} else if err != nil {
			t.Fatalf("the runner ended: %v\n%s", err, said)
		}
	}
	until(t, "requests come", func() bool { return s.count.Load() > 0 })
	if !alive(pid) {
		t.Fatalf("no generator: %s", said)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	until(t, "the generator is gone", func() bool { return !alive(pid) })
}

func TestWaitKillsWhenItsContextEnds(t *testing.T) {
	s := serve(t, echo)
	g, err := Start(program, nil, long(s.addr()))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "requests come", func() bool { return s.count.Load() > 0 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = g.Wait(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "was stopped before its result") {
		t.Errorf("error %v", err)
	}
	if alive(g.PID()) {
		t.Error("it is still there")
	}
}

func TestDeathOfAGeneratorIsTold(t *testing.T) {
	s := serve(t, echo)
	g, err := Start(program, nil, long(s.addr()))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "requests come", func() bool { return s.count.Load() > 0 })
	_ = syscall.Kill(g.PID(), syscall.SIGKILL)
	if _, err = g.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "was killed by SIGKILL before its result") {
		t.Errorf("error %v", err)
	}
	if _, err := Start("/no/such/trialhost", nil, plan(s.addr(), Open)); err == nil || !strings.Contains(err.Error(), "start the load generator /no/such/trialhost") {
		t.Errorf("no program: %v", err)
	}
	g, err = Start("/bin/false", nil, plan(s.addr(), Open))
	if err == nil {
		_, err = g.Wait(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "exited with code 1 before its result") {
		t.Errorf("another program: %v", err)
	}
}

func TestGeneratorRunsOnItsCPUs(t *testing.T) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !set.IsSet(cpu) {
		cpu++
	}
	s := serve(t, echo)
	g, err := Start(program, []int{cpu}, long(s.addr()))
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", g.PID()))
	for _, task := range tasks {
		tid, _ := strconv.Atoi(task.Name())
		var its unix.CPUSet
		if err := unix.SchedGetaffinity(tid, &its); err == nil && (its.Count() != 1 || !its.IsSet(cpu)) {
			t.Errorf("a thread may run on %d CPUs", its.Count())
		}
	}
	if err != nil || len(tasks) == 0 {
		t.Errorf("%d threads, %v", len(tasks), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = g.Wait(ctx)
	if _, err := Start(program, []int{1023}, plan(s.addr(), Open)); err == nil || !strings.Contains(err.Error(), "bind to CPUs [1023]") {
		t.Errorf("a CPU that is not there: %v", err)
	}
}

// A limit of the system is named with its value and what raises it.
func TestTooFewDescriptorsAreToldAsALimit(t *testing.T) {
	s := serve(t, echo)
	script := t.TempDir() + "/few"
	if err := os.WriteFile(script, []byte("#!/bin/sh\nulimit -n 40\nexec "+program+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := plan(s.addr(), Open)
	p.Connections = 100
	g, err := Start(script, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Wait(t.Context())
	if !errors.As(err, &work.Unavailable{}) || !strings.Contains(err.Error(), "RLIMIT_NOFILE is 40 (raise it with ulimit -n)") {
		t.Errorf("error %v", err)
	}
}

func TestRoleSaysWhatItIs(t *testing.T) {
	for _, args := range [][]string{{Role}, {Role, "--help"}} {
		out, err := exec.Command(program, args...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "is the load generator of forklore") {
			t.Errorf("%v: %v, %q", args, err, out)
		}
	}
	cmd := exec.Command(program, Role)
	cmd.Stdin = strings.NewReader("plan nonsense\n") // through a pipe
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "a line that is no plan") {
		t.Errorf("nonsense: %v, %q", err, out)
	}
}
