package work

import (
	"context"
	"sync"
)

func init() { describe("mutex", mutexKind) }

func mutexKind() Kind {
	return Kind{
		Name:    "mutex",
		Summary: "one mutex that all workers take in turn: what a lock costs alone and in a crowd",
		Doc: `Definition: all workers of a trial share one mutex and two words. An item is batch
operations on x, which begins as SplitMix64 of the item's number. An operation
locks, adds 1 to the first word, takes inside steps on x, adds 1 to the second word,
unlocks, then takes outside steps on x. A step is one step of SplitMix64, about
4 ns, and touches no memory. The item's result is x. The two words must agree at
each lock, or the item is an error; both must equal the operations of all workers
when the kernel is closed, or that is one. Lock and words lie on one cache line.
Form native: sync.Mutex in the heap where all workers are in one process; across
processes Go has no mutex, and the shared form takes its place. Form shared, in
every model: a futex mutex in pages that all workers share (the third of
Drepper's "Futexes are tricky", which is glibc's normal mutex). Native against
shared in one process is the price of the lock; shared in one process against
shared across processes is the price of the model.
Source: the lock loop of every lock benchmark (will-it-scale's pthread_mutex,
Go's BenchmarkMutex); C twin in testdata/c/contention.c, whose checksums the test
compares.
Unit: pairs of lock and unlock; not bytes.
Stresses: one cache line that moves between cores; with waiters, the scheduler
of Go (native) or of the system (shared). sync.Mutex spins a little before it
sleeps and gives the lock to who has starved for 1 ms; the futex mutex does neither.
A goroutine that waits in a futex blocks its thread, and keeps the processor (P) of
Go's scheduler for 20 us to 10 ms more: with more goroutines than GOMAXPROCS in a
process the shared form pays for that.
Does not say: anything of fairness. A worker killed while it holds the shared
form leaves it locked, and the others waiting: not for faults.`,
		Item: "a batch of pairs of lock and unlock",
		Params: []Param{
			{Name: "inside", Type: "int", Default: "16", Min: 0, Max: 1e6, Doc: "steps of computing while the lock is held, about 4 ns each"},
			{Name: "outside", Type: "int", Default: "64", Min: 0, Max: 1e6, Doc: "steps of computing between two locks, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "256", Min: 1, Max: 1 << 20, Doc: "pairs of lock and unlock in an item"},
			sampleParam,
			formParam,
		},
		ItemOps:  func(ps Params) int64 { return ps.Int("batch") },
		Measures: []Measure{acquireMeasure},
		New:      newMutex,
		Shared:   func(_ Params, workers int) int64 { return contestedSize(lineSize, workers) },
		Refuse:   refuseFutex,
	}
}

type mutex struct {
	inside, outside, batch int64
	shared                 bool
	contested              contested
	workers                slots[callSampler]
}

// nativeMutex and sharedMutex lie at the beginning of the contested memory.
type nativeMutex struct {
	lock sync.Mutex
	pair guardedPair
}

type sharedMutex struct {
	lock futexMutex
	pair guardedPair
}

func newMutex(ps Params, env Env) (Kernel, error) {
	k := &mutex{inside: ps.Int("inside"), outside: ps.Int("outside"), batch: ps.Int("batch"),
		shared: sharedForm(ps, env), workers: newCallSamplers(ps, env)}
	if err := needFutex("mutex", k.shared); err != nil {
		return nil, err
	}
	var err error
	k.contested, err = newContested("mutex", env, lineSize, k.shared)
	return k, err
}

func (k *mutex) Do(ctx context.Context, t Task) (uint64, error) {
	s, line := k.workers.of(t.Slot), k.contested.worker(t.Slot)
	return sumItems(ctx, t, func(i int64) (x uint64, err error) {
		var torn uint64
		if k.shared {
			x, torn = k.doShared(scramble(uint64(i)), s)
		} else {
			x, torn = k.doNative(scramble(uint64(i)), s)
		}
		line.done += uint64(k.batch)
		if torn != 0 {
			err = tornError("mutex")
		}
		return x, err
	})
}

// doNative and doShared are the same loop. A call through an interface would cost
// about as much as a lock that nobody else wants.
func (k *mutex) doNative(x uint64, s *callSampler) (result, torn uint64) {
	m := viewOf[nativeMutex](k.contested.mem, 0)
	for range k.batch {
		if s.due() {
			begin := s.begin()
			m.lock.Lock()
			s.end(begin)
		} else {
			m.lock.Lock()
		}
		var bad uint64
		x, bad = m.pair.add(x, k.inside)
		m.lock.Unlock()
		torn |= bad
		x = takeSteps(x, k.outside)
	}
	return x, torn
}

func (k *mutex) doShared(x uint64, s *callSampler) (result, torn uint64) {
	m := viewOf[sharedMutex](k.contested.mem, 0)
	for range k.batch {
		if s.due() {
			begin := s.begin()
			m.lock.Lock()
			s.end(begin)
		} else {
			m.lock.Lock()
		}
		var bad uint64
		x, bad = m.pair.add(x, k.inside)
		m.lock.Unlock()
		torn |= bad
		x = takeSteps(x, k.outside)
	}
	return x, torn
}

func (k *mutex) Measure(slot int) Readings {
	return sampledReadings(map[string]*Histogram{"acquire_s": k.workers.of(slot).take()})
}

// Close checks that no operation was lost. By then all workers are at rest.
func (k *mutex) Close() error {
	return k.contested.close(func() error {
		p := &viewOf[sharedMutex](k.contested.mem, 0).pair
		if !k.shared {
			p = &viewOf[nativeMutex](k.contested.mem, 0).pair
		}
		return p.check("mutex", k.contested.done())
	})
}
