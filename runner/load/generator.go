package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/affinity"
	"forklore/runner/work"
)

// Role is the first word on the command line of a trialhost that is a generator.
const Role = "load"

// openPatience is how long a server that is there may take for the connections before the first request.
const openPatience = 10 * time.Second

// killPatience is how long a process may take to die after SIGKILL, or to exit after its last word.
const killPatience = 10 * time.Second

// Generator is a running load generator: a process of its own, in its own session, that ends when
// this process does, because its stdin is closed then.
type Generator struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr bytes.Buffer  // what it prints when it dies
	exited chan struct{} // closed once it is reaped
	said   chan said
}

// said is what a generator answered.
type said struct {
	result Result
	err    error
}

// Start starts a generator on the CPUs, which work on the plan at once; none of them: on those of
// this process. program is the path of trialhost. Where a limit of the system forbids it
// the error is a work.Unavailable. Whoever starts one must call Wait.
func Start(program string, cpus []int, plan Plan) (*Generator, error) {
	if err := plan.Check(); err != nil {
		return nil, err
	}
	g := &Generator{cmd: exec.Command(program, Role), exited: make(chan struct{}), said: make(chan said, 1)}
	g.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C", "LC_ALL=C", "TZ=UTC", "GOTRACEBACK=all",
		"GOMAXPROCS=1", "GOGC=off", "GOMEMLIMIT=1GiB", // it collects no garbage but in need: there is next to none
	}
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	g.cmd.Stderr = &g.stderr
	g.cmd.WaitDelay = time.Second
	in, err1 := g.cmd.StdinPipe()
	out, err2 := g.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, work.StartShortage(fmt.Errorf("start the load generator: %w", err))
	}
	g.stdin = in
	if err := affinity.Start(cpus, g.cmd.Start); err != nil {
		_ = in.Close()
		_ = out.Close()
		return nil, work.StartShortage(fmt.Errorf("start the load generator %s: %w", program, err))
	}
	if err := plan.write(in); err != nil && !errors.Is(err, syscall.EPIPE) { // a generator that is gone is told by Wait
		return nil, errors.Join(fmt.Errorf("send the plan: %w", err), g.end())
	}
	go g.listen(out)
	return g, nil
}

// listen reads the answer to its end, then reaps the process.
func (g *Generator) listen(out io.Reader) {
	r, err := readResult(bufio.NewReader(out))
	_, _ = io.Copy(io.Discard, out) // till it exits: it must not block on its last words
	_ = g.cmd.Wait()                // how it ended is in ProcessState
	close(g.exited)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = g.death()
	}
	g.said <- said{r, err}
}

// PID returns the process ID, also that of its session and process group.
func (g *Generator) PID() int { return g.cmd.Process.Pid }

// Wait returns what the generator saw, once it is gone. When ctx ends it is killed.
func (g *Generator) Wait(ctx context.Context) (Result, error) {
	select {
	case s := <-g.said:
		_ = g.stdin.Close()
		return s.result, s.err
	case <-ctx.Done():
		return Result{}, errors.Join(fmt.Errorf("the load generator (pid %d) was stopped before its result: %w", g.PID(), context.Cause(ctx)), g.end())
	}
}

// end kills the process and waits until it is reaped.
func (g *Generator) end() error {
	_ = syscall.Kill(-g.PID(), syscall.SIGKILL) // an error means that nobody is left
	_ = g.stdin.Close()
	select {
	case <-g.exited:
		return nil
	case <-time.After(killPatience):
		return fmt.Errorf("the load generator (pid %d) is stuck in the kernel", g.PID())
	}
}

// death says how a generator ended that gave no result.
func (g *Generator) death() error {
	how := "ended"
	if ws, ok := g.cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		how = fmt.Sprintf("exited with code %d", ws.ExitStatus())
		if ws.Signaled() {
			how = "was killed by " + unix.SignalName(ws.Signal())
		}
	}
	words, _, _ := bytes.Cut(bytes.TrimSpace(g.stderr.Bytes()), []byte("\n"))
	if len(words) > 0 {
		how += ": " + string(words)
	}
	return fmt.Errorf("the load generator (pid %d) %s before its result", g.PID(), how)
}

// CPUS is the CPU time that the generator's process took over its whole life, in seconds; after Wait alone.
func (g *Generator) CPUS() float64 {
	s := g.cmd.ProcessState
	if s == nil {
		return 0
	}
	return (s.UserTime() + s.SystemTime()).Seconds()
}
