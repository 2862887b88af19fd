package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childVar makes the test binary a child of a scene instead.
const childVar = "FORKLORE_LINK_CHILD"

// hostVar makes it a host that opens a plan and waits to be killed.
const hostVar = "FORKLORE_LINK_HOST"

// childPart is what a child is told: its ranks, and what its descriptors mean.
type childPart struct {
	Scene  scene
	Lo, Hi int
	Words  []string
	Files  int
}

func TestMain(m *testing.M) {
	run := playChild
	text, child := os.LookupEnv(childVar)
	if !child {
		run = playHost
		text, child = os.LookupEnv(hostVar)
	}
	if !child {
		os.Exit(m.Run())
	}
	if err := run(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func playChild(text string) error {
	var part childPart
	if err := json.Unmarshal([]byte(text), &part); err != nil {
		return err
	}
	share := Share{Words: part.Words}
	for i := range part.Files {
		share.Files = append(share.Files, os.NewFile(uintptr(3+i), "inherited"))
	}
	s := part.Scene
	j, err := Join(s.Plan, s.Ranks, part.Lo, part.Hi, share)
	if err != nil {
		return err
	}
	if err := playRanks(j, s, part.Lo, part.Hi, true); err != nil {
		return err
	}
	return j.Close()
}

func playHost(text string) error {
	var s scene
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	f, err := Open(s.Plan, s.Ranks, os.TempDir())
	if err != nil {
		return err
	}
	j, err := f.Join()
	if err != nil {
		return err
	}
	if err := playRanks(j, s, 0, s.Ranks, false); err != nil {
		return err
	}
	ready()
	return forever()
}

// ready tells the parent that a child has come to the interesting part.
func ready() { fmt.Println("ready") }

// forever keeps a child until it is killed.
func forever() error {
	for {
		time.Sleep(time.Hour)
	}
}

// child is a running child process.
type child struct {
	*exec.Cmd
	stdout *os.File
	stderr bytes.Buffer
	ended  chan error
}

// startChild starts a child that holds ranks [lo, hi). It dies with the test.
func startChild(t *testing.T, f Fabric, s scene, lo, hi int) *child {
	t.Helper()
	return startChildBy(t, os.Args[:1], f, s, lo, hi)
}

// startChildBy starts the test binary by the words of a command.
func startChildBy(t *testing.T, words []string, f Fabric, s scene, lo, hi int) *child {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector sees no other process, and makes its start slow")
	}
	share, err := f.Share(lo, hi)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(childPart{Scene: s, Lo: lo, Hi: hi, Words: share.Words, Files: len(share.Files)})
	if err != nil {
		t.Fatal(err)
	}
	c := startTest(t, words, childVar+"="+string(text), share.Files)
	if err := share.Close(); err != nil {
		t.Error(err)
	}
	return c
}

// startTest starts the test binary as what a variable says.
func startTest(t *testing.T, words []string, variable string, files []*os.File) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(words[0], words[1:]...), ended: make(chan error, 1)}
	c.Env = append(os.Environ(), variable, "GOMAXPROCS=1")
	c.ExtraFiles = files
	stdout, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdout, c.Stdout, c.Stderr = stdout, w, &c.stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go func() { c.ended <- c.Wait() }()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		stdout.Close()
	})
	return c
}

// ready waits until the child says so.
func (c *child) ready(t *testing.T) {
	t.Helper()
	_ = c.stdout.SetReadDeadline(time.Now().Add(patience))
	line := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(c.stdout, line); err != nil || string(line) != "ready\n" {
		t.Fatalf("a child said %q, %v: %s", line, err, c.stderr.String())
	}
}

// kill kills the child as the kernel does when memory is short.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.wait(t); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("a child was to be killed and ended with %v", err)
	}
}

// wait returns how the child ended, with what it wrote.
func (c *child) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.ended:
		if err != nil {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(c.stderr.String()))
		}
		return err
	case <-time.After(patience):
		_ = c.Process.Kill()
		<-c.ended
		t.Fatalf("a child was still running after %v", patience)
		return nil
	}
}

// playProcesses runs the ranks in child processes that hold so many each.
func playProcesses(t *testing.T, s scene, each int) {
	t.Helper()
	f := open(t, s.Plan, s.Ranks)
	var children []*child
	for lo := 0; lo < s.Ranks; lo += each {
		children = append(children, startChild(t, f, s, lo, min(lo+each, s.Ranks)))
	}
	for i, c := range children {
		if err := c.wait(t); err != nil {
			t.Errorf("child %d: %v", i, err)
		}
	}
}
