package work

import (
	"context"
	"iter"
	"math/bits"
	"time"

	"forklore/runner/link"
)

func init() { describe("groupby", groupbyKind) }

func groupbyKind() Kind {
	return Kind{
		Name:    "groupby",
		Summary: "rows grouped by a key and summed up: aggregation, then a shuffle of all to all",
		Doc: `Definition: an item is a job of all workers together: select key, count(*),
sum(value), max(value) group by key, over size/16 rows of 8 bytes of key and 8 bytes
of value. The key of row i is scramble(k+1) of a k below groups that is drawn with Zipf's
weight 2^32/(k+1), rounded down: it falls on the high half of r = scramble(i) times the sum
of all weights; the value is scramble(r)>>44. Each worker
comes by an equal range of the rows, by the delivery; groups them in a hash table of its
own (linear probing, 32 bytes an entry, at most two thirds full, the place being the high
bits of the key times 0x9e3779b97f4a7c15); then the place's range decides which worker puts a
group together: it takes the entries of its range from every other worker's table, by
messages or, with the deliveries heap and shared, where they lie. The result
is the sum of mix(key, mix(count, sum) + max) over all groups. Every job groups the
same rows; rank 0 begins the next one when it has the result.
Source: two-phase parallel aggregation (Shatdal and Naughton, SIGMOD 1995). Tested
against a Go map over the same rows.
Unit: rows; bytes of rows.
Stresses: the cache that holds a table, and links of every worker with every other
(exchange_s, moved_B): more groups mean more to exchange, more workers mean more
and shorter messages.
Does not say: what a join or a sort costs, or keys that are strings.`,
		Item:     "all rows grouped",
		ItemByte: func(ps Params) int64 { return 16 * groupRows(ps) },
		ItemOps:  groupRows,
		Params: append([]Param{
			{Name: "size", Type: "bytes", Default: "4194304", Min: 16, Max: 1 << 30, Doc: "size of all rows, 16 bytes each"},
			{Name: "groups", Type: "int", Default: "20000", Min: 1, Max: 1 << 20, Doc: "different keys"},
		}, dataParams(byLink, byShard, byShared, byHeap, byNative)...),
		Measures: groupbyMeasures,
		Peer:     newGroupby,
		Shared:   sharedWords(groupbyWords),
		Refuse:   refuseData,
		Links: func(ps Params, workers int) link.Plan {
			return dataPlan(ps, workers, allPairs(workers))
		},
	}
}

var groupbyMeasures = dataMeasures("moved_B", "deliver_s", "exchange_s", "gather_s")

func groupRows(ps Params) int64 { return ps.Bytes("size") / 16 }

// groupbyWords is how much memory, in words, a job has in common.
func groupbyWords(ps Params, workers int) int64 {
	return commonSize(2*groupRows(ps)) + int64(workers)*commonSize(groupingWords(ps.Int("groups")))
}

type groupby struct {
	couriers
	*input
	common bool       // tables lie where every rank reaches them
	tables [][]uint64 // by rank
	rooms  slots[groupbyRoom]
}

// groupbyRoom is a rank's private memory.
type groupbyRoom struct {
	rows   []uint64 // its part of the rows, if that is copied
	own    grouping // the groups of its range, put together; unless it is alone
	packed []uint64 // entries on their way
}

// row is a row of the input, as it lies in memory.
type row struct{ key, value uint64 }

func newGroupby(ps Params, env Env) (Peer, error) {
	memory, err := newCommons("groupby", ps, env, groupbyWords(ps, env.Workers))
	if err != nil {
		return nil, err
	}
	groups := ps.Int("groups")
	k := &groupby{couriers: newCouriers("groupby", ps, env, groupbyMeasures), common: memory.common, rooms: newSlots[groupbyRoom](env)}
	k.input = newInput(input{name: "groupby", units: groupRows(ps), unit: 2, fill: fillRows(groups)}, ps, env, memory)
	k.tables = memory.each(groupingWords(groups))
	for slot := range env.Slots {
		room := k.rooms.of(slot)
		if env.Workers > 1 {
			room.own = make(grouping, groupingWords(groups)/4)
		}
		if env.Workers > 1 && !memory.common {
			room.packed = make([]uint64, 4*groups)
		}
	}
	return k, nil
}

// fillRows returns a function that makes rows of so many groups.
func fillRows(groups int64) func(at int64, words []uint64) {
	keys := drawnBy(groups)
	return func(at int64, words []uint64) {
		random := scramble(uint64(at))
		words[0] = scramble(keys().draw(random) + 1)
		words[1] = scramble(random) >> 44
	}
}

