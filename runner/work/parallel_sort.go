package work

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"forklore/runner/link"
)

func init() { describe("parallel_sort", parallelSortKind) }

func parallelSortKind() Kind {
	return Kind{
		Name:    "parallel_sort",
		Summary: "keys sorted by regular sampling: local sorts, an exchange of all with all, local merges",
		Doc: `Definition: an item is a job of all workers together. Key i of the input is scramble(i),
64 bits, no two alike. Each worker comes by an equal range of the keys, by the
delivery, and sorts them (pdqsort, as in Go's slices.Sort); takes one sample a worker at
equal distances from its first key on; rank 0 sorts all samples, takes those at
j*W + W/2 - 1 for j from 1 to W-1 as pivots and tells all; each worker gets, from every
other, the keys between its two pivots, by messages or, with the deliveries heap and
shared, where they lie; merges them, two runs at a time; and hands the result
to rank 0, which looks whether all is in order. The result is the sum of each key
times 2*place+1. Every job sorts the same keys; rank 0 begins the next one when it has the
result. One worker sorts and looks, no more.
Source: parallel sorting by regular sampling (Shi and Schaeffer, Journal of
Parallel and Distributed Computing 14, 1992). Tested against slices.Sort.
Unit: keys; bytes of keys.
Stresses: branches; then memory and links: nearly every key changes its worker
once, and goes to rank 0 (exchange_s, gather_s, moved_B). Looking at the result
is rank 0's alone, about 2 % of one worker's time.
Does not say: what keys that are equal or nearly in order cost, or input that memory
cannot hold.`,
		Item:     "all keys sorted",
		ItemByte: func(ps Params) int64 { return 8 * ps.Int("keys") },
		ItemOps:  func(ps Params) int64 { return ps.Int("keys") },
		Params: append([]Param{
			{Name: "keys", Type: "int", Default: "262144", Min: 1, Max: 1 << 27, Doc: "keys sorted, 8 bytes each"},
		}, dataParams(byLink, byShard, byShared, byHeap, byNative)...),
		Measures: sortMeasures,
		Peer:     newParallelSort,
		Shared:   sharedWords(sortWords),
		Refuse:   refuseData,
		Links: func(ps Params, workers int) link.Plan {
			return dataPlan(ps, workers, allPairs(workers))
		},
	}
}

var sortMeasures = dataMeasures("moved_B", "deliver_s", "exchange_s", "gather_s")

// sortWords is how much memory, in words, a job has in common.
func sortWords(ps Params, workers int) int64 {
	n, w := ps.Int("keys"), int64(workers)
	return 2*commonSize(n) + w*commonSize(longestRun(n, workers)) + w*commonSize(w+1)
}

func longestRun(keys int64, workers int) int64 { return (keys + int64(workers) - 1) / int64(workers) }

type parallelSort struct {
	couriers
	*input
	common bool
	runs   [][]uint64 // by rank: its part of the input, sorted
	bounds [][]uint64 // by rank: where the parts of its run begin that go to each rank, and their end
	sorted []uint64   // the result, at rank 0 or in common
	rooms  slots[sortRoom]
}

// sortRoom is a rank's private memory.
type sortRoom struct {
	samples  []uint64 // of all ranks at rank 0, else its own
	pivots   []uint64
	pieces   [][]uint64 // sorted keys from each rank, to be merged
	incoming []uint64   // where they lie when they are sent
	spare    []uint64   // for merging
	outgoing []uint64   // the merged keys of a rank that sends them
}

func newParallelSort(ps Params, env Env) (Peer, error) {
	memory, err := newCommons("parallel_sort", ps, env, sortWords(ps, env.Workers))
	if err != nil {
		return nil, err
	}
	n := ps.Int("keys")
	k := &parallelSort{couriers: newCouriers("parallel_sort", ps, env, sortMeasures), common: memory.common, rooms: newSlots[sortRoom](env)}
	k.input = newInput(input{name: "parallel_sort", units: n, unit: 1, fill: fillKey}, ps, env, memory)
	k.runs = memory.each(longestRun(n, env.Workers))
	k.bounds = memory.each(int64(env.Workers) + 1)
	k.sorted = memory.one(n)
	if !memory.common && env.Rank == 0 && env.Workers > 1 {
		k.sorted = make([]uint64, n)
	}
	return k, nil
}

func fillKey(at int64, words []uint64) { words[0] = scramble(uint64(at)) }

// Prepare makes the rank's memory, and its share of the keys.
func (k *parallelSort) Prepare(ctx context.Context, slot int) error {
	rank := k.env.Rank + slot
	clear(k.runs[rank]) // touched here, before the gate
	if k.workers > 1 {
		k.makeRoom(k.rooms.of(slot), rank)
	}
	if rank == 0 {
		clear(k.sorted)
	}
	return k.input.prepare(ctx, slot)
}

// makeRoom makes buffers that would hold all keys, and touches as much of them as
// is used: a rank gets its share of the keys, give or take what the sampling
// misjudges.
func (k *parallelSort) makeRoom(room *sortRoom, rank int) {
	w := int64(k.workers)
	room.samples = make([]uint64, w)
	if rank == 0 {
		room.samples = make([]uint64, w*w)
	}
	room.pivots, room.pieces = make([]uint64, w-1), make([][]uint64, w)
	used := min(k.units, k.units/w+k.units/w/4+w)
	buffers := []*[]uint64{&room.spare}
	if !k.common {
		buffers = append(buffers, &room.incoming)
	}
	if !k.common && rank > 0 {
		buffers = append(buffers, &room.outgoing)
	}
	for _, b := range buffers {
		*b = make([]uint64, k.units)
		clear((*b)[:used])
	}
}

