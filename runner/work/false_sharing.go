package work

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

func init() { describe("false_sharing", falseSharingKind) }

func falseSharingKind() Kind {
	return Kind{
		Name:    "false_sharing",
		Summary: "a counter for each worker, so many bytes apart: data that share only a cache line",
		Doc: `Definition: the worker of rank r has a counter of 8 bytes at r*stride bytes from the
beginning of a page, and nobody else touches it. An item is batch operations, each of which
adds 1 to the counter in memory, then takes outside steps on x, which begins as SplitMix64
of the item's number. A step is one step of SplitMix64, about 4 ns, and touches no
memory. Op plain: an ordinary load and store, as counter++ on a volatile variable
in C. Op atomic: an atomic addition. The item's result is x; it is an error if the
counter has not grown by batch. The code is the same in every model; where all
workers are in one process the counters lie in the heap, else in pages that they share.
Source: Torrellas, Lam and Hennessy, False sharing and spatial locality in
multiprocessor caches, 1994; C twin in testdata/c/contention.c.
Unit: additions; not bytes.
Stresses: below 64 bytes of stride (128 on some processors) the cache line that the counters of several workers lie
on, and that moves between their cores; from there on nothing that is shared. With more than
64/stride workers not all meet on one line. The memory is laid out in the same way in every
model: processes are not spared by being processes, only by not sharing memory,
which they do not here.
Does not say: that a program of processes has false sharing: what they do
not share on purpose lies on pages of their own. A store waits in the core's
store buffer, so plain additions hide a part of the cost that atomic ones show.`,
		Item: "a batch of additions to the worker's own counter",
		Params: []Param{
			{Name: "stride", Type: "bytes", Default: "8", Min: 8, Max: 4096, Doc: "bytes from one worker's counter to the next one's, a multiple of 8"},
			{Name: "op", Type: "choice", Default: "plain", Choices: []string{"plain", "atomic"}, Doc: "how 1 is added: by a load and a store, or by an atomic addition"},
			{Name: "outside", Type: "int", Default: "0", Min: 0, Max: 1e6, Doc: "steps of computing between two additions, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "65536", Min: 1, Max: 1 << 20, Doc: "additions in an item"},
		},
		ItemOps: func(ps Params) int64 { return ps.Int("batch") },
		New:     newFalseSharing,
		Shared:  func(ps Params, workers int) int64 { return contestedSize(ps.Bytes("stride")*int64(workers), workers) },
		Refuse:  func(ps Params, _ Layout) string { return refuseStride(ps.Bytes("stride")) },
	}
}

// refuseStride returns why counters cannot lie so far apart, or "".
func refuseStride(stride int64) string {
	if stride%8 == 0 {
		return ""
	}
	return fmt.Sprintf("counters of 8 bytes cannot lie %d bytes apart: stride must be a multiple of 8", stride)
}

type falseSharing struct {
	atomic                 bool
	stride, outside, batch int64
	contested              contested
}

func newFalseSharing(ps Params, env Env) (Kernel, error) {
	k := &falseSharing{atomic: ps.String("op") == "atomic", stride: ps.Bytes("stride"), outside: ps.Int("outside"), batch: ps.Int("batch")}
	if reason := refuseStride(k.stride); reason != "" {
		return nil, errors.New("false_sharing: " + reason)
	}
	workers := max(env.Workers, env.Rank+env.Slots)
	var err error
	k.contested, err = newContested("false_sharing", env, k.stride*int64(workers), env.Processes > 0)
	return k, err
}

// counter returns the counter of one of this process's workers.
func (k *falseSharing) counter(slot int) *uint64 {
	return viewOf[uint64](k.contested.mem, int64(k.contested.rank+slot)*k.stride)
}

func (k *falseSharing) Do(ctx context.Context, t Task) (uint64, error) {
	counter := k.counter(t.Slot)
	return sumItems(ctx, t, func(i int64) (x uint64, err error) {
		before := *counter
		if k.atomic {
			x = atomicBatch(counter, scramble(uint64(i)), k.batch, k.outside)
		} else {
			x = plainBatch(counter, scramble(uint64(i)), k.batch, k.outside)
		}
		if grown := *counter - before; grown != uint64(k.batch) {
			err = fmt.Errorf("false_sharing: the worker's own counter grew by %d in %d additions", grown, k.batch)
		}
		return x, err
	})
}

// plainBatch adds to memory at each turn of the loop: Go's compiler keeps no
// variable in a register that a pointer names. The test looks on while it runs.
// Without steps the loop is bare: an empty inner loop would cost as much as the addition.
func plainBatch(counter *uint64, x uint64, batch, outside int64) uint64 {
	if outside == 0 {
		for range batch {
			*counter++
		}
		return x
	}
	for range batch {
		*counter++
		x = takeSteps(x, outside)
	}
	return x
}

func atomicBatch(counter *uint64, x uint64, batch, outside int64) uint64 {
	if outside == 0 {
		for range batch {
			atomic.AddUint64(counter, 1)
		}
		return x
	}
	for range batch {
		atomic.AddUint64(counter, 1)
		x = takeSteps(x, outside)
	}
	return x
}