// Prepare makes the rank's memory, and its share of the rows.
func (k *groupby) Prepare(ctx context.Context, slot int) error {
	rank := k.env.Rank + slot
	room := k.rooms.of(slot)
	clear(k.tables[rank]) // touched here, before the gate
	clear(room.own)
	clear(room.packed)
	room.rows = k.input.buffer(rank)
	return k.input.prepare(ctx, slot)
}

// Run implements [Peer].
func (k *groupby) Run(ctx context.Context, comm link.Comm, r Round) (int64, uint64, error) {
	return k.jobs(ctx, comm, r, func(c *courier) (uint64, error) { return k.group(c, r.Slot) })
}

// group does a job. At rank 0 it returns the result.
func (k *groupby) group(c *courier, slot int) (uint64, error) {
	rank, room := c.comm.Rank(), k.rooms.of(slot)
	rows, err := k.fetch(c, slot, room.rows)
	if err != nil {
		return 0, err
	}
	g := k.table(rank)
	clear(g)
	for _, r := range viewAs[row](rows) {
		g.add(group{r.key, 1, r.value, r.value})
	}
	if k.workers > 1 {
		if err := k.shuffle(c, g, room); err != nil {
			return 0, err
		}
		g = room.own
	}
	result := g.result(rank, k.workers)
	defer spent(&c.gatherTime, time.Now())
	return c.total(result)
}

func (k *groupby) table(rank int) grouping { return viewAs[group](k.tables[rank]) }

// shuffle puts together the groups of the rank's range.
func (k *groupby) shuffle(c *courier, g grouping, room *groupbyRoom) error {
	defer spent(&c.exchangeTime, time.Now())
	rank := c.comm.Rank()
	room.own.clear(rank, k.workers)
	room.own.merge(g.part(rank, k.workers))
	if k.common {
		if err := c.barrier(); err != nil {
			return err
		}
		for step := 1; step < k.workers; step++ { // not all at the same table
			room.own.merge(k.table((rank+step)%k.workers).part(rank, k.workers))
		}
		return nil
	}
	return c.trade(
		func(partner int) error {
			packed := viewAs[group](room.packed)[:0]
			for e := range g.part(partner, k.workers) {
				packed = append(packed, *e)
			}
			return c.sendCounted(partner, viewAs[uint64](packed))
		},
		func(partner int) error {
			entries, err := c.receiveCounted(partner, room.packed)
			for _, e := range viewAs[group](entries) { // none after an error
				room.own.add(e)
			}
			return err
		})
}

// grouping is a hash table of groups, with linear probing. Its length is a power
// of two, and no key is 0. The home of a key is the high bits of a product, so
// that the keys of a range of homes lie beside each other.
type grouping []group

type group struct{ key, count, sum, max uint64 }

// groupingWords returns how many words of memory a table of n groups takes: two
// thirds of its entries are in use at the most.
func groupingWords(n int64) int64 { return 4 << bits.Len64(uint64(n+n/2)) }

// add adds the rows of a group.
func (g grouping) add(more group) {
	mask := uint64(len(g) - 1)
	for at := home(more.key, len(g)); ; at++ {
		switch e := &g[at&mask]; e.key {
		case more.key:
			e.count += more.count
			e.sum += more.sum
			e.max = max(e.max, more.max)
			return
		case 0:
			*e = more
			return
		}
	}
}

func (g grouping) merge(entries iter.Seq[*group]) {
	for e := range entries {
		g.add(*e)
	}
}

// part are the entries whose homes are in the range of a rank. They lie in it, or behind it
// up to the first empty entry, which may be at the table's begin.
func (g grouping) part(rank, workers int) iter.Seq[*group] {
	lo, hi := portion(int64(len(g)), workers, rank)
	mask := int64(len(g) - 1)
	return func(yield func(*group) bool) {
		for at := lo; lo < hi && at < lo+int64(len(g)); at++ {
			e := &g[at&mask]
			if e.key == 0 {
				if at >= hi {
					return
				}
				continue
			}
			if h := int64(home(e.key, len(g))); lo <= h && h < hi && !yield(e) {
				return
			}
		}
	}
}

// clear empties a table that holds nothing but the part of a rank.
func (g grouping) clear(rank, workers int) {
	lo, hi := portion(int64(len(g)), workers, rank)
	clear(g[lo:hi])
	mask := int64(len(g) - 1)
	for at := hi; lo < hi && g[at&mask].key != 0; at++ {
		g[at&mask] = group{}
	}
}

// result is the sum over the groups of a rank's part.
func (g grouping) result(rank, workers int) uint64 {
	var sum uint64
	for e := range g.part(rank, workers) {
		sum += mix(int64(e.key), mix(int64(e.count), e.sum)+e.max)
	}
	return sum
}
