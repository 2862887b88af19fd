package work

import "context"

func init() {
	register(Kind{
		Name:    "triad",
		Summary: "STREAM triad a = b + q*c over private arrays: memory bandwidth",
		Doc: `Definition: each worker owns three arrays of float64 and a place in them. An
item computes a[j] = b[j] + q*c[j] over the next block of 65536 elements or fewer,
and starts over at the end; q = 3 + (i modulo 1024) tells items apart. The result
of item i is made of 16 elements of the block, read back.
Source: STREAM (McCalpin, 1995), with its counting: 24 bytes an element, the
reads that a write-allocating cache adds not counted. Values are whole numbers,
so they are exact; tested by STREAM's own way, which is to know what every
element must hold at the end.
Unit: bytes moved, as STREAM counts them.
Stresses: memory bandwidth, if the three arrays of all workers together are at
least four times the last-level cache, STREAM's rule: raise size where they are
not. The worker that uses the arrays is the one that touches them first, so that
they lie on its node. A worker's place moves with its own items, not with their
numbers: how items are dealt does not change how much memory it sweeps.
Does not say: the latency of memory, or what sharing one array would cost.`,
		Item: "a block of the arrays",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "16777216", Min: 1 << 10, Max: 8 << 30, Doc: "size of one of a worker's three arrays"},
		},
		ItemByte: func(ps Params) int64 {
			_, length := triadBlocks(ps.Bytes("size"))
			return 24 * length
		},
		New: newTriad,
	})
}

const triadProbes = 16

type triad struct {
	blocks, length int64 // blocks of an array; elements of a block
	arrays         slots[triadArrays]
}

type triadArrays struct {
	a, b, c []float64
	next    int64 // block of the next item
}

// triadBlocks cuts an array of size bytes into equal blocks of at most 65536
// elements; the few elements left over are not used.
func triadBlocks(size int64) (blocks, length int64) {
	elements := size / 8
	blocks = (elements + 65535) / 65536
	return blocks, elements / blocks
}

func newTriad(ps Params, env Env) (Kernel, error) {
	k := &triad{arrays: newSlots[triadArrays](env)}
	k.blocks, k.length = triadBlocks(ps.Bytes("size"))
	return k, nil
}

// Prepare gives every block the same contents, so that an item's result does
// not depend on the block that it falls on.
func (k *triad) Prepare(_ context.Context, slot int) error {
	n := k.blocks * k.length
	s := k.arrays.of(slot)
	s.a, s.b, s.c = make([]float64, n), make([]float64, n), make([]float64, n)
	for at := int64(0); at < n; at += k.length {
		for j := range k.length {
			s.a[at+j], s.b[at+j], s.c[at+j] = 0, triadB(j), triadC(j)
		}
	}
	return nil
}

func triadB(j int64) float64 { return float64(j % 1021) }
func triadC(j int64) float64 { return float64(j % 509) }
func triadQ(i int64) float64 { return float64(3 + i%1024) }

func (k *triad) Do(ctx context.Context, t Task) (uint64, error) {
	s := k.arrays.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		lo := s.next * k.length
		hi := lo + k.length
		if s.next++; s.next == k.blocks {
			s.next = 0
		}
		triadBlock(s.a[lo:hi], s.b[lo:hi], s.c[lo:hi], triadQ(i))
		return k.probe(s.a[lo:hi]), nil
	})
}

func triadBlock(a, b, c []float64, q float64) {
	b, c = b[:len(a)], c[:len(a)] // equal lengths: no bounds check in the loop
	for j := range a {
		a[j] = b[j] + q*c[j]
	}
}

// probe reads back elements spread over a block, the last one among them. To
// read all of them would be a second kernel.
func (k *triad) probe(a []float64) uint64 {
	var result uint64
	for p := int64(1); p <= triadProbes; p++ {
		result += uint64(a[p*k.length/triadProbes-1]) * scramble(uint64(p))
	}
	return result
}
