package work

import (
	"context"
	"encoding/binary"
	"fmt"

	"forklore/runner/link"
)

func init() { describe("allreduce", allreduceKind) }

func allreduceKind() Kind {
	return Kind{
		Name:    "allreduce",
		Summary: "all workers add up their arrays, element by element, and all get the sums",
		Doc: `Definition: an item is one sum over all W workers of an array of size bytes, in
whole numbers of 64 bits (modulo 2^64, so that every order of adding gives the
same). A worker copies its own array, adds to it what the others send, and ends
with the sums of all. The arrays are such that the sums do not depend on W;
worker 0 adds the item's number to its first element. One more element says
whether worker 0 wants to end. Every worker adds up its result and compares it;
worker 0 counts the items.
With algorithm ring an array is cut into W pieces that go round twice: in W-1
steps each worker gets the whole sum of one piece, in W-1 more all pieces (2
(W-1)/W of the array sent by each worker). With doubling each worker exchanges
the whole array with the one whose rank differs in bit k, for each k; where W is
no power of two the workers beyond the greatest power first hand theirs to one
of the others and get the result in the end. One worker sends nothing.
Source: MPI_Allreduce; Thakur, Rabenseifner and Gropp, Optimization of
collective communication operations in MPICH, 2005. Tested against sums in a
loop and the messages that a recording link saw.
Unit: sums of arrays; bytes are those of one array.
Stresses: with short arrays wakeups of all workers, with long ones copying and
memory.
Does not say: what adding up in shared memory costs.`,
		Item: "one array summed over all workers",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "8192", Min: 8, Max: 1<<20 - 8, Doc: "bytes of an array, in whole elements of eight"},
			{Name: "algorithm", Type: "choice", Default: "ring", Choices: []string{"ring", "doubling"}, Doc: "how the sums are made"},
			linkParam("pipe"),
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		Peer:     newAllreduce,
		Links: func(ps Params, workers int) link.Plan {
			p := link.Plan{Link: ps.String("link"), Max: 8 * elements(ps)}
			if ps.String("algorithm") == "ring" {
				p.Pairs = ringPairs(workers)
				p.Max = 8 * ((elements(ps) + workers - 1) / workers)
				return p
			}
			p.Fixed = true
			p.Pairs = doublingPairs(workers)
			return p
		},
		Refuse: func(ps Params, l Layout) string {
			if ps.String("algorithm") == "ring" && l.Workers > elements(ps) {
				return fmt.Sprintf("an array of %d elements and the one that ends cannot be cut into %d pieces; it takes a size of %d or more", elements(ps)-1, l.Workers, 8*(l.Workers-1))
			}
			return refuseAcross(ps, l)
		},
	}
}

// elements is how many elements are sent for an array: its own and the one that
// says whether to end.
func elements(ps Params) int { return int(ps.Bytes("size")/8) + 1 }

// ringPairs returns the channels from each rank to the next, round the ring.
func ringPairs(workers int) (pairs []link.Pair) {
	for r := 0; r < workers && workers > 1; r++ {
		pairs = append(pairs, link.Pair{From: r, To: (r + 1) % workers})
	}
	return pairs
}

// doublingPairs returns the channels of recursive doubling, both ways.
func doublingPairs(workers int) (pairs []link.Pair) {
	power := powerBelow(workers)
	both := func(a, b int) { pairs = append(pairs, link.Pair{From: a, To: b}, link.Pair{From: b, To: a}) }
	for r := range power {
		for bit := 1; bit < power; bit *= 2 {
			if r&bit == 0 {
				both(r, r|bit)
			}
		}
		if r+power < workers {
			both(r, r+power)
		}
	}
	return pairs
}

// powerBelow returns the greatest power of two that is not above n.
func powerBelow(n int) int {
	power := 1
	for 2*power <= n {
		power *= 2
	}
	return power
}

type allreduce struct {
	rank, workers, elements int
	ring                    bool
	reducers                slots[reducer]
}

// reducer is one worker's arrays, as they are sent.
type reducer struct {
	own, sums, in []byte
	total         uint64 // of the sums of all workers' arrays
}

func newAllreduce(ps Params, env Env) (Peer, error) {
	return &allreduce{rank: env.Rank, workers: env.Workers, elements: elements(ps), ring: ps.String("algorithm") == "ring", reducers: newSlots[reducer](env)}, nil
}

// Prepare makes the worker's array: the difference of two made-up numbers, of
// which those of worker r are the second of r and the first of r+1, so that all
// but those of the ends cancel in the sum.
func (k *allreduce) Prepare(_ context.Context, slot int) error {
	n := 8 * k.elements
	w := k.reducers.of(slot)
	*w = reducer{own: make([]byte, n), sums: blank(n), in: blank(n)}
	rank := k.rank + slot
	for j := range k.elements - 1 {
		end := scramble(uint64(j))
		w.total += end
		value := -between(rank, j)
		if rank < k.workers-1 {
			value += between(rank+1, j)
		} else {
			value += end
		}
		binary.LittleEndian.PutUint64(w.own[8*j:], value)
	}
	return nil
}

