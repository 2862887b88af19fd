package host

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"forklore/internal/affinity"
	"forklore/runner/work"
)

// How a trial can fail; the words are those of trials.csv.
const (
	StatusCrashed = "crashed"
	StatusTimeout = "timeout"
	StatusOOM     = "oom"
	StatusKilled  = "killed"
	StatusSkipped = "skipped" // the system lacks what the workload needs
	StatusWrong   = "wrong"   // a command ended with another code than it must
)

// Failure is why a trial yields no number.
type Failure struct {
	Status string
	Detail string
}

func (f *Failure) Error() string { return f.Detail }

// Options say how to start a trial.
type Options struct {
	Program  string   // path of trialhost
	Job      Job      // what to do
	CPUs     []int    // the affinity mask; empty: whatever the runner has
	Token    string   // marks every process of the trial, to find what it leaves behind
	Env      []string // beside the little that every trial gets
	CgroupFD int      // of the cgroup to start in; 0: none. Linux only
	Checksum bool     // take the SHA-256 of what a command prints on stdout
}

// Trial is a running process tree.
type Trial struct {
	SpawnNS int64 // just before the spawn call

	opt      Options
	cmd      *exec.Cmd
	wire     *wire
	page     *page
	output   *output
	stdout   *output      // of a command; else nil
	messages chan message // closed when the host's end of the pipe closes
	exited   chan struct{}
	commands *os.File
	answers  *os.File
	timer    *time.Timer // of a fixed-time iteration
	port     int         // of a server
}

// Start starts a fresh tree and sends it the job. Its processes run on
// opt.CPUs alone, because the thread that starts them does. The error is a
// work.Unavailable where a limit of the system forbids it.
func Start(opt Options) (*Trial, error) {
	t, err := start(opt)
	return t, work.StartShortage(err)
}

func start(opt Options) (*Trial, error) {
	if err := opt.Job.exposable(); err != nil {
		return nil, err
	}
	t := &Trial{opt: opt, messages: make(chan message, 4), exited: make(chan struct{}), output: newOutput()}
	pageFile, err := newPageFile(opt.Job.SharedB)
	if err != nil {
		return nil, err
	}
	defer pageFile.Close()
	if t.page, err = mapPage(pageFile.Fd()); err != nil {
		return nil, err
	}
	if err := t.spawn(pageFile); err != nil {
		t.page.close()
		return nil, fmt.Errorf("start %s: %w", opt.Program, err)
	}
	go t.listen()
	if err := t.wire.send(message{Job: &opt.Job}); err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Abort(false)
		return nil, fmt.Errorf("send the job: %w", err) // a host that is gone is told by Ready
	}
	return t, nil
}

// spawn makes the pipes and starts the host on the trial's CPUs.
func (t *Trial) spawn(pageFile *os.File) error {
	var files []*os.File
	pipe := func() (r, w *os.File, err error) {
		if r, w, err = os.Pipe(); err == nil {
			files = append(files, r, w)
		}
		return r, w, err
	}
	toHost, commands, err1 := pipe()
	answers, fromHost, err2 := pipe()
	output, printed, err3 := pipe()
	var stdout, told *os.File
	var err4 error
	if t.opt.Job.Command != nil {
		stdout, told, err4 = pipe()
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		closeAll(files)
		return err
	}
	t.commands, t.answers = commands, answers
	t.wire = &wire{in: bufio.NewReader(answers), out: commands}
	t.cmd = exec.Command(t.opt.Program, RoleHost)
	t.cmd.Env = t.env()
	t.cmd.Stdout, t.cmd.Stderr = printed, printed
	t.cmd.ExtraFiles = []*os.File{toHost, fromHost, pageFile}
	ends := []*os.File{toHost, fromHost, printed}
	if told != nil {
		t.cmd.ExtraFiles = append(t.cmd.ExtraFiles, told)
		ends = append(ends, told)
	}
	t.cmd.SysProcAttr = sysProcAttr(t.opt.CgroupFD)
	err := t.startBound()
	if err != nil {
		closeAll(files)
		return err
	}
	closeAll(ends)
	go t.output.copy(output)
	if stdout != nil {
		t.keepStdout(stdout)
	}
	go func() {
		_ = t.cmd.Wait() // how it ended is in ProcessState
		close(t.exited)
	}()
	return nil
}

// keepStdout reads what a command prints on its stdout.
func (t *Trial) keepStdout(from *os.File) {
	t.stdout = newOutput()
	if t.opt.Checksum {
		t.stdout.sum = sha256.New()
	}
	go t.stdout.copy(from)
}

// Programs returns the processes of a command: all living ones below the host.
func (t *Trial) Programs() []int { return family(t.PID())[1:] }

// env is the clean environment of a trial.
func (t *Trial) env() []string {
	procs := t.opt.Job.MaxProcs
	if t.opt.Job.Processes > 0 || t.opt.Job.Command != nil {
		procs = 1 // a host that only supervises
	}
	env := []string{
		tokenVar + "=" + t.opt.Token,
		"PATH=" + os.Getenv("PATH"),
		"LANG=C", "LC_ALL=C", "TZ=UTC",
		"TMPDIR=" + t.opt.Job.Dir,
		"GOTRACEBACK=all",
		"GOMAXPROCS=" + strconv.Itoa(procs),
	}
	return append(env, t.opt.Env...)
}

