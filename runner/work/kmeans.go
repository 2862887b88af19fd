package work

import (
	"context"
	"fmt"
	"math"
	"time"

	"forklore/runner/link"
)

func init() { describe("kmeans", kmeansKind) }

func kmeansKind() Kind {
	return Kind{
		Name:    "kmeans",
		Summary: "points clustered by Lloyd's algorithm: centres told to all, sums brought together, in every round",
		Doc: `Definition: an item is a job of all workers together: rounds of Lloyd's algorithm. A
point has dims coordinates, which are whole numbers from 0 to 65535: coordinate d of point i
is 8192 + a + b + c, with a = scramble(t*dims+d)>>49 for t = scramble(i) modulo clusters, and
b and c the lowest and the next 13 bits of scramble(i*dims+d+1). Each worker comes
by an equal range of the points, by the delivery, once a job. The first centres are the points
j*points/clusters. In a round rank 0 tells all the centres, along a binomial tree; each
worker finds the nearest centre of each of its points, by the squared distance, the
first one where several are as near; and the points and the sums of coordinates of
every cluster are added up along the tree. A centre becomes its sums divided by its
points, rounded down; one without points stays. The result is made of the sums of the last
round: sum of each times 2*place+1, a cluster being its points, then dims sums. With the
deliveries heap and shared, centres and sums lie where all workers reach them, and messages say only when.
Source: Lloyd (IEEE Transactions on Information Theory 28, 1982), in parallel as by
Dhillon and Modha (1999). Whole numbers make the sums exact. Tested against
the algorithm in plain code.
Unit: distances; not bytes.
Stresses: arithmetic on whole numbers in the first-level cache; two short meetings of
all workers in each round (exchange_s), which are all that grows with the workers.
Does not say: how many rounds it takes until nothing moves: their number is fixed.`,
		Item:    "rounds of clustering all points",
		ItemOps: func(ps Params) int64 { return ps.Int("points") * ps.Int("clusters") * ps.Int("rounds") },
		Params: append([]Param{
			{Name: "points", Type: "int", Default: "16384", Min: 1, Max: 1 << 26, Doc: "points clustered"},
			{Name: "dims", Type: "int", Default: "8", Min: 1, Max: 64, Doc: "coordinates of a point"},
			{Name: "clusters", Type: "int", Default: "16", Min: 1, Max: 4096, Doc: "centres"},
			{Name: "rounds", Type: "int", Default: "10", Min: 1, Max: 10000, Doc: "rounds of a job"},
		}, dataParams(byLink, byShard, byShared, byHeap, byNative)...),
		Measures: kmeansMeasures,
		Peer:     newKmeans,
		Shared:   sharedWords(kmeansWords),
		Refuse:   refuseData,
		Links: func(ps Params, workers int) link.Plan {
			return dataPlan(ps, workers, inputPairs(ps, workers))
		},
	}
}

var kmeansMeasures = dataMeasures("moved_B", "deliver_s", "exchange_s")

// pointWords is how many words of memory a point takes: two coordinates each.
func pointWords(ps Params) int64 { return (ps.Int("dims") + 1) / 2 }

func centreWords(ps Params) int64 { return ps.Int("clusters") * pointWords(ps) }

// clusterWords is how many words the sums of a round take.
func clusterWords(ps Params) int64 { return ps.Int("clusters") * (ps.Int("dims") + 1) }

// kmeansWords is how much memory, in words, a job has in common.
func kmeansWords(ps Params, workers int) int64 {
	return commonSize(ps.Int("points")*pointWords(ps)) + commonSize(centreWords(ps)) + int64(workers)*commonSize(clusterWords(ps))
}

type kmeans struct {
	couriers
	*input
	common   bool
	dims     int
	clusters int
	rounds   int64
	first    []uint64   // the first centres, at rank 0
	centres  []uint64   // in common
	sums     [][]uint64 // by rank: of each cluster the points, then the sum of each coordinate
	rooms    slots[kmeansRoom]
}

// kmeansRoom is a rank's private memory.
type kmeansRoom struct {
	points   []uint64 // its part of the points, if that is copied
	centres  []uint64 // its own copy, or the common one
	incoming []uint64 // sums from a child
}

func newKmeans(ps Params, env Env) (Peer, error) {
	memory, err := newCommons("kmeans", ps, env, kmeansWords(ps, env.Workers))
	if err != nil {
		return nil, err
	}
	k := &kmeans{couriers: newCouriers("kmeans", ps, env, kmeansMeasures), common: memory.common, rooms: newSlots[kmeansRoom](env),
		dims: int(ps.Int("dims")), clusters: int(ps.Int("clusters")), rounds: ps.Int("rounds")}
	k.input = newInput(input{name: "kmeans", units: ps.Int("points"), unit: pointWords(ps), fill: k.fillPoint}, ps, env, memory)
	k.centres = memory.one(centreWords(ps))
	k.sums = memory.each(clusterWords(ps))
	for slot := range env.Slots {
		room := k.rooms.of(slot)
		if room.centres = k.centres; !memory.common {
			room.centres, room.incoming = make([]uint64, centreWords(ps)), make([]uint64, clusterWords(ps))
		}
	}
	return k, nil
}

