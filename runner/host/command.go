package host

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/affinity"
	"forklore/runner/work"
)

// Command is a program of any language that a trial runs instead of a workload.
//
// A plain program is started when the gate opens and has done its work when it
// ends. One that speaks the protocol is started before: see [command.listen].
type Command struct {
	Argv    []string
	Env     []string // NAME=VALUE, beside the trial's own
	Dir     string   // where it runs
	Gate    bool     // it speaks the protocol
	Exit    int      // the code that it must end with
	Install string   // how to get it, in words
}

// ProtocolVar tells a program which version of the protocol it is spoken to in.
const ProtocolVar = "FORKLORE_PROTOCOL"

// fdStdout is where what a command prints on its stdout goes, apart from what the tree
// prints on stderr.
const fdStdout = fdPage + 1

// command is the crew that a program is: whoever does the work is its own affair.
type command struct {
	job     Job
	path    string
	env     []string
	process *os.Process
	in      *os.File  // its stdin; nil for a plain program
	lines   chan told // of the protocol; closed at the end of its stdout
	ended   chan struct{}
	endNS   int64
	state   *os.ProcessState
	waitErr error
	cpuS    float64 // of the program and all below it, when last read
	last    result
	usages  []Usage
}

func newCommand(job Job) *command {
	signal.Notify(make(chan os.Signal, 1), unix.SIGTERM) // it is meant for the program: the host follows it
	unix.CloseOnExec(fdStdout)
	return &command{job: job, env: commandEnv(*job.Command), lines: make(chan told, 16), ended: make(chan struct{}), usages: []Usage{}}
}

// commandEnv is the trial's environment without what is meant for Go programs
// of ours, and with the command's own variables.
func commandEnv(c Command) []string {
	own := map[string]bool{"GOMAXPROCS": true, "GOTRACEBACK": true}
	var env []string
	for _, v := range c.Env {
		name, _, _ := strings.Cut(v, "=")
		own[name] = true
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !own[name] {
			env = append(env, v)
		}
	}
	if c.Gate {
		env = append(env, ProtocolVar+"=1")
	}
	return append(env, c.Env...)
}

// find returns the path of the program, which need not be installed.
func (c *command) find() (string, error) {
	name, path := c.job.Command.Argv[0], ""
	dirs := []string{""}
	if !strings.ContainsRune(name, filepath.Separator) {
		for _, v := range c.env {
			if p, ok := strings.CutPrefix(v, "PATH="); ok {
				path = p
			}
		}
		dirs = filepath.SplitList(path)
	}
	where := "in PATH " + path
	if path == "" {
		where = "in " + c.job.Command.Dir
	}
	why := "there is no program " + name + " " + where
	for _, dir := range dirs {
		at := filepath.Join(dir, name)
		if !filepath.IsAbs(at) {
			at = filepath.Join(c.job.Command.Dir, at)
		}
		info, err := os.Stat(at)
		switch {
		case err != nil || info.IsDir():
		case info.Mode()&0o111 == 0:
			why = at + " is not executable (chmod +x)"
		default:
			return at, nil
		}
	}
	return "", c.lacks(why)
}

// lacks is the error for a trial that is skipped.
func (c *command) lacks(why string) error {
	if c.job.Command.Install != "" {
		why += ": " + c.job.Command.Install
	}
	return work.Unavailable{Reason: why}
}

// start starts the program with the given stdin and stdout.
func (c *command) start(in, out *os.File) error {
	var err error
	c.process, err = os.StartProcess(c.path, c.job.Command.Argv, &os.ProcAttr{
		Dir: c.job.Command.Dir, Env: c.env, Files: []*os.File{in, out, os.Stderr},
	})
	if err != nil {
		return work.StartShortage(fmt.Errorf("start %s: %w", c.job.Command.Argv[0], err))
	}
	go func() {
		c.state, c.waitErr = c.process.Wait()
		c.endNS = Now()
		close(c.ended)
	}()
	return nil
}

func (c *command) who() string {
	return fmt.Sprintf("%s (pid %d)", filepath.Base(c.job.Command.Argv[0]), c.process.Pid)
}