// Run implements [Peer].
func (k *parallelSort) Run(ctx context.Context, comm link.Comm, r Round) (int64, uint64, error) {
	return k.jobs(ctx, comm, r, func(c *courier) (uint64, error) { return k.sort(c, r.Slot) })
}

// sort does a job. At rank 0 it returns the result.
func (k *parallelSort) sort(c *courier, slot int) (uint64, error) {
	room := k.rooms.of(slot)
	run, err := k.take(c, slot)
	if err != nil {
		return 0, err
	}
	slices.Sort(run)
	if k.workers == 1 {
		return checkSorted(run)
	}
	if err := k.exchange(c, run, room); err != nil {
		return 0, err
	}
	to := k.target(c.comm.Rank(), room)
	mergeRuns(room.pieces, to, room.spare)
	if err := k.gather(c, to); err != nil || c.comm.Rank() > 0 {
		return 0, err
	}
	return checkSorted(k.sorted)
}

// take brings the rank's part of the input into its run.
func (k *parallelSort) take(c *courier, slot int) ([]uint64, error) {
	rank := c.comm.Rank()
	part, err := k.fetch(c, slot, k.runs[rank])
	if err != nil || k.copied(rank) {
		return part, err
	}
	defer spent(&c.deliverTime, time.Now())
	return k.runs[rank][:copy(k.runs[rank], part)], nil
}

// exchange finds the pivots, and what every rank has for this one.
func (k *parallelSort) exchange(c *courier, run []uint64, room *sortRoom) error {
	defer spent(&c.exchangeTime, time.Now())
	if err := k.agree(c, run, room); err != nil {
		return fmt.Errorf("agree on pivots: %w", err)
	}
	rank := c.comm.Rank()
	bounds := k.bounds[rank]
	for j, pivot := range room.pivots {
		at, _ := slices.BinarySearch(run, pivot)
		bounds[j+1] = uint64(at)
	}
	bounds[0], bounds[k.workers] = 0, uint64(len(run))
	if k.common {
		err := c.barrier()
		for from := range room.pieces {
			room.pieces[from] = k.runs[from][k.bounds[from][rank]:k.bounds[from][rank+1]]
		}
		return err
	}
	room.pieces[rank] = run[bounds[rank]:bounds[rank+1]]
	incoming := room.incoming
	return c.trade(
		func(partner int) error { return c.sendCounted(partner, run[bounds[partner]:bounds[partner+1]]) },
		func(partner int) (err error) {
			room.pieces[partner], err = c.receiveCounted(partner, incoming)
			incoming = incoming[len(room.pieces[partner]):]
			return err
		})
}

// agree makes the pivots from samples of all runs, and tells all ranks.
func (k *parallelSort) agree(c *courier, run []uint64, room *sortRoom) error {
	w := k.workers
	for j := range w {
		room.samples[j] = math.MaxUint64 // of a run without keys
		if len(run) > 0 {
			room.samples[j] = run[j*len(run)/w]
		}
	}
	if c.comm.Rank() > 0 {
		if err := c.send(0, room.samples); err != nil {
			return err
		}
	} else if err := k.choose(c, room); err != nil {
		return err
	}
	return c.spread(
		func(parent int) error { return c.receive(parent, room.pivots) },
		func(child int) error { return c.send(child, room.pivots) })
}

// choose makes the pivots at rank 0.
func (k *parallelSort) choose(c *courier, room *sortRoom) error {
	w := k.workers
	for rank := 1; rank < w; rank++ {
		if err := c.receive(rank, room.samples[rank*w:][:w]); err != nil {
			return err
		}
	}
	slices.Sort(room.samples)
	for j := 1; j < w; j++ {
		room.pivots[j-1] = room.samples[j*w+w/2-1]
	}
	return nil
}

// target is where the merged keys of a rank belong.
func (k *parallelSort) target(rank int, room *sortRoom) []uint64 {
	n, before := 0, uint64(0)
	for from, piece := range room.pieces {
		n += len(piece)
		if k.common {
			before += k.bounds[from][rank]
		}
	}
	if k.common || rank == 0 {
		return k.sorted[before:][:n]
	}
	return room.outgoing[:n]
}

// gather brings the merged keys of all ranks together at rank 0.
func (k *parallelSort) gather(c *courier, merged []uint64) error {
	defer spent(&c.gatherTime, time.Now())
	if k.common {
		return c.reduce(c.await, c.signal)
	}
	if c.comm.Rank() > 0 {
		return c.sendCounted(0, merged)
	}
	rest := k.sorted[len(merged):]
	for rank := 1; rank < k.workers; rank++ {
		got, err := c.receiveCounted(rank, rest)
		if err != nil {
			return fmt.Errorf("take the result of rank %d: %w", rank, err)
		}
		rest = rest[len(got):]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d keys of %d are missing in the result", len(rest), len(k.sorted))
	}
	return nil
}

// checkSorted returns the checksum of keys that are in order.
func checkSorted(keys []uint64) (uint64, error) {
	if !slices.IsSorted(keys) {
		return 0, errors.New("the result is not in order")
	}
	return weigh(keys, 0), nil
}
