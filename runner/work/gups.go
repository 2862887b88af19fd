package work

import (
	"context"
	"fmt"
	"math/bits"
	"sync/atomic"
)

func init() { describe("gups", gupsKind) }

func gupsKind() Kind {
	return Kind{
		Name:    "gups",
		Summary: "random 64-bit updates of a private or a shared table: memory latency and TLB",
		Doc: `Definition: a table of 2^k words of 64 bits, T[j] = j at the start, and HPCC's stream
of numbers r: from r = 1, each is the one before shifted left by a bit, with 7 xored
in if a set bit fell out. Item i makes updates T[r modulo 2^k] ^= r for the 8192
numbers after the first 8192*i. With table = private each worker owns a table. With
table = shared all workers update one: it is in the heap in one process and in shared
memory across processes, and an update is a loop of compare and swap, since Go has no
atomic xor.
The result of an item is the last number of its stream. At the end the xor of all
words of a table must be that of all numbers that went in: each lost or torn update
changes it.
Source: RandomAccess of the HPC Challenge (Luszczek and others, 2005). HPCC lets 1 %
of updates go wrong; here none may. Its batches of 1024 updates looked ahead are not
made. Tested against updates made one at a time from the stream's start.
Unit: updates, 8192 an item; 1e9 of them a second are one GUPS.
Stresses: cache misses and page table walks that a core can have under way at the same
time. A shared table adds atomic instructions, which end that overlap, and lines that
travel between cores.
Does not say: whether updates or pages make shared tables differ between models. Linux
seldom gives shared memory huge pages (transparent_hugepage/shmem_enabled in
/sys/kernel/mm), and may give them to the heap (transparent_hugepage/enabled): where
the two settings differ, part of the difference is page walks.`,
		Item: "8192 random updates",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "67108864", Min: 1 << 10, Max: 64 << 30, Doc: "size of a table, rounded down to a power of two"},
			{Name: "table", Type: "choice", Default: "private", Choices: []string{"private", "shared"}, Doc: "a table for each worker, or one for all"},
		},
		ItemOps: func(Params) int64 { return gupsUpdates },
		New:     newGups,
		Shared: func(ps Params, workers int) int64 {
			if ps.String("table") == "private" {
				return 0
			}
			return 8 * gupsShared(ps, workers)
		},
	}
}

const (
	gupsUpdates = 8192
	gupsLine    = 16 // words between the parities of two workers: 128 bytes, as in slots
)

// gupsWords returns the words of a table.
func gupsWords(ps Params) int64 { return 1 << (bits.Len64(uint64(ps.Bytes("size")/8)) - 1) }

// gupsShared returns the words of a table that all share: then a line for each
// worker's parity, then one for a count.
func gupsShared(ps Params, workers int) int64 { return gupsWords(ps) + int64(workers+1)*gupsLine }

type gups struct {
	rank, workers int
	apart         bool       // workers are in processes of their own
	words         int64      // of a table
	jump          [63]uint64 // the field's x to the power of gupsUpdates * 2^k
	all           uint64     // sum of x to the powers 1 to gupsUpdates
	tables        slots[gupsTable]
	shared        []uint64 // nil where tables are private
	checked       bool
}

type gupsTable struct {
	words  []uint64
	parity uint64 // xor of all numbers that this worker put in
}

func newGups(ps Params, env Env) (Kernel, error) {
	k := &gups{rank: env.Rank, workers: env.Workers, apart: env.Processes > 0, words: gupsWords(ps), tables: newSlots[gupsTable](env)}
	k.jump, k.all = gupsPowers()
	switch {
	case ps.String("table") == "private":
	case k.apart:
		k.shared = wordsOf(env.Shared)
	default:
		k.shared = make([]uint64, gupsShared(ps, env.Workers))
	}
	return k, nil
}

