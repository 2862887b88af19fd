package work

import (
	"context"
	"fmt"
	"sync/atomic"
)

func init() { describe("atomic", atomicKind) }

func atomicKind() Kind {
	return Kind{
		Name:    "atomic",
		Summary: "atomic additions to one counter for all, or to one for each worker",
		Doc: `Definition: an item is batch operations, each of which adds 1 to a counter, then
takes outside steps on x, which begins as SplitMix64 of the item's number. A
step is one step of SplitMix64, about 4 ns, and touches no memory. Counter
shared: one for all workers of a trial. Counter padded: one for each, 128 bytes
apart. Op add: an atomic addition. Op cas: a load and a compare-and-swap, again
until it succeeds. The item's result is x; it is an error if the counter has not
grown by batch at least (shared) or at all events (padded). The counters must
add up to the operations of all workers when the kernel is closed. The code is
the same in every model; where all workers are in one process the counters lie
in the heap, else in pages that they share.
Source: the counter of Go's BenchmarkXadd64 and BenchmarkCas64
(internal/runtime/atomic); C twin in testdata/c/contention.c, whose checksums
the test compares.
Unit: additions; not bytes.
Stresses: shared: the cache line that moves between cores at every addition;
padded: the locked instruction alone. The two bound what sharing a counter
costs.
Does not say: what a counter does between other memory accesses, which a locked
instruction also holds up.`,
		Item: "a batch of additions",
		Params: []Param{
			{Name: "counter", Type: "choice", Default: "shared", Choices: []string{"shared", "padded"}, Doc: "one counter for all workers, or one on lines of its own for each"},
			{Name: "op", Type: "choice", Default: "add", Choices: []string{"add", "cas"}, Doc: "how 1 is added: by an atomic addition or by compare-and-swap"},
			{Name: "outside", Type: "int", Default: "0", Min: 0, Max: 1e6, Doc: "steps of computing between two additions, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "4096", Min: 1, Max: 1 << 20, Doc: "additions in an item"},
		},
		ItemOps: func(ps Params) int64 { return ps.Int("batch") },
		Measures: []Measure{
			{Name: "retries", Title: "failed compare-and-swaps", Less: true, Merge: MergeSum, Total: true, Doc: "compare-and-swaps that another worker forestalled; op cas only"},
		},
		New:    newAtomic,
		Shared: func(_ Params, workers int) int64 { return atomicSize(workers) },
	}
}

// atomicSize has room for the one counter, and for one for each worker.
func atomicSize(workers int) int64 { return contestedSize(int64(1+workers)*lineSize, workers) }

type atomics struct {
	padded, cas    bool
	outside, batch int64
	contested      contested
	retries        slots[int64]
}

func newAtomic(ps Params, env Env) (Kernel, error) {
	k := &atomics{padded: ps.String("counter") == "padded", cas: ps.String("op") == "cas",
		outside: ps.Int("outside"), batch: ps.Int("batch"), retries: newSlots[int64](env)}
	workers := max(env.Workers, env.Rank+env.Slots)
	var err error
	k.contested, err = newContested("atomic", env, int64(1+workers)*lineSize, env.Processes > 0)
	return k, err
}

// counter returns the counter of a rank; -1 is the one of all.
func (k *atomics) counter(rank int) *atomic.Uint64 {
	return viewOf[atomic.Uint64](k.contested.mem, int64(1+rank)*lineSize)
}

func (k *atomics) Do(ctx context.Context, t Task) (uint64, error) {
	rank := -1
	if k.padded {
		rank = k.contested.rank + t.Slot
	}
	counter, line, retries := k.counter(rank), k.contested.worker(t.Slot), k.retries.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (x uint64, err error) {
		before := counter.Load()
		if k.cas {
			var again int64
			x, again = swapBatch(counter, scramble(uint64(i)), k.batch, k.outside)
			*retries += again
		} else {
			x = addBatch(counter, scramble(uint64(i)), k.batch, k.outside)
		}
		line.done += uint64(k.batch)
		if grown := counter.Load() - before; grown < uint64(k.batch) || k.padded && grown != uint64(k.batch) {
			err = fmt.Errorf("atomic: the counter grew by %d in %d additions", grown, k.batch)
		}
		return x, err
	})
}

// addBatch is bare where there are no steps: an empty inner loop would cost a third of the
// addition.
func addBatch(counter *atomic.Uint64, x uint64, batch, outside int64) uint64 {
	if outside == 0 {
		for range batch {
			counter.Add(1)
		}
		return x
	}
	for range batch {
		counter.Add(1)
		x = takeSteps(x, outside)
	}
	return x
}

func swapBatch(counter *atomic.Uint64, x uint64, batch, outside int64) (result uint64, retries int64) {
	if outside == 0 {
		for range batch {
			retries += swapOne(counter)
		}
		return x, retries
	}
	for range batch {
		retries += swapOne(counter)
		x = takeSteps(x, outside)
	}
	return x, retries
}

func swapOne(counter *atomic.Uint64) (retries int64) {
	for old := counter.Load(); !counter.CompareAndSwap(old, old+1); old = counter.Load() {
		retries++
	}
	return retries
}

func (k *atomics) Measure(slot int) Readings {
	if !k.cas {
		return Readings{}
	}
	retries := k.retries.of(slot)
	r := Readings{Values: map[string]float64{"retries": float64(*retries)}}
	*retries = 0
	return r
}

// Close checks that no addition was lost. By then all workers are at rest.
func (k *atomics) Close() error {
	return k.contested.close(func() error {
		var counted uint64
		for rank := -1; rank < len(k.contested.lines); rank++ {
			counted += k.counter(rank).Load()
		}
		if done := k.contested.done(); counted != done {
			return fmt.Errorf("atomic: %d additions were counted as %d", done, counted)
		}
		return nil
	})
}
