package host

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"forklore/runner/link"
)

// End is what is known once no process of a trial is left.
type End struct {
	StopNS    int64   // when the order to stop was given
	ReapedNS  int64   // when the tree was gone
	Usages    []Usage // each process's own word; empty after an abort
	UserS     float64 // wait4 rusage of the tree
	SysS      float64
	Minor     float64 // page faults without and with IO
	Major     float64
	Vol       float64 // context switches
	Invol     float64
	InBlocks  float64
	OutBlocks float64
	Leaked    []string // processes that were alive after an orderly end, in words; killed
	Output    string   // head and tail of what the tree printed; of a command: on stderr

	Stdout    string   // head and tail of what a command printed on stdout
	StdoutB   int64    // how much that was in all
	StdoutSum [32]byte // SHA-256 of all of it, where Options.Checksum asks for it
}

// Patience with processes that were told to go.
const (
	quitPatience = 500 * time.Millisecond // for stack traces after SIGQUIT
	killPatience = 10 * time.Second       // after SIGKILL: only a process stuck in the kernel takes longer
)

// Stop ends a trial in order: workers close what they hold, say what they used
// and are reaped by their host. Whatever is alive then is killed and named.
func (t *Trial) Stop(ctx context.Context) (End, error) {
	e := End{StopNS: Now()}
	if err := t.wire.line([]byte(cmdStop)); err != nil {
		return t.Abort(false), t.died("it was told to stop")
	}
	m, err := t.await(ctx, "it had stopped")
	if err != nil {
		return t.Abort(false), err
	}
	e.Usages = m.Bye
	select {
	case <-t.exited:
	case <-ctx.Done():
		return t.Abort(true), &Failure{StatusTimeout, "the host said goodbye but did not exit"}
	}
	t.finish(&e, true)
	if len(e.Leaked) > 0 {
		return e, &Failure{StatusCrashed, "left behind, now killed: " + strings.Join(e.Leaked, ", ")}
	}
	return e, nil
}

// Abort kills the tree and reaps it. With dump, the processes are first asked
// for the stacks of their goroutines, which go to the output; a command is asked to end.
func (t *Trial) Abort(dump bool) End {
	e := End{StopNS: Now()}
	if dump {
		ask := syscall.SIGQUIT
		if t.opt.Job.Command != nil {
			ask = syscall.SIGTERM // others than Go programs may end in order, or leave a core file behind
		}
		_ = syscall.Kill(-t.PID(), ask)
		select {
		case <-t.exited:
		case <-time.After(quitPatience):
		}
	}
	_ = syscall.Kill(-t.PID(), syscall.SIGKILL) // an error means that nobody is left
	select {
	case <-t.exited:
	case <-time.After(killPatience):
		e.Leaked = append(e.Leaked, fmt.Sprintf("host pid %d (stuck in the kernel)", t.PID()))
		return e
	}
	t.finish(&e, false)
	return e
}

// finish reaps what the host left, adds up the rusage and gives back all that
// the runner held for this trial.
func (t *Trial) finish(e *End, orderly bool) {
	e.ReapedNS = Now()
	leaked, orphans := sweep(t.PID(), t.opt.Token)
	if orderly {
		e.Leaked = leaked
	} else if _, err := link.Sweep(); err != nil { // what a killed host could not remove
		e.Leaked = append(e.Leaked, err.Error())
	}
	if t.cmd.ProcessState == nil {
		e.Leaked = append(e.Leaked, "the host was reaped by someone else, so its usage is lost")
	} else if ru, ok := t.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		orphans = append(orphans, *ru)
	}
	for _, ru := range orphans {
		e.add(ru)
	}
	t.output.wait()
	e.Output = t.output.text()
	e.keep(t.stdout)
	_ = t.commands.Close()
	_ = t.answers.Close()
	for range t.messages { // let the listener end
	}
	if t.timer != nil {
		t.timer.Stop()
	}
	t.page.close()
}

// keep takes what a command printed on stdout.
func (e *End) keep(o *output) {
	if o == nil {
		return
	}
	o.wait()
	e.Stdout = o.text()
	o.mu.Lock()
	defer o.mu.Unlock()
	e.StdoutB = o.total
	if o.sum != nil {
		o.sum.Sum(e.StdoutSum[:0])
	}
}

func (e *End) add(ru syscall.Rusage) {
	e.UserS += float64(ru.Utime.Sec) + float64(ru.Utime.Usec)/1e6
	e.SysS += float64(ru.Stime.Sec) + float64(ru.Stime.Usec)/1e6
	e.Minor += float64(ru.Minflt)
	e.Major += float64(ru.Majflt)
	e.Vol += float64(ru.Nvcsw)
	e.Invol += float64(ru.Nivcsw)
	e.InBlocks += float64(ru.Inblock)
	e.OutBlocks += float64(ru.Oublock)
}
