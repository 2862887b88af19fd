package host

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"forklore/runner/work"
)

// remote is the crew in a child process: a pipe that behaves like a worker.
type remote struct {
	job     Job
	process *os.Process
	wire    *wire
	files   []*os.File
	answers chan message
	faults  chan *Fault   // shared by the crews of a host
	ended   chan struct{} // closed once the child is reaped
	leaving atomic.Bool   // the order to stop was sent: the end is no fault
	state   *os.ProcessState
	waitErr error
}

// startRemote starts this program again as a worker and sends it its share. The
// first of the workers to fail is told to all through faults, so that nobody
// waits for a sibling that hangs.
func startRemote(job Job, page *os.File, links []*os.File, faults chan *Fault) (*remote, error) {
	toChild, commands, err := os.Pipe()
	if err != nil {
		return nil, short(job, err)
	}
	answers, fromChild, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(short(job, err), toChild.Close(), commands.Close())
	}
	defer toChild.Close()
	defer fromChild.Close()
	process, err := os.StartProcess(os.Args[0], []string{os.Args[0], RoleWorker}, &os.ProcAttr{
		Env:   workerEnv(job.MaxProcs),
		Files: append([]*os.File{os.Stdin, os.Stdout, os.Stderr, toChild, fromChild, page}, links...),
	})
	if err != nil {
		return nil, errors.Join(short(job, err), commands.Close(), answers.Close())
	}
	r := &remote{job: job, process: process, files: []*os.File{commands, answers},
		wire: &wire{in: bufio.NewReader(answers), out: commands}, answers: make(chan message, 1), faults: faults, ended: make(chan struct{})}
	go r.listen()
	if err := r.wire.send(message{Job: &job}); err != nil {
		return nil, r.death()
	}
	return r, nil
}

// short says which worker could not be started, and which limit that was.
func short(job Job, err error) error {
	return work.StartShortage(fmt.Errorf("start worker %d of %d: %w", job.Rank, job.Workers, err))
}

// workerEnv is the host's environment with the worker's GOMAXPROCS in place of
// its own: of two values the Go runtime would take the first.
func workerEnv(maxProcs int) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOMAXPROCS=") })
	return append(env, "GOMAXPROCS="+strconv.Itoa(maxProcs))
}

// listen receives answers until the child's end of the pipe closes, then reaps
// it.
func (r *remote) listen() {
	for {
		m, err := r.wire.receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.faults <- &Fault{PID: r.process.Pid, Rank: r.job.Rank, Detail: err.Error()}
			break
		}
		if m.Fault != nil {
			r.faults <- m.Fault
		} else if m.Hello == nil {
			r.answers <- m
		}
	}
	r.state, r.waitErr = r.process.Wait()
	close(r.ended)
	if !r.leaving.Load() {
		r.faults <- r.death()
	}
}

// next returns the child's next answer, or the first fault of any child.
func (r *remote) next() (message, error) {
	select {
	case m := <-r.answers:
		return m, nil
	case f := <-r.faults:
		if f.Echo {
			f = cause(f, r.faults)
		}
		return message{}, f
	}
}

// death waits for the child's end and says what it died of.
func (r *remote) death() *Fault {
	<-r.ended
	f := &Fault{PID: r.process.Pid, Rank: r.job.Rank}
	what := "unknown"
	if r.waitErr != nil {
		what = r.waitErr.Error()
	} else if ws, ok := r.state.Sys().(syscall.WaitStatus); ok {
		what = describeDeath(ws)
		if ws.Signaled() {
			f.Signal = int(ws.Signal())
		}
	}
	f.Detail = fmt.Sprintf("worker %d (pid %d) %s", f.Rank, f.PID, what)
	return f
}

func (r *remote) Ready() ([]Process, error) {
	m, err := r.next()
	if err != nil {
		return nil, err
	}
	if len(m.Ready) == 0 {
		return nil, fmt.Errorf("worker %d (pid %d) answered out of order before it was ready", r.job.Rank, r.process.Pid)
	}
	return m.Ready, nil
}

func (r *remote) Open() error {
	if err := r.wire.line([]byte(cmdOpen)); err != nil {
		return r.death()
	}
	return nil
}

func (r *remote) Report() (Report, error) {
	m, err := r.next()
	if err != nil {
		return Report{}, err
	}
	if m.Report == nil {
		return Report{}, fmt.Errorf("worker %d (pid %d) answered out of order instead of a report", r.job.Rank, r.process.Pid)
	}
	return *m.Report, nil
}

func (r *remote) Measure() ([]Reading, error) {
	if err := r.wire.line([]byte(cmdMeasure)); err != nil {
		return nil, r.death()
	}
	m, err := r.next()
	if err != nil {
		return nil, err
	}
	if m.Measured == nil {
		return nil, fmt.Errorf("worker %d (pid %d) answered out of order instead of what it measured", r.job.Rank, r.process.Pid)
	}
	return *m.Measured, nil
}

// Leave orders the child to end.
func (r *remote) Leave() error {
	r.leaving.Store(true)
	if err := r.wire.line([]byte(cmdStop)); err != nil {
		return r.death()
	}
	return nil
}

// Gone waits until the child is reaped, so that the host's rusage of its
// children is whole.
func (r *remote) Gone() ([]Usage, error) {
	<-r.ended
	var m message
	select {
	case m = <-r.answers:
	default:
		return nil, r.death()
	}
	for _, f := range r.files {
		_ = f.Close()
	}
	return m.Bye, nil
}

func (r *remote) kill() { _ = r.process.Kill() }

func (r *remote) wait(limit time.Duration) {
	select {
	case <-r.ended:
	case <-time.After(limit):
	}
}
