package work

import "context"

func init() { describe("pointer_chase", pointerChaseKind) }

func pointerChaseKind() Kind {
	return Kind{
		Name:    "pointer_chase",
		Summary: "dependent loads along a random cycle: the latency of caches and memory",
		Doc: `Definition: each worker owns size/stride lines of stride bytes. The first word of each
holds where the next line is, as an index of words: one random cycle through all
lines, by Sattolo's algorithm with the same seed for every worker. An item starts at a
line that is chosen by its number and takes 8192 hops, each a load whose address is
the value that the load before gave. The result is the line reached.
Source: lat_mem_rd of lmbench (McVoy and Staelin, USENIX 1996), whose strides became
random after prefetchers had learned fixed ones; Sattolo, Information Processing
Letters 22, 1986. Tested against the cycle walked once from end to end.
Unit: loads, 8192 an item: the time of an item divided by that is the load latency.
Stresses: latency, by working set: below the size of a cache one sees that cache. No
two loads overlap. Workers share nothing but the caches and the memory behind. Where
size is more than the TLB covers (some MiB of small pages) a load also waits for the
walk of the page table, as in programs.
Does not say: bandwidth, nor what independent loads cost, of which a core has ten and
more under way.`,
		Item: "8192 dependent loads",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "16777216", Min: 1 << 10, Max: 8 << 30, Doc: "working set of each worker"},
			{Name: "stride", Type: "bytes", Default: "64", Min: 8, Max: 4096, Doc: "bytes from line to line, rounded down to whole words: the cache line"},
		},
		ItemOps: func(Params) int64 { return chaseHops },
		New:     newChase,
	}
}

const chaseHops = 8192

type chase struct {
	lines, words uint64 // lines of a worker; words of a line
	tables       slots[[]uint64]
}

func newChase(ps Params, env Env) (Kernel, error) {
	words := uint64(ps.Bytes("stride") / 8)
	lines := uint64(ps.Bytes("size")) / (8 * words)
	return &chase{lines: max(lines, 1), words: words, tables: newSlots[[]uint64](env)}, nil
}

// Prepare touches the table where it will be used, and links its lines.
func (k *chase) Prepare(_ context.Context, slot int) error {
	table := make([]uint64, k.lines*k.words)
	for line := range k.lines {
		table[line*k.words] = line * k.words
	}
	for line := k.lines - 1; line > 0; line-- {
		other := scramble(line) % line // never line itself, so that one cycle remains
		a, b := line*k.words, other*k.words
		table[a], table[b] = table[b], table[a]
	}
	*k.tables.of(slot) = table
	return nil
}

func (k *chase) Do(ctx context.Context, t Task) (uint64, error) {
	table := *k.tables.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		at := scramble(uint64(i)) % k.lines * k.words
		for range chaseHops {
			at = table[at]
		}
		return at / k.words, nil
	})
}
