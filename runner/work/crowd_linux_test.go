package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childrenOf lists the processes that a process has started and that have not ended.
func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, _ := os.ReadFile(f) // some end meanwhile
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		_, rest, _ := bytes.Cut(text, []byte(") "))
		if w := bytes.Fields(rest); len(w) > 1 && string(w[0]) != "Z" && string(w[1]) == fmt.Sprint(pid) {
			children = append(children, child)
		}
	}
	return children
}

// crowded has the prober of a process use up RLIMIT_NPROC, and returns that process and those that use it up.
func crowded(t *testing.T) (s *siblings, most string, crowd []int) {
	t.Helper()
	s, err := startSiblings(hardeningNone, true, true, false)
	if errors.As(err, &Unavailable{}) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := s.prober.ask("tasks")
	n, err2 := strconv.Atoi(strings.TrimPrefix(line, answerData+" "))
	if err != nil || err2 != nil || n < 1 {
		t.Fatalf("%q, %v: the process itself is one", line, errors.Join(err, err2))
	}
	most = strconv.Itoa(n + 2*fewTasks)
	used, err := s.prober.ask("use_tasks " + most)
	if strings.HasPrefix(used, answerLacks) {
		_ = s.end()
		t.Skip(used)
	}
	crowd = childrenOf(t, s.pid)
	if took, _ := strconv.Atoi(strings.TrimPrefix(used, answerData+" ")); err != nil || took != len(crowd) {
		t.Fatalf("%q, %v; there are %d", used, err, len(crowd))
	}
	return s, most, crowd
}

// taskLimitOf is the line on RLIMIT_NPROC of a process's limits.
func taskLimitOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	_, line, ok := strings.Cut(string(text), "Max processes")
	if err != nil || !ok {
		t.Fatalf("%v: %q", err, text)
	}
	line, _, _ = strings.Cut(line, "\n")
	return line
}

// The limit is lowered for the moments of a start alone, and what is given back is gone.
func TestCrowdIsGivenBack(t *testing.T) {
	s, most, crowd := crowded(t)
	if before, after := taskLimitOf(t, os.Getpid()), taskLimitOf(t, s.pid); before != after {
		t.Errorf("RLIMIT_NPROC is %q, was %q", after, before)
	}
	if len(crowd) == 0 {
		t.Log("others of the user have used it up")
	}
	if got, err := s.prober.ask("release"); err != nil || got != answerDone {
		t.Errorf("%q, %v", got, err)
	}
	if left := childrenOf(t, s.pid); len(left) > 0 {
		t.Errorf("given back, and %v still run", left)
	}
	for _, request := range []string{"use_tasks", "use_tasks x", "use_tasks -1", "use_tasks 1 2"} {
		if got, err := s.prober.ask(request); err != nil || !strings.HasPrefix(got, answerError) {
			t.Errorf("%s: %q, %v", request, got, err)
		}
	}
	if got, err := s.prober.ask("use_tasks 4294967295"); err != nil || !strings.HasPrefix(got, answerLacks+" RLIMIT_NPROC is ") {
		t.Errorf("more than the limit is: %q, %v", got, err)
	}
	if got, err := s.victim.ask("start 0"); err != nil || got != answerErrno+" 11" {
		t.Errorf("start a process where none is allowed: %q, %v", got, err)
	}
	if got, err := s.victim.ask("start " + most); err != nil || strings.HasPrefix(got, answerError) {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// The processes of a crowd end with the one that started them, however it ends.
func TestCrowdEndsWithItsStarter(t *testing.T) {
	s, _, crowd := crowded(t)
	if err := unix.Kill(s.pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); err == nil {
		t.Error("it was killed, and ended well")
	}
	for _, pid := range crowd {
		for deadline := time.Now().Add(time.Minute); running(pid); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d outlives the one that started it", pid)
			}
		}
	}
}

// running tells whether a process has not ended, reaped or not.
func running(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := bytes.Cut(text, []byte(") "))
	return err == nil && !bytes.HasPrefix(rest, []byte("Z"))
}
