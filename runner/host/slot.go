package host

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"forklore/internal/affinity"
	"forklore/runner/link"
	"forklore/runner/work"
)

// slot is one worker: a goroutine of this process. The same code runs under
// every model, so that models differ in layout alone.
type slot struct {
	job    Job
	index  int // within this process
	next   *atomic.Int64
	stop   *atomic.Uint32
	kernel work.Kernel // this, or peer, or server
	peer   work.Peer
	comm   link.Comm       // of peer
	loop   *work.EventLoop // turned between items; nil but in line
	expose *exposed        // nil where nothing fails on purpose
	server work.Server
	end    <-chan struct{} // of server: closed when the iteration is over

	first  int64
	begun  *sync.WaitGroup
	begin  chan struct{} // closed once the workload is set up
	orders chan order    // closed to end
	events chan<- event
}

// order is what a slot is told to do.
type order int

const (
	iterate order = iota
	measure
)

// workload is the kernel, the peer or the server, for what all may be besides.
func (s *slot) workload() any {
	switch {
	case s.peer != nil:
		return s.peer
	case s.server != nil:
		return s.server
	}
	return s.kernel
}

// event is what a slot tells its crew: ready, or finished an iteration.
type event struct {
	index    int
	ns       int64
	cpus     []int
	finish   Finish
	measured work.Readings
	err      error
}

func (s *slot) rank() int { return s.job.Rank + s.index }

func (s *slot) main(ctx context.Context) {
	s.first = Now()
	s.begun.Done()
	if s.job.Locked {
		runtime.LockOSThread()
	}
	<-s.begin
	ev := event{index: s.index}
	if p, ok := s.workload().(work.Preparer); ok {
		ev.err = p.Prepare(ctx, s.index)
	}
	ev.cpus = affinity.Get()
	ev.ns = Now()
	s.events <- ev
	for o := range s.orders {
		if o == measure {
			s.events <- event{index: s.index, measured: s.measure()}
			continue
		}
		items, sum, err := s.iterate(ctx)
		s.events <- event{index: s.index, err: err,
			finish: Finish{Rank: s.rank(), NS: Now(), Items: items, Sum: sum}}
	}
}

// iterate does this worker's share of one iteration.
func (s *slot) iterate(ctx context.Context) (items int64, sum uint64, err error) {
	switch {
	case s.server != nil:
		items, err = s.server.Serve(ctx, work.Round{Items: work.Endless, Slot: s.index, Over: s.over, End: s.end})
		if s.expose != nil {
			s.expose.leave(s.rank())
		}
		return items, 0, err
	case s.expose != nil:
		return s.expose.run(ctx, s)
	case s.peer != nil:
		return s.talk(ctx)
	case s.loop != nil:
		return s.inLine(ctx)
	case s.job.Items == UntilStopped && s.job.Pool && s.job.Dynamic:
		return s.dynamicUntilStopped(ctx)
	case s.job.Items == UntilStopped:
		return s.staticUntilStopped(ctx)
	case s.job.Pool && s.job.Dynamic:
		return s.dynamic(ctx)
	}
	lo, hi := share(s.job.Items, s.job.Workers, s.rank())
	if lo == hi {
		return 0, 0, nil
	}
	sum, err = s.kernel.Do(ctx, work.Task{Lo: lo, Hi: hi, Slot: s.index})
	return hi - lo, sum, err
}

// inLine does all items in the thread of an event loop, one after the other between ticks.
func (s *slot) inLine(ctx context.Context) (items int64, sum uint64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	n := uint64(s.job.Items) // of UntilStopped: without end
	for ; uint64(items) < n && s.stop.Load() == 0; items++ {
		if _, err := s.loop.Turn(); err != nil {
			return items, sum, err
		}
		part, err := s.kernel.Do(ctx, work.Task{Lo: items, Hi: items + 1, Slot: s.index})
		if err != nil {
			return items, sum, err
		}
		sum += part
	}
	return items, sum, nil
}

// talk is this worker's part of an iteration of workers that talk.
func (s *slot) talk(ctx context.Context) (items int64, sum uint64, err error) {
	r := work.Round{Items: s.job.Items, Slot: s.index}
	if s.job.Items == UntilStopped {
		r.Items, r.Over = work.Endless, s.over
	}
	return s.peer.Run(ctx, s.comm, r)
}

// over tells whether the time is up.
func (s *slot) over() bool { return s.stop.Load() != 0 }

func (s *slot) measure() work.Readings {
	if m, ok := s.workload().(work.Measurer); ok {
		return m.Measure(s.index)
	}
	return work.Readings{}
}

// share returns the equal range of items [0, n) that worker rank of workers is
// dealt; sizes differ by one at the most.
func share(n int64, workers, rank int) (lo, hi int64) {
	w, r := int64(workers), int64(rank)
	q, rest := n/w, n%w
	lo = r*q + min(r, rest)
	hi = lo + q
	if r < rest {
		hi++
	}
	return lo, hi
}

func (s *slot) dynamic(ctx context.Context) (items int64, sum uint64, err error) {
	n, next, kernel, index := s.job.Items, s.next, s.kernel, s.index
	for {
		i := next.Add(1) - 1
		if i >= n {
			return items, sum, nil
		}
		part, err := kernel.Do(ctx, work.Task{Lo: i, Hi: i + 1, Slot: index})
		if err != nil {
			return items, sum, err
		}
		sum += part
		items++
	}
}

func (s *slot) dynamicUntilStopped(ctx context.Context) (items int64, sum uint64, err error) {
	for s.stop.Load() == 0 {
		i := s.next.Add(1) - 1
		part, err := s.kernel.Do(ctx, work.Task{Lo: i, Hi: i + 1, Slot: s.index})
		if err != nil {
			return items, sum, err
		}
		sum += part
		items++
	}
	return items, sum, nil
}

// staticUntilStopped takes every W-th item from the worker's rank on: the
// equal share of a range whose end is not known.
func (s *slot) staticUntilStopped(ctx context.Context) (items int64, sum uint64, err error) {
	step := int64(s.job.Workers)
	for i := int64(s.rank()); s.stop.Load() == 0; i += step {
		part, err := s.kernel.Do(ctx, work.Task{Lo: i, Hi: i + 1, Slot: s.index})
		if err != nil {
			return items, sum, err
		}
		sum += part
		items++
	}
	return items, sum, nil
}
