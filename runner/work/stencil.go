package work

import (
	"context"
	"fmt"
	"time"

	"forklore/runner/link"
)

func init() { describe("stencil", stencilKind) }

func stencilKind() Kind {
	return Kind{
		Name:    "stencil",
		Summary: "heat on a plate: five-point stencil, neighbours exchange their border rows in every step",
		Doc: `Definition: an item is a job of all workers together: steps of Jacobi's iteration on
a square of side x side cells of float64 with fixed cells around it. In a step every
cell becomes 0.25*((north+south)+(west+east)) of the step before. All cells, the fixed ones
too, begin with scramble(y*(side+2)+x)>>40, y and x counted from 0 at the fixed corner.
Each worker has an equal range of rows; after every step but the last neighbours
trade the rows at their border: pairs (0,1), (2,3) and so on first, then
pairs (1,2), (3,4), the lower of a pair sending first. By the delivery link the row is the
message, of 8*side bytes; with shared and heap all workers have one grid, and the message is
a word that says that the row is there. The result is the sum over cells of the
value's 64 bits times 2*(y*(side+2)+x)+1. Rank 0 begins the next job when it has the
result.
Source: Jacobi's method for Laplace's equation, the usual example of halo exchange
(Gropp, Lusk, Skjellum: Using MPI, chapter 4). No product is added to anything,
so no compiler may fuse what is rounded here, and the bits do not depend on
the partition. Tested against the loop over the whole grid, and against the eigenvalue
of the iteration, cos(pi/(side+1)).
Unit: updates of cells; not bytes.
Stresses: memory bandwidth or a cache, by the side, and the time it takes to talk to a
neighbour and to wait for it, twice a step (exchange_s): with small sides that is what decides.
Does not say: what overlapping the exchange with computing would save.`,
		Item:    "steps on the whole grid",
		ItemOps: func(ps Params) int64 { return ps.Int("side") * ps.Int("side") * ps.Int("steps") },
		Params: append([]Param{
			{Name: "side", Type: "int", Default: "512", Min: 1, Max: 16384, Doc: "rows and columns of the grid"},
			{Name: "steps", Type: "int", Default: "100", Min: 1, Max: 1e6, Doc: "steps of a job"},
		}, dataParams(byLink, byShared, byHeap, byNative)...),
		Measures: stencilMeasures,
		Peer:     newStencil,
		Shared:   sharedWords(stencilWords),
		Refuse:   refuseData,
		Links: func(ps Params, workers int) link.Plan {
			return dataPlan(ps, workers, rowPairs(activeRanks(ps, workers)))
		},
	}
}

var stencilMeasures = dataMeasures("moved_B", "exchange_s", "gather_s")

// stencilWords is how much memory, in words, a job has in common.
func stencilWords(ps Params, _ int) int64 {
	width := ps.Int("side") + 2
	return 3 * commonSize(width*width)
}

// activeRanks is how many ranks have rows: the first ones.
func activeRanks(ps Params, workers int) int { return int(min(int64(workers), ps.Int("side"))) }

// rowPairs are the pairs of neighbours.
func rowPairs(ranks int) []link.Pair {
	var pairs []link.Pair
	for rank := 1; rank < ranks; rank++ {
		pairs = append(pairs, link.Pair{From: rank - 1, To: rank}, link.Pair{From: rank, To: rank - 1})
	}
	return pairs
}

type stencil struct {
	couriers
	env    Env
	memory *commons
	common bool
	active int
	side   int64
	steps  int64
	grids  [3][]uint64 // in common
	slabs  slots[slab]
}

// slab is the part of the grid that a rank computes, with the row before and the row behind it.
type slab struct {
	first int64        // row of the whole grid that the slab begins with
	rows  int64        // computed rows; the slab has two more
	width int64        // of a row
	grids [3][]float64 // what steps begin with; then the two that take turns
}

func newStencil(ps Params, env Env) (Peer, error) {
	memory, err := newCommons("stencil", ps, env, stencilWords(ps, env.Workers))
	if err != nil {
		return nil, err
	}
	k := &stencil{couriers: newCouriers("stencil", ps, env, stencilMeasures), env: env, memory: memory, common: memory.common,
		active: activeRanks(ps, env.Workers), side: ps.Int("side"), steps: ps.Int("steps"), slabs: newSlots[slab](env)}
	width := k.side + 2
	for i := range k.grids {
		k.grids[i] = memory.one(width * width)
	}
	return k, nil
}