// Ready finds a plain program, and starts one that speaks the protocol. The first of
// the processes is the host, which holds no worker.
func (c *command) Ready() ([]Process, error) {
	procs := []Process{{PID: os.Getpid(), Role: RoleHost, CPUs: affinity.Get()}}
	var err error
	if c.path, err = c.find(); err != nil || !c.job.Command.Gate {
		return procs, err
	}
	p, err := c.begin()
	return append(procs, p), err
}

// Open starts a plain program, or tells one that waits to go.
func (c *command) Open() error {
	if c.job.Command.Gate {
		if _, err := c.in.WriteString("go\n"); err != nil {
			return c.death("it was told to go")
		}
		return nil
	}
	none, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer none.Close()
	out := os.NewFile(fdStdout, "stdout")
	defer out.Close() // the program alone holds it: its close is the end of what was printed
	return c.start(none, out)
}

// Report waits for the end of a plain program, or for the result of one that speaks the protocol.
func (c *command) Report() (Report, error) {
	if c.job.Command.Gate {
		return c.answer()
	}
	<-c.ended
	if err := c.judge(); err != nil {
		return Report{}, err
	}
	r := Report{Finishes: []Finish{{NS: c.endNS, Items: Untold}}}
	if ru, ok := c.state.SysUsage().(*syscall.Rusage); ok { // the children that it waited for are in it
		r.Spent.CPUS = float64(ru.Utime.Nano()+ru.Stime.Nano()) / 1e9
	}
	return r, nil
}

// Leave closes the stdin of a program that waits: the order to end.
func (c *command) Leave() error {
	if c.in != nil {
		return c.in.Close()
	}
	return nil
}

// Gone waits for the program's end and says how much memory its processes had
// used when they had told their result.
func (c *command) Gone() ([]Usage, error) {
	if !c.job.Command.Gate {
		return c.usages, nil
	}
	var late <-chan time.Time // after its end a child of it may hold its stdout
	for ended := c.ended; ; {
		select {
		case l, open := <-c.lines:
			if open {
				return nil, c.fault(fmt.Sprintf("%s said %s out of turn, after its result", c.who(), l.word))
			}
			<-c.ended
			return c.usages, c.judge()
		case <-ended:
			ended, late = nil, time.After(time.Second)
		case <-late:
			return c.usages, c.judge()
		}
	}
}

// judge says how a program ended that should have ended well.
func (c *command) judge() error {
	if c.waitErr != nil {
		return c.fault(fmt.Sprintf("%s could not be waited for: %v", c.who(), c.waitErr))
	}
	switch ws := c.state.Sys().(syscall.WaitStatus); {
	case ws.Signaled():
		f := c.fault(c.who() + " " + describeDeath(ws))
		f.Signal = int(ws.Signal())
		return f
	case ws.ExitStatus() != c.job.Command.Exit:
		f := c.fault(fmt.Sprintf("%s %s instead of %d", c.who(), describeDeath(ws), c.job.Command.Exit))
		f.Wrong = true
		return f
	}
	return nil
}

// death explains the end of a program that should have gone on until then.
func (c *command) death(until string) *Fault {
	select {
	case <-c.ended:
	case <-time.After(time.Second):
		return c.fault(c.who() + " closed its stdout before " + until)
	}
	var f *Fault
	if err := c.judge(); !errors.As(err, &f) {
		f = c.fault(fmt.Sprintf("%s exited with code %d", c.who(), c.job.Command.Exit))
	}
	f.Wrong = false
	f.Detail = strings.TrimSuffix(f.Detail, fmt.Sprintf(" instead of %d", c.job.Command.Exit)) + " before " + until
	return f
}

func (c *command) fault(detail string) *Fault { return &Fault{PID: c.process.Pid, Detail: detail} }

func (c *command) kill() {
	if c.process != nil {
		_ = c.process.Kill()
	}
}

func (c *command) wait(limit time.Duration) {
	if c.process == nil {
		return
	}
	select {
	case <-c.ended:
	case <-time.After(limit):
	}
}
