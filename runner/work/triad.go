package work

import "context"

func init() { describe("triad", triadKind) }

func triadKind() Kind {
	return Kind{
		Name:    "triad",
		Summary: "STREAM over private arrays, copy, scale, add or triad a = b + q*c: memory bandwidth",
		Doc: `Definition: each worker owns arrays of float64 (a and b, and c where op reads it) and
a place in them. An item works on the next block of 65536 elements or fewer, and
starts over at the end: copy is a[j] = b[j], scale a[j] = q*b[j], add a[j] = b[j] +
c[j], triad a[j] = b[j] + q*c[j], with q = 3 + (i modulo 1024) to tell items apart.
Copy and add do not use q: there the 16 elements of b that are read back later are
first set to what they were at the start, plus q. The result of item i is made of 16
elements of the block of a, read back.
Source: STREAM (McCalpin, 1995), with its counting: 16 bytes an element for copy and
scale, 24 for add and triad, the reads that a write-allocating cache adds not counted.
Values are whole numbers, so they are exact; tested by STREAM's own way, which is to
know what every element must hold at the end.
Unit: bytes moved, as STREAM counts them.
Stresses: memory bandwidth, if the arrays of all workers together are at least four
times the last-level cache, STREAM's rule: raise size where they are not. The worker
that uses the arrays is the one that touches them first, so that they lie on its node.
A worker's place moves with its own items, not with their numbers: how items are dealt
does not change how much memory it sweeps.
Does not say: the latency of memory, or what sharing one array would cost. Copy is
Go's copy, as it is memcpy in C: it may use wider instructions than the others.`,
		Item: "a block of the arrays",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "16777216", Min: 1 << 10, Max: 8 << 30, Doc: "size of one of a worker's arrays"},
			{Name: "op", Type: "choice", Default: "triad", Choices: []string{"copy", "scale", "add", "triad"}, Doc: "which of STREAM's four loops"},
		},
		ItemByte: func(ps Params) int64 {
			_, length := triadBlocks(ps.Bytes("size"))
			return triadOpNamed(ps.String("op")).bytes * length
		},
		New: newTriad,
	}
}

const triadProbes = 16

type triad struct {
	op             triadOp
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
	k := &triad{op: triadOpNamed(ps.String("op")), arrays: newSlots[triadArrays](env)}
	k.blocks, k.length = triadBlocks(ps.Bytes("size"))
	return k, nil
}

// Prepare gives every block the same contents, so that an item's result does
// not depend on the block that it falls on.
func (k *triad) Prepare(_ context.Context, slot int) error {
	n := k.blocks * k.length
	s := k.arrays.of(slot)
	s.a, s.b = make([]float64, n), make([]float64, n)
	for at := range n {
		s.a[at], s.b[at] = 0, triadB(at%k.length)
	}
	if k.op.third {
		s.c = make([]float64, n)
		for at := range n {
			s.c[at] = triadC(at % k.length)
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
		a, b, c := s.a[lo:hi], s.b[lo:hi], s.b[lo:hi]
		if k.op.third {
			c = s.c[lo:hi]
		}
		if k.op.marks {
			k.mark(b, triadQ(i))
		}
		k.op.run(a, b, c, triadQ(i))
		return k.read(a), nil
	})
}

// probe returns the index in a block of the element that is read back as the pth,
// from 1: they are spread over it, the last element among them. To read all of
// them would be a second kernel.
func (k *triad) probe(p int64) int64 { return p*k.length/triadProbes - 1 }

func (k *triad) mark(b []float64, q float64) {
	for p := int64(1); p <= triadProbes; p++ {
		b[k.probe(p)] = triadB(k.probe(p)) + q
	}
}

func (k *triad) read(a []float64) uint64 {
	var result uint64
	for p := int64(1); p <= triadProbes; p++ {
		result += uint64(a[k.probe(p)]) * scramble(uint64(p))
	}
	return result
}

// triadOp is one of STREAM's loops.
type triadOp struct {
	bytes int64 // of an element, as STREAM counts
	third bool  // whether it reads c
	marks bool  // whether b has to be marked, since q takes no part
	run   func(a, b, c []float64, q float64)
}

func triadOpNamed(name string) triadOp {
	switch name {
	case "copy":
		return triadOp{bytes: 16, marks: true, run: func(a, b, _ []float64, _ float64) { copy(a, b) }}
	case "scale":
		return triadOp{bytes: 16, run: scaleBlock}
	case "add":
		return triadOp{bytes: 24, third: true, marks: true, run: addBlock}
	}
	return triadOp{bytes: 24, third: true, run: triadBlock}
}

func scaleBlock(a, b, _ []float64, q float64) {
	b = b[:len(a)] // equal lengths: no bounds check in the loop
	for j := range a {
		a[j] = q * b[j]
	}
}

func addBlock(a, b, c []float64, _ float64) {
	b, c = b[:len(a)], c[:len(a)]
	for j := range a {
		a[j] = b[j] + c[j]
	}
}

func triadBlock(a, b, c []float64, q float64) {
	b, c = b[:len(a)], c[:len(a)]
	for j := range a {
		a[j] = b[j] + q*c[j]
	}
}