// Prepare touches a worker's table, or its equal share of the one for all.
func (k *gups) Prepare(ctx context.Context, slot int) error {
	s := k.tables.of(slot)
	if k.shared == nil {
		s.words = make([]uint64, k.words)
		numberWords(s.words, 0)
		return nil
	}
	s.words = k.shared[:k.words]
	w, r := int64(k.workers), int64(k.rank+slot)
	lo, hi := k.words*r/w, k.words*(r+1)/w
	numberWords(s.words[lo:hi], lo)
	if !k.apart {
		return nil
	}
	if err := meetAll(ctx, &k.shared[k.words+w*gupsLine], k.workers); err != nil {
		return fmt.Errorf("gups: %w", err)
	}
	if slot == 0 {
		mapIn(s.words)
	}
	return nil
}

func numberWords(words []uint64, first int64) {
	for j := range words {
		words[j] = uint64(first + int64(j))
	}
}

func (k *gups) Do(ctx context.Context, t Task) (uint64, error) {
	s := k.tables.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		r := k.start(i)
		s.parity ^= gupsTimes(r, k.all)
		if k.shared == nil {
			return gupsUpdate(s.words, r), nil
		}
		k.shared[k.words+int64(k.rank+t.Slot)*gupsLine] = s.parity
		return gupsUpdateAtomically(s.words, r), nil
	})
}

func gupsUpdate(table []uint64, r uint64) uint64 {
	mask := uint64(len(table) - 1)
	for range gupsUpdates {
		r = gupsNext(r)
		table[r&mask] ^= r
	}
	return r
}

func gupsUpdateAtomically(table []uint64, r uint64) uint64 {
	mask := uint64(len(table) - 1)
	for range gupsUpdates {
		r = gupsNext(r)
		word := &table[r&mask]
		for old := atomic.LoadUint64(word); !atomic.CompareAndSwapUint64(word, old, old^r); {
			old = atomic.LoadUint64(word)
		}
	}
	return r
}

// Close checks that every update is in its table. The worker of rank 0 does it
// for a table that all share: when it is closed, all have finished.
func (k *gups) Close() error {
	if k.checked {
		return nil
	}
	k.checked = true
	if k.shared != nil {
		if k.rank > 0 {
			return nil
		}
		var parity uint64
		for w := range k.workers {
			parity ^= k.shared[k.words+int64(w)*gupsLine]
		}
		return gupsCheck(k.shared[:k.words], parity)
	}
	for slot := range k.tables {
		s := k.tables.of(slot)
		if err := gupsCheck(s.words, s.parity); err != nil {
			return err
		}
	}
	return nil
}

// gupsCheck compares the xor of a table with that of what went in. The xor of the
// first contents, 0 to 2^k-1, is 0 for k > 1.
func gupsCheck(table []uint64, parity uint64) error {
	for _, word := range table {
		parity ^= word
	}
	if parity != 0 {
		return fmt.Errorf("gups: updates of a table of %d words were lost: its xor is off by %#x", len(table), parity)
	}
	return nil
}

// HPCC's numbers are the powers of x in the field of polynomials over GF(2)
// modulo x^64 + x^2 + x + 1, a bit for each coefficient.

// gupsNext is r times x.
func gupsNext(r uint64) uint64 { return r<<1 ^ uint64(int64(r)>>63)&7 }

// gupsTimes is the product of a and b.
func gupsTimes(a, b uint64) uint64 {
	var product uint64
	for range 64 {
		product = gupsNext(product) ^ a&uint64(int64(b)>>63)
		b <<= 1
	}
	return product
}

// gupsPowers returns what lets an item find its place in the stream at once.
func gupsPowers() (jump [63]uint64, all uint64) {
	r := uint64(1)
	for range gupsUpdates {
		r = gupsNext(r)
		all ^= r
	}
	for k := range jump {
		jump[k] = r
		r = gupsTimes(r, r)
	}
	return jump, all
}

// start returns x to the power of gupsUpdates * i: the number before item i's first.
func (k *gups) start(i int64) uint64 {
	r := uint64(1)
	for rest := uint64(i); rest != 0; rest &= rest - 1 {
		r = gupsTimes(r, k.jump[bits.TrailingZeros64(rest)])
	}
	return r
}
