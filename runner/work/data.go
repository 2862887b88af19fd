package work

import (
	"context"
	"fmt"
	"slices"
	"unsafe"

	"forklore/runner/link"
)

// Ways in which the workers of a job come by their input and by each other's
// results.
const (
	byLink   = "link"   // rank 0 has the input and sends the parts; results are sent
	byShard  = "shard"  // each rank has its part in a file of its own; results are sent
	byShared = "shared" // all lies in pages that the processes share; messages only say when
	byHeap   = "heap"   // all lies on the heap of the one process; messages only say when
	byNative = "native" // by heap in one process, by link across several
)

const deliveryDoc = "how data reach the workers: sent (link), each one's own file (shard), shared pages (shared), one process's heap (heap), " +
	"or what the layout suggests, the heap in one process and the link across several (native)"

// deliveryIn returns the delivery for the layout of a trial, which is what it takes
// to know what native means.
func deliveryIn(ps Params, env Env) string {
	switch d := ps.String("delivery"); {
	case d != byNative:
		return d
	case env.Slots == env.Workers:
		return byHeap
	}
	return byLink
}

// dataParams are the parameters that all jobs on data have. The first of the
// deliveries is the default.
func dataParams(deliveries ...string) []Param {
	return []Param{
		{Name: "delivery", Type: "choice", Default: deliveries[0], Choices: deliveries, Doc: deliveryDoc},
		{Name: "link", Type: "choice", Default: "pipe", Choices: link.Names(), Doc: "what messages travel through: by every delivery some do, if only to say when"},
		{Name: "message", Type: "bytes", Default: "65536", Min: 1024, Max: 1 << 20, Doc: "longest message; unless the system allows more, mqueue takes 8KiB, and sysv_mq 16KiB for all pairs of workers together"},
	}
}

// dataMeasures describes the measures of those names.
func dataMeasures(names ...string) []Measure {
	all := []Measure{
		{Name: "moved_B", Title: "bytes moved", Unit: "B", Less: true, Merge: MergeSum, Total: true,
			Doc: "bytes sent through links or read from files; memory that is only looked at is not counted"},
		{Name: "deliver_s", Title: "delivery", Unit: "s", Less: true, Merge: MergeMax, Total: true,
			Doc: "time in which a worker came by its input, waiting included; the longest of all workers"},
		{Name: "exchange_s", Title: "exchange", Unit: "s", Less: true, Merge: MergeMax, Total: true,
			Doc: "time in which a worker traded intermediate data with others, waiting included; the longest of all workers"},
		{Name: "gather_s", Title: "gathering", Unit: "s", Less: true, Merge: MergeMax, Total: true,
			Doc: "time in which results were brought together, waiting for the slowest included; the longest of all workers"},
	}
	return slices.DeleteFunc(all, func(m Measure) bool { return !slices.Contains(names, m.Name) })
}

// refuseData says which layouts a delivery or a link has no counterpart in.
func refuseData(ps Params, l Layout) string {
	if l.Model != "processes" && l.Model != "hybrid" {
		return ""
	}
	if ps.String("delivery") == byHeap {
		return "delivery heap hands over pointers, and worker processes have no heap in common; link, shard and shared are the deliveries for them"
	}
	return refuseLink(ps.String("link"))
}

// refuseLink says why a link cannot join processes.
func refuseLink(name string) string {
	if kind, err := link.Lookup(name); err != nil || kind.Across {
		return ""
	}
	return "link " + name + " is memory of one process, and this model has several; pipe is one that joins processes"
}

// sharedWords makes a Kind.Shared of the words that a job keeps in common; behind them the
// ranks are counted that have touched theirs.
func sharedWords(words func(ps Params, workers int) int64) func(Params, int) int64 {
	return func(ps Params, workers int) int64 {
		if ps.String("delivery") != byShared {
			return 0
		}
		return 8 * (words(ps, workers) + commonPage)
	}
}

// dataPlan is the plan of a job whose ranks talk along the pairs given and along
// the tree, which every job needs: its beginning is told along it.
func dataPlan(ps Params, workers int, pairs []link.Pair) link.Plan {
	pairs = slices.Concat(pairs, treePairs(workers))
	slices.SortFunc(pairs, func(a, b link.Pair) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return a.To - b.To
	})
	return link.Plan{Link: ps.String("link"), Pairs: slices.Compact(pairs), Max: int(ps.Bytes("message"))}
}

