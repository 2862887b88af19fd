package work

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"
)

func init() { describe("tally", tallyKind) }

func tallyKind() Kind {
	return Kind{
		Name:    "tally",
		Summary: "items counted in memory that all workers share: checks sharing and measures",
		Doc: `Definition: an item adds one to a counter in the trial's shared memory. Its result is
its number. Afterwards each worker tells what the counter reads and how many items it
did itself, and a distribution with one duration of 1 us times its rank for each of them.
Source: own; the test knows the sums.
Unit: items; not bytes.
Stresses: nothing; it checks what is said to be shared and what becomes of measures.
Does not say: anything of work.`,
		Item:    "one added to a shared counter",
		Params:  []Param{{Name: "lack", Type: "bool", Default: "false", Doc: "whether the system lacks what the workload needs"}},
		ItemOps: func(Params) int64 { return 3 },
		Measures: []Measure{
			{Name: "counted", Title: "shared counter", Doc: "what the shared counter reads", Merge: MergeMax},
			{Name: "own", Title: "own items", Doc: "items of a worker, all added up", Merge: MergeSum, Total: true},
			{Name: "own_min", Title: "least own items", Doc: "items of the worker with the fewest", Merge: MergeMin},
			{Name: "own_most", Title: "most own items", Doc: "items of the worker with the most", Merge: MergeMax, Total: true},
			{Name: "rank_mean", Title: "mean rank", Doc: "mean of the workers' ranks", Merge: MergeMean},
			{Name: "made_up_s", Title: "made-up durations", Unit: "s", Doc: "1 us times the rank", Less: true, Hist: true},
		},
		Shared: func(Params, int) int64 { return 64 },
		New:    newTally,
		Hidden: true,
	}
}

type tally struct {
	rank    int
	counter *atomic.Int64
	own     slots[tallied]
}

type tallied struct {
	items int64
	hist  *Histogram
}

func newTally(ps Params, env Env) (Kernel, error) {
	if ps.Bool("lack") {
		return nil, Unavailable{Reason: "the system allows 0 tallies, 1 is needed: raise the limit"}
	}
	k := &tally{rank: env.Rank, counter: new(atomic.Int64), own: newSlots[tallied](env)}
	if env.Shared != nil { // nil in tests without a host
		k.counter = (*atomic.Int64)(unsafe.Pointer(&env.Shared[0]))
	}
	return k, nil
}

func (k *tally) Prepare(_ context.Context, slot int) error {
	k.own.of(slot).hist = NewHistogram()
	if k.counter.Load() < 0 {
		return fmt.Errorf("tally: the shared counter begins at %d", k.counter.Load())
	}
	return nil
}

func (k *tally) Do(ctx context.Context, t Task) (uint64, error) {
	s := k.own.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		k.counter.Add(1)
		s.items++
		s.hist.Record(time.Duration(k.rank+t.Slot) * time.Microsecond)
		return uint64(i), nil
	})
}

func (k *tally) Measure(slot int) Readings {
	s := k.own.of(slot)
	r := Readings{
		Values: map[string]float64{"counted": float64(k.counter.Load()), "own": float64(s.items), "own_min": float64(s.items), "own_most": float64(s.items), "rank_mean": float64(k.rank + slot)},
		Hists:  map[string]*Histogram{"made_up_s": s.hist},
	}
	s.items, s.hist = 0, NewHistogram()
	return r
}
