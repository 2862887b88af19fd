package host

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRunnerOfToken(t *testing.T) {
	if got := runnerOf(NewToken("20261122T101500Z-lab-7")); got != os.Getpid() {
		t.Errorf("runner %d, want %d", got, os.Getpid())
	}
	for _, token := range []string{"", "TestX", "a-b", "run-12-x", "run-x-12", "run--12", "run-0-1"} {
		if got := runnerOf(token); got != 0 {
			t.Errorf("%q is of runner %d", token, got)
		}
	}
}

// A program that left its trial's process group is killed by the next start where its
// runner is gone, and left alone where that lives.
func TestAbandonedProcessesAreKilled(t *testing.T) {
	gone := exec.Command("/bin/true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	start := func(runner int) *exec.Cmd {
		c := exec.Command("/bin/sleep", "1000")
		c.Env = []string{"A=b", tokenVar + "=run-host-" + strconv.Itoa(runner) + "-3"}
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := c.Start(); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill() })
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) { // exec has pages left to set up
			if env, err := os.ReadFile("/proc/" + strconv.Itoa(c.Process.Pid) + "/environ"); err == nil && len(env) > 0 {
				return c
			}
			if time.Now().After(limit) {
				t.Fatal("the process never got its environment")
			}
		}
	}
	orphan, watched := start(gone.Process.Pid), start(os.Getpid())
	removed, err := Leftovers()
	if err != nil {
		t.Error(err)
	}
	all := strings.Join(removed, "\n")
	if strings.Contains(all, "pid "+strconv.Itoa(watched.Process.Pid)+")") {
		t.Errorf("removed %q", removed)
	}
	if !strings.Contains(all, "sleep (pid "+strconv.Itoa(orphan.Process.Pid)+")") {
		t.Logf("another program swept first: %q", removed)
	}
	if err := orphan.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the orphan ended with %v", err)
	}
	if err := watched.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("a process with a living runner: %v", err)
	}
	if err := watched.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = watched.Wait()
}