// portion returns the equal range of n things that worker rank of workers has;
// sizes differ by one at the most, and the first workers have the larger ones.
func portion(n int64, workers, rank int) (lo, hi int64) {
	w, r := int64(workers), int64(rank)
	lo = r*(n/w) + min(r, n%w)
	hi = lo + n/w
	if r < n%w {
		hi++
	}
	return lo, hi
}

// commons is the memory that a job's data lie in. What it gives out begins on a
// page of its own, so that no two ranks write to one line or one page.
type commons struct {
	env    Env
	common bool
	rest   []uint64 // reached by every rank, and not given out yet
	pages  []uint64 // all of it, where worker processes share it; else nil
}

const commonPage = 512 // words in a page of 4 KiB

// commonSize rounds n words up to whole pages.
func commonSize(n int64) int64 { return (n + commonPage - 1) / commonPage * commonPage }

// newCommons takes hold of words of common memory, if the delivery has any.
func newCommons(name string, ps Params, env Env, words int64) (*commons, error) {
	delivery := deliveryIn(ps, env)
	m := &commons{env: env, common: delivery == byShared || delivery == byHeap}
	switch delivery {
	case byHeap:
		if env.Slots != env.Workers {
			return nil, fmt.Errorf("%s: delivery heap for %d workers, of which %d are in this process: they have no heap in common; allowed are link, shard and shared", name, env.Workers, env.Slots)
		}
		m.rest = make([]uint64, words)
	case byShared:
		if need := 8 * (words + commonPage); int64(len(env.Shared)) < need {
			return nil, fmt.Errorf("%s: delivery shared needs %d bytes of shared memory, and the trial has %d", name, need, len(env.Shared))
		}
		m.rest = viewAs[uint64](env.Shared)[:words]
		if env.Processes > 0 {
			m.pages = viewAs[uint64](env.Shared)[:words+commonPage]
		}
	}
	return m, nil
}

// settle comes last in Prepare. When every rank has touched its own part first, which decides where
// that lies, each process maps what it did not touch: else it would fault on
// the others' pages within the gate, and goroutines would not.
func (m *commons) settle(ctx context.Context, slot int) error {
	if m.pages == nil {
		return nil
	}
	if err := meetAll(ctx, &m.pages[len(m.pages)-commonPage], m.env.Workers); err != nil {
		return err
	}
	if slot == 0 {
		mapIn(m.pages)
	}
	return nil
}

// one returns n words that all ranks reach, or nil if there is no such memory.
func (m *commons) one(n int64) []uint64 {
	if !m.common {
		return nil
	}
	given := m.rest[:n:n]
	m.rest = m.rest[commonSize(n):]
	return given
}

// each returns n words for every rank, by rank. Without common memory only the
// ranks of this process have theirs.
func (m *commons) each(n int64) [][]uint64 {
	all := make([][]uint64, m.env.Workers)
	for rank := range all {
		switch own := rank - m.env.Rank; {
		case m.common:
			all[rank] = m.one(n)
		case 0 <= own && own < m.env.Slots:
			all[rank] = apart[uint64](int(n))
		}
	}
	return all
}

// viewAs shows the memory of s as numbers of another type, or as structs of
// numbers, without a copy. Parts of To that s does not fill are left out. The
// memory must be aligned as To needs it.
func viewAs[To, From any](s []From) []To {
	if len(s) == 0 {
		return nil
	}
	var to To
	size := len(s) * int(unsafe.Sizeof(s[0]))
	return unsafe.Slice((*To)(unsafe.Pointer(&s[0])), size/int(unsafe.Sizeof(to)))
}

// weigh returns the sum of each value times an odd number made from its place,
// the first of which is first. Multiplying by an odd number is a bijection, so
// one wrong value always shows; it takes a fifth of the time of mix, and the
// sums of parts add up to that of the whole.
func weigh(values []uint64, first int64) uint64 {
	var sum uint64
	factor := uint64(2*first + 1)
	for _, v := range values {
		sum += v * factor
		factor += 2
	}
	return sum
}
