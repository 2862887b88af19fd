package host

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"forklore/runner/link"
	"forklore/runner/work"

	"golang.org/x/sys/unix"
)

// crew is a set of workers that a host drives: slots of this process, or a
// child process and the slots in it. Dealing and supervising are written once
// for both.
type crew interface {
	Ready() ([]Process, error)
	Open() error
	Report() (Report, error)
	Measure() ([]Reading, error)
	Leave() error           // the order to stop: all crews leave at the same time
	Gone() ([]Usage, error) // waits for it
}

// mortal is a crew in another process.
type mortal interface {
	kill()
	wait(limit time.Duration)
}

// local is the crew of goroutines in this process.
type local struct {
	job    Job
	role   string
	slots  []*slot
	begun  sync.WaitGroup // of the slots
	events chan event
	page   *page
	held   any         // the kernel, the peer or the server
	fabric link.Fabric // of a peer whose ranks are all in this process; else nil
	joint  link.Joint  // of a peer

	listener *os.File // of a server in the host; else nil

	ctx    context.Context // of the slots, until Leave
	cancel context.CancelFunc
	before meter // at readiness, then at the end of each iteration
}

// startLocal starts the slots. Their kernel is set up by Ready, so that a
// process whose setup is slow has already told that it runs. The one worker of a loop in line turns
// that.
func startLocal(job Job, role string, next *atomic.Int64, page *page, fabric link.Fabric, inLine *work.EventLoop) *local {
	ctx, cancel := context.WithCancel(context.Background())
	var exposed *exposed
	if x, ok := job.exposure(); ok {
		exposed = newExposed(x, job, page)
	}
	l := &local{job: job, role: role, ctx: ctx, cancel: cancel, events: make(chan event, job.Slots), page: page, fabric: fabric}
	for i := range job.Slots {
		s := &slot{job: job, index: i, next: next, stop: page.stop, events: l.events, loop: inLine, expose: exposed,
			begun: &l.begun, begin: make(chan struct{}), orders: make(chan order, 1)}
		l.begun.Add(1)
		l.slots = append(l.slots, s)
		go s.main(ctx)
	}
	return l
}

// setUp makes the kernel or peer of this process and gives it to the slots.
func (l *local) setUp() error {
	kind, err := work.Lookup(l.job.Workload)
	if err != nil {
		return err
	}
	params, err := kind.Parse(l.job.Params)
	if err != nil {
		return err
	}
	env := l.job.env()
	if _, exposed := l.job.exposure(); !exposed { // else the ledger is there
		env.Shared = l.page.more
	}
	switch {
	case kind.Peer != nil:
		return l.setUpPeer(kind, params, env)
	case kind.Server != nil:
		return l.setUpServer(kind, params, env)
	}
	kernel, err := kind.New(params, env)
	if err != nil {
		return err
	}
	l.held = kernel
	for _, s := range l.slots {
		s.kernel = kernel
	}
	return nil
}

func (l *local) setUpPeer(kind work.Kind, params work.Params, env work.Env) error {
	peer, err := kind.Peer(params, env)
	if err != nil {
		return err
	}
	l.held = peer
	if err := l.join(kind, params); err != nil {
		return err
	}
	for _, s := range l.slots {
		s.peer, s.comm = peer, l.joint.Comm(s.rank())
	}
	return nil
}

func (j Job) env() work.Env {
	return work.Env{Slots: j.Slots, Rank: j.Rank, Workers: j.Workers, Processes: j.Processes, Locked: j.Locked, Alone: !j.Pool, Dir: j.Dir}
}

// setUpServer lets the server of this process listen.
func (l *local) setUpServer(kind work.Kind, params work.Params, env work.Env) error {
	if env.Listener = l.listener; env.Listener == nil { // a child has inherited it
		unix.CloseOnExec(fdLinks)
		env.Listener = os.NewFile(fdLinks, "listener")
	}
	defer env.Listener.Close() // the server has its own, which its poller knows
	if e := l.slots[0].expose; e != nil {
		env.Watch = attend(e, l.job, l.ctx.Done())
	}
	server, err := kind.Server(params, env)
	if err != nil {
		return err
	}
	l.held = server
	for _, s := range l.slots {
		s.server = server
	}
	return nil
}

