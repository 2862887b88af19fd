package work

import (
	"context"
	"fmt"
)

func init() { describe("numa_touch", numaTouchKind) }

func numaTouchKind() Kind {
	return Kind{
		Name:    "numa_touch",
		Summary: "reading memory that oneself or another worker touched first: NUMA placement",
		Doc: `Definition: the workers' arrays, one of size bytes for each, lie in memory that the
whole trial shares, under every model. Before the gate worker w writes first to an
array of 64-bit words: to its own with by = self, to that of worker w+W/2 modulo W
with by = other, W being the number of workers. All wait until each has, then read a
word of each page of their own array, so that no page is mapped while they work. An
item adds up the next block of 65536 words or fewer of the worker's own array, which
starts over at its end; the few words left over are not used. All blocks hold the same
words, word j being the finaliser of SplitMix64 of j. The sum is the result.
Source: first-touch placement, the default of Linux
(Documentation/admin-guide/mm/numa_memory_policy): a page lies on the node of the CPU
that wrote to it first. Tested against the sum of the definition.
Unit: bytes read.
Stresses: bandwidth from the reader's node or from another. The measure far_share
tells which: of up to 1024 pages of each array, how many lie on another node than the
CPU that its reader was last on. It comes from the kernel (move_pages), and is empty
where that does not tell.
Does not say: anything on a machine with one node: there other and self do the same,
and far_share is 0. Nor on more nodes, while far_share is 0 with by = other: the
workers then share a node, or the kernel has moved the pages or the threads
(/proc/sys/kernel/numa_balancing).`,
		Item: "a block of the worker's array read",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "67108864", Min: 4096, Max: 8 << 30, Doc: "size of each worker's array"},
			{Name: "by", Type: "choice", Default: "other", Choices: []string{"self", "other"}, Doc: "who writes first to an array: its reader, or another worker"},
		},
		ItemByte: func(ps Params) int64 {
			_, length := triadBlocks(ps.Bytes("size"))
			return 8 * length
		},
		Shared:   func(ps Params, workers int) int64 { return int64(workers)*numaStride(ps) + 8 },
		Measures: []Measure{{Name: "far_share", Title: "pages on another node", Doc: "share of pages that lie on another NUMA node than their reader", Less: true, Merge: MergeMean}},
		New:      newNumaTouch,
		Refuse: func(ps Params, l Layout) string {
			if ps.String("by") == "other" && l.Workers < 2 {
				return "with one worker there is no other to touch its memory first; give it workers: 2 or more"
			}
			return ""
		},
	}
}

// numaStride returns the bytes from one worker's array to the next: a multiple
// of every page size there is, so that no page belongs to two.
func numaStride(ps Params) int64 { return (ps.Bytes("size") + 65535) / 65536 * 65536 }

type numaTouch struct {
	rank, workers, shift int // worker w touches the array of worker w+shift
	blocks, length       int64
	arrays               [][]uint64 // of all workers
	touched              *uint64    // how many of them have been touched; nil if all workers are in one process
	next                 slots[int64]
}

func newNumaTouch(ps Params, env Env) (Kernel, error) {
	k := &numaTouch{rank: env.Rank, workers: env.Workers, next: newSlots[int64](env)}
	if ps.String("by") == "other" {
		k.shift = env.Workers / 2
	}
	k.blocks, k.length = triadBlocks(ps.Bytes("size"))
	stride := numaStride(ps)
	for w := range int64(env.Workers) {
		k.arrays = append(k.arrays, wordsOf(env.Shared[w*stride:])[:k.blocks*k.length])
	}
	if env.Processes > 0 {
		k.touched = &wordsOf(env.Shared[int64(env.Workers)*stride:])[0]
	}
	return k, nil
}

// Prepare is the first touch.
func (k *numaTouch) Prepare(ctx context.Context, slot int) error {
	array := k.arrays[(k.rank+slot+k.shift)%k.workers]
	for j := range array {
		array[j] = scramble(uint64(int64(j) % k.length))
	}
	if k.touched == nil { // what one worker of a process touched is mapped for all
		return nil
	}
	if err := meetAll(ctx, k.touched, k.workers); err != nil {
		return fmt.Errorf("numa_touch: %w", err)
	}
	mapIn(k.arrays[k.rank+slot])
	return nil
}

func (k *numaTouch) Do(ctx context.Context, t Task) (uint64, error) {
	array, next := k.arrays[k.rank+t.Slot], k.next.of(t.Slot)
	return sumItems(ctx, t, func(int64) (uint64, error) {
		lo := *next * k.length
		if *next++; *next == k.blocks {
			*next = 0
		}
		return sumWords(array[lo : lo+k.length]), nil
	})
}

// sumWords keeps four sums, so that no addition waits for the one before.
func sumWords(words []uint64) uint64 {
	var a, b, c, d uint64
	for len(words) >= 4 {
		a += words[0]
		b += words[1]
		c += words[2]
		d += words[3]
		words = words[4:]
	}
	for _, word := range words {
		a += word
	}
	return a + b + c + d
}

func (k *numaTouch) Measure(slot int) Readings {
	share, ok := farShare(k.arrays[k.rank+slot])
	if !ok {
		return Readings{}
	}
	return Readings{Values: map[string]float64{"far_share": share}}
}
