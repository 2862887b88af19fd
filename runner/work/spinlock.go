package work

import (
	"context"
	"runtime"
	"sync/atomic"
)

func init() { describe("spinlock", spinlockKind) }

func spinlockKind() Kind {
	return Kind{
		Name:    "spinlock",
		Summary: "one spinlock that all workers take in turn: what waiting awake costs and gains",
		Doc: `Definition: as mutex, with a lock that never sleeps. To lock is to swap 0 for 1
in the lock's word; while that fails the worker reads the word until it is 0
(test and test-and-set), and after each yield reads that found it taken gives
its processor away: by sched_yield where it is a thread or a process of its own,
by runtime.Gosched where it shares Go's scheduler with other goroutines, by both
in a hybrid. yield = 0 never does. To unlock is to store 0. The code is
the same in every model; where all workers are in one process the word lies in
the heap, else in pages that they share.
Source: Rudolph and Segall, 1984; Anderson, The performance of spin lock
alternatives, 1990.
Unit: pairs of lock and unlock; not bytes.
Stresses: the lock's cache line and, with more workers than cores, the
scheduler: one that was preempted with the lock makes all others turn in vain
for their time slice. Go's runtime preempts a goroutine after 10 ms, the system
a thread after a few.
Does not say: what a spin loop with the processor's PAUSE would do, which Go
does not offer; anything of fairness. A worker killed while it holds the lock
leaves it locked: not for faults.`,
		Item: "a batch of pairs of lock and unlock",
		Params: []Param{
			{Name: "inside", Type: "int", Default: "16", Min: 0, Max: 1e6, Doc: "steps of computing while the lock is held, about 4 ns each"},
			{Name: "outside", Type: "int", Default: "64", Min: 0, Max: 1e6, Doc: "steps of computing between two locks, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "256", Min: 1, Max: 1 << 20, Doc: "pairs of lock and unlock in an item"},
			{Name: "yield", Type: "int", Default: "128", Min: 0, Max: 1e9, Doc: "looks at a taken lock after which a worker gives its processor away; 0: it never does"},
			sampleParam,
		},
		ItemOps:  func(ps Params) int64 { return ps.Int("batch") },
		Measures: []Measure{acquireMeasure},
		New:      newSpinlock,
		Shared:   func(_ Params, workers int) int64 { return contestedSize(lineSize, workers) },
	}
}

type spinlock struct {
	inside, outside, batch, yield int64
	gosched, sched                bool // ways to give the processor away
	contested                     contested
	workers                       slots[callSampler]
}

// spinMutex lies at the beginning of the contested memory.
type spinMutex struct {
	state atomic.Uint32
	pair  guardedPair
}

func newSpinlock(ps Params, env Env) (Kernel, error) {
	k := &spinlock{inside: ps.Int("inside"), outside: ps.Int("outside"), batch: ps.Int("batch"), yield: ps.Int("yield"),
		gosched: !env.Locked && (env.Processes == 0 || env.Slots > 1), sched: env.Locked || env.Processes > 0, workers: newCallSamplers(ps, env)}
	var err error
	k.contested, err = newContested("spinlock", env, lineSize, env.Processes > 0)
	return k, err
}

func (k *spinlock) Do(ctx context.Context, t Task) (uint64, error) {
	s, line := k.workers.of(t.Slot), k.contested.worker(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		x, torn := k.do(scramble(uint64(i)), s)
		line.done += uint64(k.batch)
		if torn != 0 {
			return x, tornError("spinlock")
		}
		return x, nil
	})
}

func (k *spinlock) do(x uint64, s *callSampler) (result, torn uint64) {
	m := viewOf[spinMutex](k.contested.mem, 0)
	for range k.batch {
		if s.due() {
			begin := s.begin()
			k.lock(m)
			s.end(begin)
		} else {
			k.lock(m)
		}
		var bad uint64
		x, bad = m.pair.add(x, k.inside)
		m.state.Store(0)
		torn |= bad
		x = takeSteps(x, k.outside)
	}
	return x, torn
}

func (k *spinlock) lock(m *spinMutex) {
	for !m.state.CompareAndSwap(0, 1) {
		k.spin(m)
	}
}

// spin returns when the lock has been free for a moment.
//
//go:noinline
func (k *spinlock) spin(m *spinMutex) {
	looks := k.yield
	for m.state.Load() != 0 {
		looks--
		if looks == 0 {
			k.giveWay()
			looks = k.yield
		}
	}
}

// giveWay does not trouble Go's scheduler where nobody waits for it: to yield and to come back
// takes a locked thread several switches.
func (k *spinlock) giveWay() {
	if k.gosched {
		runtime.Gosched()
	}
	if k.sched {
		yieldProcessor()
	}
}

func (k *spinlock) Measure(slot int) Readings {
	return sampledReadings(map[string]*Histogram{"acquire_s": k.workers.of(slot).take()})
}

// Close checks that no operation was lost. By then all workers are at rest.
func (k *spinlock) Close() error {
	return k.contested.close(func() error {
		return viewOf[spinMutex](k.contested.mem, 0).pair.check("spinlock", k.contested.done())
	})
}
