package work

import (
	"context"
	"errors"
	"fmt"
)

func init() { describe("syncmap", syncmapKind) }

func syncmapKind() Kind {
	return Kind{
		Name:    "syncmap",
		Summary: "one map for all workers: sync.Map, a map in locked shards, a map behind one lock",
		Doc: `Definition: all workers of a trial share one map of the keys 0 to keys-1, filled during
setup. An item is batch operations on x, which begins as SplitMix64 of the item's
number. An operation takes a step on x; its key is (x modulo 2^32) * keys / 2^32 and it is
a load if (x / 2^32) * 100 / 2^32 is below reads, else a store, both in whole numbers; then come
outside steps on x. A step is one step of SplitMix64, about 4 ns. A store
puts two words, x and SplitMix64(x xor key); a load must find two words that fit one
another and the key, or the item is an error. The item's result is x.
Kind syncmap: sync.Map, used as it is: a key that is looked up and an entry that is stored are
each put into an interface, which allocates. Kind sharded: so many shards, each a map with
a read-write lock, chosen by SplitMix64 of the key. Kind locked: one such
shard. Both count their stores under the lock; the counts must add up to the stores
of all workers when the kernel is closed.
Form native: Go's map and sync.RWMutex where all workers are in one process; across
processes the shared form takes its place. Form shared, in every model: an
open-addressed table of fixed size with linear probing and the lock of rwmutex's shared form in
pages that all workers share. sync.Map has no such form: its nodes are pointers.
Source: the comparison of Go's sync.Map benchmarks (sync/map_bench_test.go) with the map
behind a RWMutex that its documentation names; sharding as in
github.com/orcaman/concurrent-map.
Unit: loads and stores; not bytes.
Stresses: the locks' cache lines, then memory: an entry of a random key is seldom in the
first-level cache. Kind syncmap: the garbage collector too.
Does not say: anything of keys that come and go, or of a few that are asked for
most: all are equally likely. The table of the shared form is not Go's
map: compare it with form shared in one process. A worker killed while it holds a lock of it
leaves it locked: not for faults.`,
		Item: "a batch of loads and stores",
		Params: []Param{
			{Name: "kind", Type: "choice", Default: "syncmap", Choices: []string{"syncmap", "sharded", "locked"}, Doc: "sync.Map, maps in locked shards, or one map behind one lock"},
			{Name: "keys", Type: "int", Default: "16384", Min: 1, Max: 1 << 20, Doc: "entries of the map"},
			{Name: "reads", Type: "int", Default: "90", Min: 0, Max: 100, Doc: "operations in a hundred that only load"},
			{Name: "shards", Type: "int", Default: "64", Min: 1, Max: 4096, Doc: "shards of kind sharded"},
			{Name: "outside", Type: "int", Default: "0", Min: 0, Max: 1e6, Doc: "steps of computing between two operations, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "1024", Min: 1, Max: 1 << 20, Doc: "operations in an item"},
			formParam,
		},
		ItemOps:   func(ps Params) int64 { return ps.Int("batch") },
		New:       newSyncMap,
		Allocates: true,
		Shared: func(ps Params, workers int) int64 {
			return contestedSize(tableSize(ps.Int("keys"), shardsOf(ps)), workers)
		},
		Refuse: refuseSyncMap,
	}
}

func refuseSyncMap(ps Params, l Layout) string {
	if ps.String("kind") == "syncmap" && (acrossProcesses(l) || ps.String("form") == "shared") {
		return "sync.Map lives in the heap of one process; kind sharded and kind locked have a form in shared pages"
	}
	return refuseFutex(ps, l)
}

// keyed is a map that all workers share. The call through an interface costs 2 ns, in
// every kind the same.
type keyed interface {
	load(key uint64) (entry, bool)
	store(key uint64, e entry)
	stores() (n uint64, counted bool) // since it was filled; workers are at rest
}

// entry is two words that must fit, so that a load that runs into a store shows.
type entry struct{ value, proof uint64 }

func newEntry(key, value uint64) entry { return entry{value, scramble(value ^ key)} }

func (e entry) fits(key uint64) bool { return e.proof == scramble(e.value^key) }

type syncMap struct {
	table                       keyed
	keys, reads, outside, batch int64
	contested                   contested
}

func newSyncMap(ps Params, env Env) (Kernel, error) {
	k := &syncMap{keys: ps.Int("keys"), reads: ps.Int("reads"), outside: ps.Int("outside"), batch: ps.Int("batch")}
	shared := sharedForm(ps, env)
	if shared && ps.String("kind") == "syncmap" {
		return nil, errors.New("syncmap: sync.Map lives in the heap of one process: use kind sharded or locked")
	}
	if err := needFutex("syncmap", shared); err != nil {
		return nil, err
	}
	contended := int64(0)
	if shared {
		contended = tableSize(k.keys, shardsOf(ps))
	}
	var err error
	if k.contested, err = newContested("syncmap", env, contended, shared); err != nil {
		return nil, err
	}
	switch {
	case shared:
		k.table = newSharedTable(k.contested.mem, k.keys, shardsOf(ps))
	case ps.String("kind") == "syncmap":
		k.table = &goSyncMap{}
	default:
		k.table = newShardedMap(k.keys, shardsOf(ps))
	}
	if !shared || env.Rank == 0 { // shared pages are filled by one process; the gate opens after it
		k.fill()
	}
	return k, nil
}

// shardsOf returns how many shards a map has.
func shardsOf(ps Params) int64 {
	if ps.String("kind") == "sharded" {
		return ps.Int("shards")
	}
	return 1
}

func (k *syncMap) fill() {
	for key := range uint64(k.keys) {
		k.table.store(key, newEntry(key, 0))
	}
	k.contested.worker(0).done += uint64(k.keys) // these stores are counted too
}

func (k *syncMap) Do(ctx context.Context, t Task) (uint64, error) {
	line := k.contested.worker(t.Slot)
	return sumItems(ctx, t, func(i int64) (x uint64, err error) {
		x, stores, lost := k.do(scramble(uint64(i)))
		line.done += stores
		if lost > 0 {
			err = fmt.Errorf("syncmap: %d loads found no entry, or one that does not fit its key", lost)
		}
		return x, err
	})
}

func (k *syncMap) do(x uint64) (result, stores, lost uint64) {
	table, keys, reads := k.table, uint64(k.keys), uint64(k.reads)
	for range k.batch {
		x = scramble(x)
		key := x & (1<<32 - 1) * keys >> 32
		if percentOf(x) < reads {
			if e, ok := table.load(key); !ok || !e.fits(key) {
				lost++
			}
		} else {
			table.store(key, newEntry(key, x))
			stores++
		}
		x = takeSteps(x, k.outside)
	}
	return x, stores, lost
}

// Close checks that the map has every key, and that no store was lost. By then all workers
// are at rest.
func (k *syncMap) Close() error {
	return k.contested.close(func() error {
		for key := range uint64(k.keys) {
			if e, ok := k.table.load(key); !ok || !e.fits(key) {
				return fmt.Errorf("syncmap: in the end key %d is missing, or its entry does not fit it", key)
			}
		}
		if n, counted := k.table.stores(); counted && n != k.contested.done() {
			return fmt.Errorf("syncmap: %d stores were counted as %d: the locks do not exclude the workers", k.contested.done(), n)
		}
		return nil
	})
}
