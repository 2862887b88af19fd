package law

import (
	"fmt"
	"math"
	"slices"

	"forklore/metrics/stat"
)

// Why a fit is refused.
const (
	FewCounts   = "few counts"   // fewer than 5 distinct core counts
	NarrowRange = "narrow range" // the largest count is less than 4 times the smallest
	BeyondCPUs  = "beyond CPUs"  // a count above the CPUs present
)

const (
	leastCounts = 5
	leastRange  = 4
)

// Refusal says why data are not fit for a law. It is an answer, not a fault:
// reports print it in place of the fit.
type Refusal struct {
	Reason string // one of the constants
	Text   string
}

func (r *Refusal) Error() string { return r.Text }

// Data are trials: N[i] workers did X[i] units of work a second.
type Data struct {
	N, X  []float64
	Block []int // the block of each trial; empty where there are none
}

// check refuses data that cannot be fitted at all, then data that would be
// fitted to no use.
func (d Data) check(cpus int) error {
	if len(d.N) == 0 {
		return fmt.Errorf("scaling law: %w", stat.ErrEmpty)
	}
	if len(d.N) != len(d.X) || len(d.Block) != 0 && len(d.Block) != len(d.N) {
		return fmt.Errorf("scaling law: %d concurrencies, %d throughputs, %d blocks: need as many of each", len(d.N), len(d.X), len(d.Block))
	}
	for i := range d.N {
		if !(d.N[i] > 0) || math.IsInf(d.N[i], 0) {
			return &stat.ValueError{What: "scaling law, concurrency", Index: i, Value: d.N[i], Need: "a number above 0"}
		}
		if !(d.X[i] > 0) || math.IsInf(d.X[i], 0) {
			return &stat.ValueError{What: "scaling law, throughput", Index: i, Value: d.X[i], Need: "a number above 0"}
		}
	}
	return d.refuse(cpus)
}

func (d Data) refuse(cpus int) error {
	counts := slices.Compact(slices.Sorted(slices.Values(d.N)))
	lo, hi := counts[0], counts[len(counts)-1]
	switch {
	case len(counts) < leastCounts:
		return &Refusal{FewCounts, fmt.Sprintf("a scaling law needs at least %d distinct core counts, the data have %d: any curve would fit; add counts", leastCounts, len(counts))}
	case hi < leastRange*lo:
		return &Refusal{NarrowRange, fmt.Sprintf("a scaling law needs a largest core count of at least %d times the smallest, the data go from %g to %g: contention and crosstalk cannot be told apart; widen the range", leastRange, lo, hi)}
	case cpus > 0 && hi > float64(cpus):
		return &Refusal{BeyondCPUs, fmt.Sprintf("the data go to %g workers on %d CPUs: beyond the CPUs present they show time slicing, not the law; leave those counts out", hi, cpus)}
	}
	return nil
}