// between is what worker rank's element j takes off and the one before adds.
func between(rank, j int) uint64 {
	if rank == 0 {
		return 0
	}
	return scramble(uint64(rank)<<32 + uint64(j))
}

func (k *allreduce) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	w := k.reducers.of(r.Slot)
	for item := int64(0); item != r.Items; item++ {
		copy(w.sums, w.own)
		if c.Rank() == 0 {
			addWord(w.sums, uint64(item))
			if r.up() {
				addWord(w.sums[len(w.sums)-8:], 1)
			}
		}
		if k.ring {
			err = w.goRound(c)
		} else {
			err = w.double(c)
		}
		if err != nil {
			return items, sum, err
		}
		got, over := w.result()
		if want := w.total + uint64(item); got != want {
			return items, sum, badSeal(item, got, want)
		}
		if c.Rank() == 0 {
			items++
			sum += mix(item, got)
		}
		if over {
			break
		}
	}
	return items, sum, nil
}

func addWord(word []byte, value uint64) {
	binary.LittleEndian.PutUint64(word, binary.LittleEndian.Uint64(word)+value)
}

// result adds up the sums, and tells whether this was the last item.
func (w *reducer) result() (total uint64, over bool) {
	last := len(w.sums) - 8
	for at := 0; at < last; at += 8 {
		total += binary.LittleEndian.Uint64(w.sums[at:])
	}
	return total, binary.LittleEndian.Uint64(w.sums[last:]) != 0
}

// addWords adds each word of from to that of into.
func addWords(into, from []byte) {
	for at := 0; at+8 <= len(from); at += 8 {
		addWord(into[at:], binary.LittleEndian.Uint64(from[at:]))
	}
}

// piece returns part i of W of the sums, as both ends cut them.
func (w *reducer) piece(i, parts int) []byte {
	first, _, count := Round{Items: int64(len(w.sums) / 8)}.dealt((i+2*parts)%parts, parts)
	return w.sums[8*first : 8*(first+count)]
}

// goRound passes the pieces round the ring twice: first they are added up, then
// handed out.
func (w *reducer) goRound(c link.Comm) error {
	rank, size := c.Rank(), c.Size()
	for step := range size - 1 {
		n, err := w.shift(c, w.piece(rank-step, size), w.in)
		if err != nil {
			return err
		}
		addWords(w.piece(rank-step-1, size), w.in[:n])
	}
	for step := range size - 1 {
		if _, err := w.shift(c, w.piece(rank-step+1, size), w.piece(rank-step, size)); err != nil {
			return err
		}
	}
	return nil
}

// shift sends a piece to the next rank and receives one from the rank before.
// Pieces (the first is the longest) that may not fit into a link must not all
// be sent before one is received: odd ranks receive first.
func (w *reducer) shift(c link.Comm, out, in []byte) (n int, err error) {
	next, before := (c.Rank()+1)%c.Size(), (c.Rank()+c.Size()-1)%c.Size()
	if c.Rank()%2 != 0 && len(w.piece(0, c.Size())) > sendFirst {
		if n, err = c.Recv(before, in); err != nil {
			return 0, err
		}
		return n, c.Send(next, out)
	}
	if err := c.Send(next, out); err != nil {
		return 0, err
	}
	return c.Recv(before, in)
}

// sendFirst is how many bytes every link takes from all workers before any has
// received.
const sendFirst = 4096

// double exchanges the whole array with one rank after the other.
func (w *reducer) double(c link.Comm) error {
	power := powerBelow(c.Size())
	if c.Rank() >= power {
		if err := c.Send(c.Rank()-power, w.sums); err != nil {
			return err
		}
		_, err := c.Recv(c.Rank()-power, w.sums)
		return err
	}
	extra := c.Rank()+power < c.Size()
	if extra {
		if err := w.add(c, c.Rank()+power); err != nil {
			return err
		}
	}
	for bit := 1; bit < power; bit *= 2 {
		if err := w.exchange(c, c.Rank()^bit); err != nil {
			return err
		}
	}
	if extra {
		return c.Send(c.Rank()+power, w.sums)
	}
	return nil
}

// exchange adds another worker's sums, which gets the ones from before.
func (w *reducer) exchange(c link.Comm, peer int) error {
	if c.Rank() < peer || len(w.sums) <= sendFirst {
		if err := c.Send(peer, w.sums); err != nil {
			return err
		}
		return w.add(c, peer)
	}
	if _, err := c.Recv(peer, w.in); err != nil {
		return err
	}
	if err := c.Send(peer, w.sums); err != nil {
		return err
	}
	addWords(w.sums, w.in)
	return nil
}

// add adds the array that another worker sends.
func (w *reducer) add(c link.Comm, peer int) error {
	if _, err := c.Recv(peer, w.in); err != nil {
		return err
	}
	addWords(w.sums, w.in)
	return nil
}
