package work

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
)

// The test binary runs the kernel in a process of its own when this is set to
// the value of how.
const misbehaveAs = "FORKLORE_TEST_MISBEHAVE"

// TestMain also serves the roles that workloads start this program in, as trialhost does,
// and makes all workloads.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if run, ok := Role(os.Args[1]); ok {
			os.Exit(run(os.Args[2:]))
		}
	}
	if how := os.Getenv(misbehaveAs); how != "" {
		os.Exit(misbehaveHere(how))
	}
	for _, k := range All() {
		kinds[k.Name] = k
	}
	os.Exit(m.Run())
}

// misbehaveHere returns 10 after an error, 11 for the sum of a good kernel, 12
// for another one.
func misbehaveHere(how string) int {
	kind, _ := Lookup("misbehave")
	ps, err := kind.Parse(map[string]string{"how": how, "at": "3", "limit": "128MiB"})
	if err != nil {
		return 1
	}
	k, err := kind.New(ps, Env{Slots: 1})
	if err == nil {
		err = k.(Preparer).Prepare(context.Background(), 0)
	}
	var sum uint64
	if err == nil {
		sum, err = k.Do(context.Background(), Task{Lo: 0, Hi: 5})
	}
	switch {
	case err != nil:
		os.Stderr.WriteString(err.Error())
		return 10
	case sum == mix(0, 0)+mix(1, 1)+mix(2, 2)+mix(3, 3)+mix(4, 4):
		return 11
	}
	return 12
}

// misbehaveThere runs misbehaveHere in a process of its own, for at most limit.
func misbehaveThere(how string, limit time.Duration) (end *os.ProcessState, stdout, stderr string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var out, errs bytes.Buffer
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), misbehaveAs+"="+how)
	child.Stdout, child.Stderr = &out, &errs
	_ = child.Run() // how it ended is in ProcessState
	return child.ProcessState, out.String(), errs.String()
}

func TestMisbehaveEnds(t *testing.T) {
	for _, c := range []struct {
		how    string
		status int
		signal syscall.Signal
		stderr string // a part of it
	}{
		{how: "none", status: 11},
		{how: "panic", status: 2, stderr: "panic: misbehave: a panic, as asked for"},
		{how: "setuppanic", status: 2, stderr: "panic: misbehave: a panic in setup, as asked for"},
		{how: "exit", status: 3},
		{how: "silent", status: 0},
		{how: "kill", status: -1, signal: syscall.SIGKILL},
		{how: "error", status: 10, stderr: "misbehave: an error, as asked for"},
		{how: "setuperror", status: 10, stderr: "misbehave: an error in setup, as asked for"},
		{how: "wrong", status: 12},
		{how: "oom", status: 10, stderr: "took 128 MiB of memory and was not killed"},
		{how: "stdout", status: 11, stderr: "no end of line"},
	} {
		t.Run(c.how, func(t *testing.T) {
			end, stdout, stderr := misbehaveThere(c.how, time.Minute)
			status := end.Sys().(syscall.WaitStatus)
			if end.ExitCode() != c.status || status.Signaled() != (c.signal != 0) || status.Signaled() && status.Signal() != c.signal {
				t.Errorf("ended with %v", end)
			}
			if !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
				t.Errorf("stderr is %q, want %q in it", stderr, c.stderr)
			}
			if noisy := c.how == "stdout"; noisy != (stdout != "") {
				t.Errorf("stdout is %q", stdout)
			}
		})
	}
}

// What must not end is still there after a while, and our kill ends it. A slow
// machine can only make this test pass too easily.
func TestMisbehaveGoesOn(t *testing.T) {
	for _, how := range []string{"hang", "spin", "sleepsetup", "sleepprepare"} {
		t.Run(how, func(t *testing.T) {
			end, _, stderr := misbehaveThere(how, 200*time.Millisecond)
			if status := end.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
				t.Errorf("ended by itself with %v: %s", end, stderr)
			}
		})
	}
}

// A wrong kernel's sum must differ between any two layouts of the workers.
func TestMisbehaveWrongDependsOnLayout(t *testing.T) {
	sums := map[uint64]string{}
	for name, layout := range map[string][]int{"sequential": {1}, "goroutines": {2}, "processes": {1, 1}, "hybrid": {2, 2}} {
		var sum uint64
		rank, worker := 0, int64(0)
		for _, slots := range layout {
			k := newKernel(t, "misbehave", map[string]string{"how": "wrong"}, Env{Slots: slots, Rank: rank})
			for slot := range slots {
				part, err := k.Do(t.Context(), Task{Lo: 10 * worker, Hi: 10*worker + 10, Slot: slot})
				if err != nil {
					t.Fatal(err)
				}
				sum += part
				worker++
			}
			rank += slots
		}
		for ; worker < 4; worker++ { // the same forty items for all
			k := newKernel(t, "misbehave", map[string]string{"how": "wrong"}, Env{Slots: layout[0]})
			part, _ := k.Do(t.Context(), Task{Lo: 10 * worker, Hi: 10*worker + 10})
			sum += part
		}
		if other, taken := sums[sum]; taken {
			t.Errorf("%s and %s agree on %x", name, other, sum)
		}
		sums[sum] = name
	}
}

// The child left behind is in a session of its own, so that no signal to our
// group would reach it.
func TestMisbehaveLeaks(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip(err)
	}
	before := children(t)
	sumOf(t, "misbehave", map[string]string{"how": "leak", "at": "1"}, 3)
	left := 0
	for pid, session := range children(t) {
		if _, old := before[pid]; old {
			continue
		}
		left++
		if session != pid {
			t.Errorf("the child %d is in session %d, not in its own", pid, session)
		}
		if err := errors.Join(syscall.Kill(pid, syscall.SIGKILL), reap(pid)); err != nil {
			t.Error(err)
		}
	}
	if left != 1 {
		t.Errorf("%d children were left behind, want one", left)
	}
}

func reap(pid int) error {
	_, err := syscall.Wait4(pid, nil, 0, nil)
	return err
}

// children returns the session of each of this process's children.
func children(t *testing.T) map[int]int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	sessions := map[int]int{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended meanwhile
		}
		// After the name, which is in parentheses: state, parent, group, session.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if fields[1] == strconv.Itoa(os.Getpid()) {
			sessions[pid], _ = strconv.Atoi(fields[3])
		}
	}
	return sessions
}
