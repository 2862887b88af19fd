package metrics

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is its own child: FORKLORE_CHILD names what it does once it
// is told to. It says "ready", waits for a line, acts, says "done" and its own
// CPU nanoseconds, and ends with its standard input.
func TestMain(m *testing.M) {
	if deed := os.Getenv("FORKLORE_CHILD"); deed != "" {
		if err := childMain(deed); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const touchB = 64 << 20

func childMain(deed string) error {
	in := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := in.ReadString('\n'); err != nil {
		return nil
	}
	if ms, ok := strings.CutPrefix(deed, "burn "); ok {
		n, err := strconv.Atoi(ms)
		if err != nil {
			return err
		}
		for own() < int64(n)*1e6 {
		}
	}
	if deed == "touch" {
		mem, err := touched(touchB)
		if err != nil {
			return err
		}
		defer unix.Munmap(mem)
	}
	fmt.Println("done", own())
	_, err := io.Copy(io.Discard, in)
	return err
}

// own returns this process's CPU in nanoseconds.
func own() int64 {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

// touched returns private memory, every page of which was written.
func touched(n int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(mem); i += os.Getpagesize() {
		mem[i] = 1
	}
	return mem, nil
}

type child struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	end bool
}

// spawn starts a child and waits until it is ready.
func spawn(t testing.TB, deed string, change ...func(*exec.Cmd)) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FORKLORE_CHILD="+deed, "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	for _, f := range change {
		f(cmd)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() { c.kill() })
	c.expect("ready")
	return c
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) expect(word string) string {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), word)
	if err != nil || !ok {
		c.t.Fatalf("child said %q, %v, want %q", line, err, word)
	}
	return strings.TrimSpace(rest)
}

// act lets the child do its deed and returns the CPU seconds it says it used.
func (c *child) act() float64 {
	c.t.Helper()
	if _, err := io.WriteString(c.in, "go\n"); err != nil {
		c.t.Fatal(err)
	}
	ns, err := strconv.ParseInt(c.expect("done"), 10, 64)
	if err != nil {
		c.t.Fatal(err)
	}
	return float64(ns) / 1e9
}

// finish ends the child and returns what wait4 says it used.
func (c *child) finish() *syscall.Rusage {
	c.t.Helper()
	c.end = true
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.SysUsage().(*syscall.Rusage)
}

func (c *child) kill() {
	if c.end {
		return
	}
	c.end = true
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Error(err)
	}
	c.cmd.Wait()
}
