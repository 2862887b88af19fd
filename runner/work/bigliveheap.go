package work

import (
	"context"
	"fmt"
)

func init() { describe("big_live_heap", bigLiveHeapKind) }

func bigLiveHeapKind() Kind {
	return Kind{
		Name:    "big_live_heap",
		Summary: "garbage made beside a large live heap: one shared heap against many small ones",
		Doc: `Definition: a trial holds live bytes of entries in hash tables: 64 bytes each, chained
by pointers, 8 in a bucket on average. One process holds them all, shared by its
workers; P worker processes hold a P-th each. Entry e of a process has key s(e) and
value s(key), s being the finaliser of SplitMix64. An item looks up 256 keys of its
process's table, drawn by its number, checks their values, and then makes garbage
bytes of garbage: chains of 64 entries, each walked once and dropped. Its result is
the number of right values and of entries walked.
Source: the long-lived data of GCBench (Boehm) beside short-lived data, in the shape
of a server's cache. Tested against the runtime's count of live and allocated bytes.
Unit: bytes of garbage. Its rate is stated by the item: so much for every 256 lookups.
Stresses: tracing. At GOGC = 100 the collector marks a process's live heap each time
that it has made as much garbage (4 MiB at the least). P heaps of a P-th need as much
marking in all as one heap; what differs is how marking runs beside the work, with
GOMAXPROCS = 1 or with all cores, and how well a heap lies in the caches. The host
records the collector's CPU time and pauses (gc_cpu_s, gc_pause_s).
Does not say: what a shared cache saves: P processes hold P different parts, not P
copies of all. For that give live times P.`,
		Item: "lookups in a live heap, and garbage",
		Params: []Param{
			{Name: "live", Type: "bytes", Default: "67108864", Min: 1 << 16, Max: 64 << 30, Doc: "live bytes of the whole trial, divided among its processes"},
			{Name: "garbage", Type: "bytes", Default: "262144", Min: 4096, Max: 1 << 30, Doc: "bytes that an item allocates and drops"},
		},
		ItemByte:  func(ps Params) int64 { return ps.Bytes("garbage") / entryBytes * entryBytes },
		New:       newLiveHeap,
		Allocates: true,
	}
}

const (
	entryBytes   = 64
	chainLength  = 64 // entries of a chain of garbage
	bucketLength = 8
	heapLookups  = 256
)

// heapEntry fills a size class of the allocator, so that live bytes are what they
// are said to be.
type heapEntry struct {
	next       *heapEntry
	key, value uint64
	_          [entryBytes - 24]byte
}

type liveHeap struct {
	entries int64 // of this process
	garbage int64 // entries of an item's garbage
	buckets []*heapEntry
}

func newLiveHeap(ps Params, env Env) (Kernel, error) {
	share := ps.Bytes("live") / int64(max(1, env.Processes))
	k := &liveHeap{entries: max(1, share/entryBytes), garbage: ps.Bytes("garbage") / entryBytes}
	k.buckets = make([]*heapEntry, (k.entries+bucketLength-1)/bucketLength)
	for e := range uint64(k.entries) {
		key := scramble(e)
		bucket := k.bucket(key)
		*bucket = &heapEntry{next: *bucket, key: key, value: scramble(key)}
	}
	return k, nil
}

func (k *liveHeap) bucket(key uint64) **heapEntry { return &k.buckets[key%uint64(len(k.buckets))] }

func (k *liveHeap) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		right := k.lookUp(i)
		if right != heapLookups {
			return 0, fmt.Errorf("big_live_heap: %d of %d keys were not found with their values", heapLookups-right, heapLookups)
		}
		return right + k.litter(), nil
	})
}

// lookUp returns how many of an item's keys have the right value.
func (k *liveHeap) lookUp(i int64) (right uint64) {
	draw := scramble(uint64(i))
	for range heapLookups {
		draw = scramble(draw)
		key := scramble(draw % uint64(k.entries))
		entry := *k.bucket(key)
		for entry != nil && entry.key != key {
			entry = entry.next
		}
		if entry != nil && entry.value == scramble(key) {
			right++
		}
	}
	return right
}

// litter makes an item's garbage and returns the entries that it walked.
func (k *liveHeap) litter() (walked uint64) {
	for left := k.garbage; left > 0; left -= chainLength {
		var chain *heapEntry
		for range min(left, chainLength) {
			chain = &heapEntry{next: chain}
		}
		for ; chain != nil; chain = chain.next {
			walked++
		}
	}
	return walked
}