// fillPoint sets the coordinates of point i, which lies near one of as many spots as
// there are clusters. Where their number is odd the last half of a word stays 0.
func (k *kmeans) fillPoint(i int64, words []uint64) {
	spot := scramble(uint64(i)) % uint64(k.clusters)
	for d := range k.dims {
		noise := scramble(uint64(i)*uint64(k.dims) + uint64(d) + 1)
		near := scramble(spot*uint64(k.dims)+uint64(d)) >> 49
		viewAs[int32](words)[d] = int32(8192 + near + noise&8191 + noise>>13&8191)
	}
}

// Prepare makes the rank's memory, and its share of the points.
func (k *kmeans) Prepare(ctx context.Context, slot int) error {
	rank := k.env.Rank + slot
	room := k.rooms.of(slot)
	clear(k.sums[rank]) // touched here, before the gate
	clear(room.incoming)
	if !k.common {
		clear(room.centres)
	}
	if rank == 0 {
		k.first = make([]uint64, len(room.centres))
		for j := range int64(k.clusters) {
			k.fillPoint(j*k.units/int64(k.clusters), k.first[j*k.unit:][:k.unit])
		}
	}
	room.points = k.input.buffer(rank)
	return k.input.prepare(ctx, slot)
}

// Run implements [Peer].
func (k *kmeans) Run(ctx context.Context, comm link.Comm, r Round) (int64, uint64, error) {
	return k.jobs(ctx, comm, r, func(c *courier) (uint64, error) { return k.cluster(c, r.Slot) })
}

// cluster does a job. At rank 0 it returns the result.
func (k *kmeans) cluster(c *courier, slot int) (uint64, error) {
	rank, room := c.comm.Rank(), k.rooms.of(slot)
	points, err := k.fetch(c, slot, room.points)
	if err != nil {
		return 0, err
	}
	if rank == 0 {
		copy(room.centres, k.first)
	}
	sums := k.sums[rank]
	for round := range k.rounds {
		if err := k.tellCentres(c, room.centres); err != nil {
			return 0, fmt.Errorf("tell the centres of round %d: %w", round, err)
		}
		clear(sums)
		k.assign(viewAs[int32](points), viewAs[int32](room.centres), sums)
		if err := k.addUp(c, sums, room.incoming); err != nil {
			return 0, fmt.Errorf("add up the sums of round %d: %w", round, err)
		}
		if rank == 0 {
			k.move(viewAs[int32](room.centres), sums)
		}
	}
	if rank > 0 {
		return 0, nil
	}
	return weigh(sums, 0), nil
}

// tellCentres lets all ranks have the centres of rank 0.
func (k *kmeans) tellCentres(c *courier, centres []uint64) error {
	defer spent(&c.exchangeTime, time.Now())
	if k.common {
		return c.spread(c.await, c.signal)
	}
	return c.spread(
		func(parent int) error { return c.receive(parent, centres) },
		func(child int) error { return c.send(child, centres) })
}

// addUp adds the sums of all ranks to those of rank 0.
func (k *kmeans) addUp(c *courier, sums, incoming []uint64) error {
	defer spent(&c.exchangeTime, time.Now())
	if k.common {
		return c.reduce(
			func(child int) error {
				if err := c.await(child); err != nil {
					return err
				}
				addTo(sums, k.sums[child])
				return nil
			}, c.signal)
	}
	return c.reduce(
		func(child int) error {
			if err := c.receive(child, incoming); err != nil {
				return err
			}
			addTo(sums, incoming)
			return nil
		},
		func(parent int) error { return c.send(parent, sums) })
}

func addTo(sums, more []uint64) {
	for i, v := range more {
		sums[i] += v
	}
}

// assign adds each point to the sums of its nearest centre.
func (k *kmeans) assign(points, centres []int32, sums []uint64) {
	stride := int(2 * k.unit)
	for ; len(points) > 0; points = points[stride:] {
		point := points[:k.dims]
		j := nearestCentre(point, centres, stride)
		sum := sums[j*(k.dims+1):][:k.dims+1]
		sum[0]++
		for d, x := range point {
			sum[d+1] += uint64(x)
		}
	}
}

// nearestCentre returns the number of the first of the centres nearest to point.
func nearestCentre(point, centres []int32, stride int) (nearest int) {
	least := int64(math.MaxInt64)
	for j := 0; len(centres) > 0; j++ {
		centre := centres[:len(point)]
		var square int64
		for d, x := range point {
			apart := int64(x - centre[d])
			square += apart * apart
		}
		if square < least {
			nearest, least = j, square
		}
		centres = centres[stride:]
	}
	return nearest
}

// move puts each centre in the middle of its points.
func (k *kmeans) move(centres []int32, sums []uint64) {
	for j := range k.clusters {
		sum := sums[j*(k.dims+1):][:k.dims+1]
		for d := 0; d < k.dims && sum[0] > 0; d++ {
			centres[j*int(2*k.unit)+d] = int32(sum[d+1] / sum[0])
		}
	}
}