// Prepare makes the rank's rows in all three grids: the steps do not write to the
// fixed cells.
func (k *stencil) Prepare(ctx context.Context, slot int) error {
	rank := k.env.Rank + slot
	lo, hi := portion(k.side, k.env.Workers, rank)
	s := k.slabs.of(slot)
	*s = slab{first: lo, rows: hi - lo, width: k.side + 2}
	if s.rows == 0 {
		return k.memory.settle(ctx, slot)
	}
	size := (s.rows + 2) * s.width
	for i := range s.grids {
		if k.common {
			s.grids[i] = viewAs[float64](k.grids[i][lo*s.width:][:size])
		} else {
			s.grids[i] = make([]float64, size)
		}
		for row := range s.rows + 2 {
			theirs := row == 0 && rank > 0 || row > s.rows && rank < k.active-1
			if !k.common || !theirs {
				s.fill(i, row)
			}
		}
	}
	return k.memory.settle(ctx, slot)
}

// fill sets a row to what it begins with.
func (s *slab) fill(grid int, row int64) {
	cells := s.grids[grid][row*s.width:][:s.width]
	first := (s.first + row) * s.width
	for x := range cells {
		cells[x] = firstHeat(first + int64(x))
	}
}

// firstHeat is what a cell of the whole grid begins with: a whole number below 2^24.
func firstHeat(cell int64) float64 { return float64(scramble(uint64(cell)) >> 40) }

// Run implements [Peer].
func (k *stencil) Run(ctx context.Context, comm link.Comm, r Round) (int64, uint64, error) {
	return k.jobs(ctx, comm, r, func(c *courier) (uint64, error) { return k.iterate(c, k.slabs.of(r.Slot)) })
}

// iterate does a job. At rank 0 it returns the result.
func (k *stencil) iterate(c *courier, s *slab) (uint64, error) {
	var result uint64
	if s.rows > 0 {
		from := 0
		for step := int64(1); ; step++ {
			to := 1 + int(step&1)
			s.step(s.grids[from], s.grids[to])
			from = to
			if step == k.steps {
				break
			}
			if err := k.exchange(c, s, viewAs[uint64](s.grids[to])); err != nil {
				return 0, fmt.Errorf("exchange rows after step %d: %w", step, err)
			}
		}
		result = s.result(s.grids[from])
	}
	defer spent(&c.gatherTime, time.Now())
	return c.total(result)
}

// step computes the slab's rows.
func (s *slab) step(from, to []float64) {
	w := s.width
	for y := int64(1); y <= s.rows; y++ {
		relax(to[y*w:][:w], from[(y-1)*w:][:w], from[y*w:][:w], from[(y+1)*w:][:w])
	}
}

// relax computes a row from itself and its neighbours. The first and the last cell
// are fixed.
func relax(to, north, row, south []float64) {
	north, row, south = north[:len(to)], row[:len(to)], south[:len(to)] // equal lengths: fewer bounds checks
	for x := 1; x < len(to)-1; x++ {
		to[x] = 0.25 * ((north[x] + south[x]) + (row[x-1] + row[x+1]))
	}
}

// exchange trades the rows at the borders of the slab for the neighbours', which are
// the rows before and behind it. Where neighbours have one grid there is nothing
// to send but that the row is ready; it also says that its sender has read what
// the next step writes over.
func (k *stencil) exchange(c *courier, s *slab, grid []uint64) error {
	defer spent(&c.exchangeTime, time.Now())
	rank := c.comm.Rank()
	for phase := range 2 {
		partner := rank + 1
		if (rank+phase)%2 == 1 {
			partner = rank - 1
		}
		if partner < 0 || partner >= k.active {
			continue
		}
		own, theirs := s.rows, s.rows+1
		if partner < rank {
			own, theirs = 1, 0
		}
		err := inTurn(rank < partner, partner,
			func(partner int) error {
				if k.common {
					return c.signal(partner)
				}
				return c.send(partner, s.inner(grid, own))
			},
			func(partner int) error {
				if k.common {
					return c.await(partner)
				}
				return c.receive(partner, s.inner(grid, theirs))
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// inner is a row without its fixed cells.
func (s *slab) inner(grid []uint64, row int64) []uint64 {
	return grid[row*s.width+1:][:s.width-2]
}

// result adds up the computed cells.
func (s *slab) result(grid []float64) uint64 {
	var sum uint64
	cells := viewAs[uint64](grid)
	for row := int64(1); row <= s.rows; row++ {
		sum += weigh(s.inner(cells, row), (s.first+row)*s.width+1)
	}
	return sum
}
