package work

import (
	"context"
	"sync"
)

func init() { describe("rwmutex", rwmutexKind) }

func rwmutexKind() Kind {
	return Kind{
		Name:    "rwmutex",
		Summary: "one read-write lock for all workers: from which share of reads on it pays",
		Doc: `Definition: all workers of a trial share one read-write lock and two words. An
item is batch operations on x, which begins as SplitMix64 of the item's number.
An operation takes a step on x; it is a read if (x / 2^32) * 100 / 2^32, in
whole numbers, is below reads, else a write. A read takes the lock for reading,
reads both words, takes inside steps on x and reads the words again; a write
takes the lock for writing, adds 1 to the first word, takes inside steps on x
and adds 1 to the second. Then, without the lock, come outside steps on x. A
step is one step of SplitMix64, about 4 ns, and touches no memory. The item's
result is x. Words that differ inside the lock, or that change under a reader,
are an error of the item; both must equal the writes of all workers when the
kernel is closed. Lock and words lie on one cache line.
Form native: sync.RWMutex in the heap where all workers are in one process;
across processes the shared form takes its place. Form shared, in every model:
sync.RWMutex's algorithm on futexes in pages that all workers share, so that a
writer that waits keeps new readers out in both.
Source: Go's BenchmarkRWMutexWrite10 and Write100 (sync/rwmutex_test.go), which
write in one of 10 and of 100 operations.
Unit: operations; not bytes.
Stresses: the cache line of the count of readers, which every reader writes
twice: short reads do not scale though none waits for another. A goroutine that
waits in a futex blocks its thread, and keeps the processor (P) of Go's
scheduler for 20 us to 10 ms more: with more goroutines than GOMAXPROCS in a
process the shared form pays for that.
Does not say: anything of locks that prefer readers. A worker killed while it
holds the shared form leaves it locked: not for faults. Set reads to 0 to
compare with mutex.`,
		Item: "a batch of locked reads and writes",
		Params: []Param{
			{Name: "reads", Type: "int", Default: "90", Min: 0, Max: 100, Doc: "operations in a hundred that only read"},
			{Name: "inside", Type: "int", Default: "16", Min: 0, Max: 1e6, Doc: "steps of computing while the lock is held, about 4 ns each"},
			{Name: "outside", Type: "int", Default: "64", Min: 0, Max: 1e6, Doc: "steps of computing between two locks, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "256", Min: 1, Max: 1 << 20, Doc: "operations in an item"},
			sampleParam,
			formParam,
		},
		ItemOps: func(ps Params) int64 { return ps.Int("batch") },
		Measures: []Measure{
			{Name: "read_acquire_s", Title: "wait for the lock to read", Unit: "s", Less: true, Hist: true,
				Doc: "from asking for the lock to having it, and a look at the clock of some 30 ns; of one read in so many as the parameter sample says"},
			{Name: "write_acquire_s", Title: "wait for the lock to write", Unit: "s", Less: true, Hist: true,
				Doc: "from asking for the lock to having it, and a look at the clock of some 30 ns; of one write in so many as the parameter sample says"},
		},
		New:    newRWMutex,
		Shared: func(_ Params, workers int) int64 { return contestedSize(lineSize, workers) },
		Refuse: refuseFutex,
	}
}

type rwmutex struct {
	reads                  uint64
	inside, outside, batch int64
	shared                 bool
	contested              contested
	workers                slots[rwWorker]
}

type rwWorker struct{ read, write callSampler }

// nativeRWMutex and sharedRWMutex lie at the beginning of the contested memory.
type nativeRWMutex struct {
	lock sync.RWMutex
	pair guardedPair
}

type sharedRWMutex struct {
	lock futexRWMutex
	pair guardedPair
}

func newRWMutex(ps Params, env Env) (Kernel, error) {
	k := &rwmutex{reads: uint64(ps.Int("reads")), inside: ps.Int("inside"), outside: ps.Int("outside"), batch: ps.Int("batch"),
		shared: sharedForm(ps, env), workers: newSlots[rwWorker](env)}
	for slot := range k.workers {
		w := k.workers.of(slot)
		w.read = newCallSampler(ps.Int("sample"), env.Rank+slot)
		w.write = newCallSampler(ps.Int("sample"), env.Rank+slot)
	}
	if err := needFutex("rwmutex", k.shared); err != nil {
		return nil, err
	}
	var err error
	k.contested, err = newContested("rwmutex", env, lineSize, k.shared)
	return k, err
}

func (k *rwmutex) Do(ctx context.Context, t Task) (uint64, error) {
	w, line := k.workers.of(t.Slot), k.contested.worker(t.Slot)
	return sumItems(ctx, t, func(i int64) (x uint64, err error) {
		var writes, torn uint64
		if k.shared {
			x, writes, torn = k.doShared(scramble(uint64(i)), w)
		} else {
			x, writes, torn = k.doNative(scramble(uint64(i)), w)
		}
		line.done += writes
		if torn != 0 {
			err = tornError("rwmutex")
		}
		return x, err
	})
}

// percentOf maps the upper half of x to a whole number from 0 to 99.
func percentOf(x uint64) uint64 { return (x >> 32) * 100 >> 32 }

// doNative and doShared are the same loop, as those of mutex are.
func (k *rwmutex) doNative(x uint64, w *rwWorker) (result, writes, torn uint64) {
	m := viewOf[nativeRWMutex](k.contested.mem, 0)
	for range k.batch {
		var bad uint64
		x = scramble(x)
		if percentOf(x) < k.reads {
			if w.read.due() {
				begin := w.read.begin()
				m.lock.RLock()
				w.read.end(begin)
			} else {
				m.lock.RLock()
			}
			x, bad = m.pair.look(x, k.inside)
			m.lock.RUnlock()
		} else {
			if w.write.due() {
				begin := w.write.begin()
				m.lock.Lock()
				w.write.end(begin)
			} else {
				m.lock.Lock()
			}
			x, bad = m.pair.add(x, k.inside)
			m.lock.Unlock()
			writes++
		}
		torn |= bad
		x = takeSteps(x, k.outside)
	}
	return x, writes, torn
}

func (k *rwmutex) doShared(x uint64, w *rwWorker) (result, writes, torn uint64) {
	m := viewOf[sharedRWMutex](k.contested.mem, 0)
	for range k.batch {
		var bad uint64
		x = scramble(x)
		if percentOf(x) < k.reads {
			if w.read.due() {
				begin := w.read.begin()
				m.lock.RLock()
				w.read.end(begin)
			} else {
				m.lock.RLock()
			}
			x, bad = m.pair.look(x, k.inside)
			m.lock.RUnlock()
		} else {
			if w.write.due() {
				begin := w.write.begin()
				m.lock.Lock()
				w.write.end(begin)
			} else {
				m.lock.Lock()
			}
			x, bad = m.pair.add(x, k.inside)
			m.lock.Unlock()
			writes++
		}
		torn |= bad
		x = takeSteps(x, k.outside)
	}
	return x, writes, torn
}

func (k *rwmutex) Measure(slot int) Readings {
	w := k.workers.of(slot)
	return sampledReadings(map[string]*Histogram{"read_acquire_s": w.read.take(), "write_acquire_s": w.write.take()})
}

// Close checks that no write was lost. By then all workers are at rest.
func (k *rwmutex) Close() error {
	return k.contested.close(func() error {
		p := &viewOf[sharedRWMutex](k.contested.mem, 0).pair
		if !k.shared {
			p = &viewOf[nativeRWMutex](k.contested.mem, 0).pair
		}
		return p.check("rwmutex", k.contested.done())
	})
}
