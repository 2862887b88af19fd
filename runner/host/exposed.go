package host

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// exposed is what the slots of a worker process share where one of them may be struck.
type exposed struct {
	exposure
	ledger *ledger
	again  bool         // this process came in place of another: it is not struck
	home   bool         // the victim is one of its slots
	left   atomic.Int32 // slots that are at work
	held   []int        // descriptors that the victim keeps
	pipeFD int          // of results that go through a pipe
}

func newExposed(x exposure, job Job, page *page) *exposed {
	e := &exposed{exposure: x, ledger: newLedger(page.more, job.ledgered(), job.Workers), again: job.Again > 0,
		home: job.Rank <= x.victim && x.victim < job.Rank+job.Slots, pipeFD: fdLinks + max(0, job.Links-1)}
	e.left.Store(int32(job.Slots))
	return e
}

// run does what is not delivered yet of the slot's share.
func (e *exposed) run(ctx context.Context, s *slot) (items int64, sum uint64, err error) {
	rank := s.rank()
	lo, hi := share(s.job.Items, s.job.Workers, rank)
	page := &e.ledger.ranks[rank]
	for i := lo; i < hi; i++ {
		if e.ledger.entries[i].count.Load() > 0 {
			continue
		}
		page.beat.Store(Now())
		done := false
		for !done {
			if done, err = e.try(ctx, s, i); err != nil {
				return 0, 0, err
			}
			done = done || !e.supervised // what panicked is lost
		}
	}
	e.leave(rank)
	return 0, 0, nil // the host reads the ledger
}

// leave is the end of a slot's work.
func (e *exposed) leave(rank int) {
	e.ledger.ranks[rank].finish.CompareAndSwap(0, Now())
	if e.left.Add(-1) == 0 {
		e.letGo()
	}
}

// injected is what a panic on purpose panics with.
type injected string

// try does one item. done is false where it panicked and was recovered. All faults
// pass through the same wrapper, so that it costs the same.
func (e *exposed) try(ctx context.Context, s *slot, item int64) (done bool, err error) {
	defer func() {
		if e.fault != work.FaultRecovered {
			return
		}
		switch p := recover().(type) {
		case nil:
		case injected:
			e.ledger.head.noticed.Store(Now())
		default:
			panic(p)
		}
	}()
	if e.fault == work.FaultDescriptors && !e.open(s.rank(), item) {
		return true, nil
	}
	sum, err := s.kernel.Do(ctx, work.Task{Lo: item, Hi: item + 1, Slot: s.index})
	if err != nil {
		return false, err
	}
	e.deliver(s.rank(), item, sum, e.due(s, item))
	return true, nil
}

// due reports whether the fault strikes now. It strikes once.
func (e *exposed) due(s *slot, item int64) bool {
	if s.rank() != e.victim || e.fault == work.FaultNone || e.again || e.ledger.ranks[e.victim].struck.Load() != 0 {
		return false
	}
	_, end := share(s.job.Items, s.job.Workers, e.victim)
	return item == end-1 || e.ledger.done() >= e.after
}

// deliver hands a result in; where the fault is due it is struck before, or in the midst.
func (e *exposed) deliver(rank int, item int64, sum uint64, due bool) {
	midst := e.fault == work.FaultLock || e.fault == work.FaultPipe
	if due && !midst {
		e.strike()
	}
	if e.pipe {
		e.send(parcel{uint32(rank), uint64(item), sum}, due && midst)
	} else {
		e.enter(rank, item, sum, due && midst)
	}
	e.ledger.ranks[rank].done.Add(1)
	back := e.again && !e.serves || e.ledger.head.noticed.Load() != 0 && (rank == e.victim || e.serves)
	if e.home && back && e.ledger.head.again.Load() == 0 {
		e.ledger.head.again.CompareAndSwap(0, Now())
	}
}

// enter writes a result into the ledger, or dies while it has the lock.
func (e *exposed) enter(rank int, item int64, sum uint64, dies bool) {
	lock := &e.ledger.head.lock
	lock.Lock(uint32(rank) + 1)
	if dies {
		e.ledger.note(item, sum)
		e.strike()
	}
	e.ledger.write(item, sum)
	lock.Unlock()
}

// send writes a result into the pipe, or dies in the middle of it.
func (e *exposed) send(p parcel, dies bool) {
	b := p.encode()
	if dies {
		writeAll(e.pipeFD, b[:tornB])
		e.strike()
	}
	writeAll(e.pipeFD, b[:])
}

// writeAll writes to a descriptor that all workers share and that blocks.
func writeAll(fd int, b []byte) {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil { // the host is gone
			os.Exit(1)
		}
		b = b[n:]
	}
}

// strike is the victim's fault. In a server, net/http would recover from a panic of a handler: what nobody shall
// recover from happens in a goroutine of its own, as that of a handler which starts some.
func (e *exposed) strike() {
	e.ledger.ranks[e.victim].struck.Store(Now())
	if e.serves && work.Fatal(e.fault) {
		go strike(e.fault)
		select {}
	}
	e.held = strike(e.fault)
}

// open takes a descriptor and gives it back, as work with files does, and reports whether it got
// one. Where somebody looks after this process it is ended instead of going on without.
func (e *exposed) open(rank int, item int64) bool {
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
		return true
	}
	if e.supervised {
		fmt.Fprintf(os.Stderr, "worker %d: item %d: open %s: %v\n", rank, item, os.DevNull, err)
		os.Exit(1)
	}
	return false
}

// letGo closes what the victim keeps: to tell what the process used takes descriptors.
func (e *exposed) letGo() {
	for _, fd := range e.held {
		_ = unix.Close(fd)
	}
}