// Ready sets up the workload, lets each slot prepare, and waits for all. Where one processor
// runs them all the slots would else begin only when the setup is done, and its time would be
// booked as that of their creation.
func (l *local) Ready() ([]Process, error) {
	l.begun.Wait()
	if err := l.setUp(); err != nil {
		return nil, fmt.Errorf("set up %s: %w", l.job.Workload, err)
	}
	for _, s := range l.slots {
		close(s.begin)
	}
	p := Process{PID: os.Getpid(), Role: l.role, Rank: l.job.Rank, Slots: len(l.slots), MaxProcs: runtime.GOMAXPROCS(0), Nice: niceness()}
	for range l.slots {
		ev := <-l.events
		if ev.err != nil {
			return nil, fmt.Errorf("worker %d: prepare %s: %w", l.job.Rank+ev.index, l.job.Workload, ev.err)
		}
		p.FirstNS = max(p.FirstNS, l.slots[ev.index].first)
		p.ReadyNS = max(p.ReadyNS, ev.ns)
		if p.CPUs != nil && !slices.Equal(p.CPUs, ev.cpus) {
			return nil, fmt.Errorf("workers of one process may run on CPUs %v and on %v: something else changes affinities here", p.CPUs, ev.cpus)
		}
		p.CPUs = ev.cpus
	}
	p.HWMB = residentPeak()
	l.before = readMeter()
	return []Process{p}, nil
}

// Open releases every slot, and does nothing else: the gate's time is taken.
func (l *local) Open() error {
	end := l.awaitEnd()
	for _, s := range l.slots {
		s.end = end
		s.orders <- iterate
	}
	return nil
}

// awaitEnd returns what is closed when a server shall stop; nil for other workloads, which look at the
// flag themselves.
func (l *local) awaitEnd() <-chan struct{} {
	if _, serves := l.held.(work.Server); !serves {
		return nil
	}
	end := make(chan struct{})
	go func() {
		l.page.awaitStop()
		close(end)
	}()
	return end
}

// Report waits for every slot's finish, or for the first error.
func (l *local) Report() (Report, error) {
	var r Report
	for range l.slots {
		ev := <-l.events
		if ev.err != nil {
			return r, fmt.Errorf("worker %d: %w", l.job.Rank+ev.index, ev.err)
		}
		r.Finishes = append(r.Finishes, ev.finish)
	}
	now := readMeter()
	r.Spent, l.before = now.since(l.before), now
	return r, nil
}

// Measure asks every slot for what it measured. What that costs is no part of
// the next iteration.
func (l *local) Measure() ([]Reading, error) {
	var all []Reading
	for _, s := range l.slots {
		s.orders <- measure
	}
	for range l.slots {
		ev := <-l.events
		all = append(all, readings(l.job.Rank+ev.index, ev.measured)...)
	}
	l.before = readMeter()
	return all, nil
}

// readings puts what one worker measured in a row, by name.
func readings(rank int, of work.Readings) []Reading {
	var list []Reading
	for _, name := range slices.Sorted(maps.Keys(of.Values)) {
		list = append(list, Reading{Rank: rank, Name: name, Value: of.Values[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(of.Notes)) {
		list = append(list, Reading{Rank: rank, Name: name, Value: math.NaN(), Note: of.Notes[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(of.Hists)) {
		if b := of.Hists[name].Buckets(); len(b) > 0 {
			list = append(list, Reading{Rank: rank, Name: name, Buckets: b})
		}
	}
	return list
}

// Leave ends the slots.
func (l *local) Leave() error {
	l.cancel()
	for _, s := range l.slots {
		close(s.orders)
	}
	return nil
}

// Gone gives back what the kernel holds and says what the process used.
func (l *local) Gone() ([]Usage, error) {
	u := ownUsage()
	if c, ok := l.held.(work.Closer); ok {
		if err := c.Close(); err != nil {
			return nil, fmt.Errorf("close %s: %w", l.job.Workload, err)
		}
	}
	if l.joint != nil {
		if err := l.joint.Close(); err != nil {
			return nil, fmt.Errorf("close the links of %s: %w", l.job.Workload, err)
		}
	}
	return []Usage{u.withChildren()}, nil // what Close reaped is among them
}