// startBound starts the command on the trial's CPUs.
func (t *Trial) startBound() error {
	err := affinity.Start(t.opt.CPUs, func() error {
		t.SpawnNS = Now()
		return t.cmd.Start()
	})
	if unbound := (*affinity.Error)(nil); errors.As(err, &unbound) {
		return fmt.Errorf("%w (placement: {policy: none} runs without binding)", err)
	}
	return err
}

func (t *Trial) listen() {
	defer close(t.messages)
	for {
		m, err := t.wire.receive()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			m = message{Fault: &Fault{PID: t.cmd.Process.Pid, Rank: -1, Detail: err.Error()}}
		}
		t.messages <- m
		if err != nil {
			return
		}
	}
}

// PID returns the host's process ID.
func (t *Trial) PID() int { return t.cmd.Process.Pid }

// Ready waits until every worker is set up and returns the tree's processes,
// the host first. Its error is a *Failure.
func (t *Trial) Ready(ctx context.Context) ([]Process, error) {
	for {
		m, err := t.await(ctx, t.readiness())
		if err != nil {
			return nil, err
		}
		switch {
		case m.Hello != nil && m.Hello.Version != Version:
			return nil, &Failure{StatusCrashed, fmt.Sprintf("trialhost is version %s, forklore is %s: run make to build both", m.Hello.Version, Version)}
		case m.Ready != nil:
			t.port = m.Port
			return m.Ready, nil
		}
	}
}

// readiness says what Ready waits for.
func (t *Trial) readiness() string {
	if c := t.opt.Job.Command; c != nil && c.Gate {
		return c.Argv[0] + " had said ready"
	}
	return "its workers were ready"
}

// Open opens the gate for one iteration. Under fixed time the workers are told
// to stop after limit, which counts from the order to open.
func (t *Trial) Open(limit time.Duration) error {
	t.page.stop.Store(0) // before the order: the host may be slow to follow it
	if err := t.wire.line([]byte(cmdOpen)); err != nil {
		return &Failure{StatusCrashed, "the host is gone: " + err.Error()}
	}
	if limit > 0 {
		t.timer = time.AfterFunc(limit, t.page.setStop)
	}
	return nil
}

// Halt tells the workers that the time of the iteration is up, as its timer would.
func (t *Trial) Halt() { t.page.setStop() }

// Port is where a server that is ready listens on 127.0.0.1; 0 for other workloads.
func (t *Trial) Port() int { return t.port }

// Done waits for the end of the iteration. Its error is a *Failure.
func (t *Trial) Done(ctx context.Context) (Done, error) {
	m, err := t.await(ctx, "its work was done")
	if err != nil {
		return Done{}, err
	}
	if m.Done == nil {
		return Done{}, &Failure{StatusCrashed, "the host answered out of order"}
	}
	return *m.Done, nil
}

// Measure asks every worker for what it has measured of itself since it was last
// asked. Call it between iterations. Its error is a *Failure.
func (t *Trial) Measure(ctx context.Context) ([]Reading, error) {
	if err := t.wire.line([]byte(cmdMeasure)); err != nil {
		return nil, &Failure{StatusCrashed, "the host is gone: " + err.Error()}
	}
	m, err := t.await(ctx, "it had told what it measured")
	if err != nil {
		return nil, err
	}
	if m.Measured == nil {
		return nil, &Failure{StatusCrashed, "the host answered out of order"}
	}
	return *m.Measured, nil
}

// await returns the host's next message, or why none will come before until.
func (t *Trial) await(ctx context.Context, until string) (message, error) {
	select {
	case m, ok := <-t.messages:
		if !ok {
			return message{}, t.died(until)
		}
		if m.Fault != nil {
			return message{}, t.faulted(m.Fault)
		}
		return m, nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return message{}, &Failure{StatusTimeout, "time was up before " + until}
	}
	return message{}, &Failure{StatusKilled, "stopped by the user before " + until}
}

// died explains the end of a host that closed its pipe without a word.
func (t *Trial) died(until string) *Failure {
	f := &Failure{Status: StatusCrashed, Detail: "the host closed its pipe before " + until}
	select {
	case <-t.exited:
	case <-time.After(2 * time.Second):
		return f
	}
	if t.cmd.ProcessState == nil {
		return f
	}
	if ws, ok := t.cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		f.Detail = fmt.Sprintf("the host (pid %d) %s before %s", t.PID(), describeDeath(ws), until)
	}
	return t.explain(f)
}

func (t *Trial) faulted(fault *Fault) *Failure {
	if fault.Wrong {
		return t.explain(&Failure{Status: StatusWrong, Detail: fault.Detail})
	}
	if fault.Lacks {
		return &Failure{Status: StatusSkipped, Detail: fault.Detail}
	}
	return t.explain(&Failure{Status: StatusCrashed, Detail: fault.Detail})
}

// explain adds the dying program's own words, once all of them have arrived.
func (t *Trial) explain(f *Failure) *Failure {
	var words string
	if t.opt.Job.Command != nil {
		t.output.wait()
		words = lastLine(t.output.text())
	} else {
		words = t.output.settled(lastWords)
	}
	if words == "" {
		return f
	}
	f.Detail += ": " + words
	switch {
	case isOutOfMemory(words):
		f.Status = StatusOOM
		f.Detail += ": " + work.MemoryLimits()
	case words == noThread:
		f.Status, f.Detail = StatusSkipped, work.StartShortage(fmt.Errorf("%s: %w", f.Detail, syscall.EAGAIN)).Error()
	}
	return f
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // pipes: nothing is buffered
	}
}
