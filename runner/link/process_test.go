package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childVar makes the test binary a child of a scene instead.
const childVar = "FORKLORE_LINK_CHILD"

// childPart is what a child is told: its ranks, and what its descriptors mean.
type childPart struct {
	Scene  scene
	Lo, Hi int
	Words  []string
	Files  int
}

func TestMain(m *testing.M) {
	text, child := os.LookupEnv(childVar)
	if !child {
		os.Exit(m.Run())
	}
	if err := playChild(text); err != nil {
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

// child is a running child process.
type child struct {
	*exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

// startChild starts a child that holds ranks [lo, hi). It dies with the test.
func startChild(t *testing.T, f Fabric, s scene, lo, hi int) *child {
	t.Helper()
	share, err := f.Share(lo, hi)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(childPart{Scene: s, Lo: lo, Hi: hi, Words: share.Words, Files: len(share.Files)})
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(os.Args[0]), ended: make(chan error, 1)}
	c.Env = append(os.Environ(), childVar+"="+string(text), "GOMAXPROCS=1")
	c.Stderr = &c.stderr
	c.ExtraFiles = share.Files
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := share.Close(); err != nil {
		t.Error(err)
	}
	go func() { c.ended <- c.Wait() }()
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
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
