package host

import (
	"sync"
	"sync/atomic"
	"time"

	"forklore/runner/work"
)

// attended is a server's process where one of the workers is struck: it is told of each request,
// books those that are done, and says for how long the oldest of the others has been in hand.
type attended struct {
	*exposed
	rank   int  // of the first worker
	pool   bool // a worker handles a request by itself; else any worker's is the process's
	struck atomic.Bool

	mu   sync.Mutex
	open map[uint64]int64 // requests in hand, and when they came, in ns
}

// attend makes the watch of a process's server, and lets it look around until ctx's end.
func attend(e *exposed, job Job, done <-chan struct{}) *attended {
	a := &attended{exposed: e, rank: job.Rank, pool: job.Locked, open: map[uint64]int64{}}
	go a.look(done)
	if e.home && !a.hit() && e.fault != work.FaultNone {
		go a.await(done)
	}
	return a
}

// Begin takes a request in hand.
func (a *attended) Begin(slot int, n uint64) bool {
	if a.fault == work.FaultDescriptors && !a.exposed.open(a.rank+slot, int64(n)) {
		return false
	}
	a.mu.Lock()
	a.open[n] = Now()
	a.mu.Unlock()
	return true
}

// End books a request that is done, or is where the fault strikes.
func (a *attended) End(slot int, n uint64) {
	defer a.forget(n)
	rank := a.rank + slot
	due := a.due(rank)
	if due && a.fault == work.FaultRecovered {
		defer func() { a.ledger.head.noticed.Store(Now()) }() // by net/http, or by the pool, in a moment
	}
	a.deliver(rank, int64(n), n, due)
}

// forget ends a request. How long the longest took is kept: what is like it does not hang.
func (a *attended) forget(n uint64) {
	now := Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if longest := &a.ledger.ranks[a.rank].longest; now-a.open[n] > longest.Load() {
		longest.Store(now - a.open[n])
	}
	delete(a.open, n)
}

// hit reports whether the victim was struck already, in this process or one before it.
func (a *attended) hit() bool { return a.ledger.ranks[a.victim].struck.Load() != 0 }

// due reports whether the fault strikes now. It strikes once.
func (a *attended) due(rank int) bool {
	if !a.home || a.hit() || a.fault == work.FaultNone || a.pool && rank != a.victim {
		return false
	}
	return a.ledger.done() >= a.after && a.struck.CompareAndSwap(false, true)
}

// await strikes the victim where no request is in its hand in time: where all connections are with others, it would
// go unharmed.
func (a *attended) await(done <-chan struct{}) {
	for a.ledger.done() < a.after+a.grace {
		if !pause(time.Millisecond, done) {
			return
		}
	}
	if !a.struck.CompareAndSwap(false, true) {
		return
	}
	if a.fault == work.FaultRecovered {
		defer func() {
			_ = recover()
			a.ledger.head.noticed.Store(Now())
		}()
	}
	switch a.fault {
	case work.FaultLock:
		a.ledger.head.lock.Lock(uint32(a.victim) + 1)
	case work.FaultPipe:
		p := parcel{rank: uint32(a.victim)}.encode()
		writeAll(a.pipeFD, p[:tornB])
	}
	a.strike()
}

// look tells the supervisor of the oldest request.
func (a *attended) look(done <-chan struct{}) {
	for pause(max(a.patience/8, 5*time.Millisecond), done) {
		a.ledger.ranks[a.rank].beat.Store(a.oldest())
	}
}

func (a *attended) oldest() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	var oldest int64
	for _, at := range a.open {
		if oldest == 0 || at < oldest {
			oldest = at
		}
	}
	return oldest
}

// pause sleeps, and returns false when there is nothing to wake up for.
func pause(d time.Duration, done <-chan struct{}) bool {
	select {
	case <-time.After(d):
		return true
	case <-done:
		return false
	}
}
