package work

import (
	"context"
	"fmt"
	"slices"
)

func init() { describe("sort", sortKind) }

func sortKind() Kind {
	return Kind{
		Name:    "sort",
		Summary: "sorting generated keys in a private array: comparisons and branches in cache",
		Doc: `Definition: item i fills the worker's own array with keys 64-bit keys, key j the
finaliser of SplitMix64 of i*keys+j, sorts it by Go's slices.Sort, and walks it once:
each key must be no less than the one before, and the sum of all, modulo 2^64, must be
what was filled in. The result is made of that sum and of the keys at 16 places.
Source: pattern-defeating quicksort (Peters, arXiv 2106.05123, 2021), as slices.Sort
has it; tested against heap sort.
Unit: keys; 8 bytes a key are written and read many times, so bytes say nothing.
Stresses: comparisons whose branches are wrong half of the time, and the private
caches: 4096 keys are 32 KiB. Nothing is shared or allocated.
Does not say: how a sort of one large array by many workers does. There the merge
counts.`,
		Item: "an array of keys made, sorted and checked",
		Params: []Param{
			{Name: "keys", Type: "int", Default: "4096", Min: 16, Max: 1 << 27, Doc: "keys in an item"},
		},
		ItemOps: func(ps Params) int64 { return ps.Int("keys") },
		New:     newSort,
	}
}

const sortProbes = 16

type sorting struct {
	n    int64
	keys slots[[]uint64]
}

func newSort(ps Params, env Env) (Kernel, error) {
	return &sorting{n: ps.Int("keys"), keys: newSlots[[]uint64](env)}, nil
}

func (k *sorting) Prepare(_ context.Context, slot int) error {
	keys := make([]uint64, k.n)
	fillKeys(keys, 0)
	*k.keys.of(slot) = keys
	return nil
}

func (k *sorting) Do(ctx context.Context, t Task) (uint64, error) {
	keys := *k.keys.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		sum := fillKeys(keys, i)
		slices.Sort(keys)
		if err := checkKeys(keys, sum); err != nil {
			return 0, err
		}
		for p := range int64(sortProbes) {
			sum += keys[p*k.n/sortProbes] * scramble(uint64(p))
		}
		return sum, nil
	})
}

// fillKeys sets the keys of item i and returns their sum.
func fillKeys(keys []uint64, i int64) (sum uint64) {
	base := uint64(i) * uint64(len(keys))
	for j := range keys {
		keys[j] = scramble(base + uint64(j))
		sum += keys[j]
	}
	return sum
}

func checkKeys(keys []uint64, sum uint64) error {
	before := uint64(0)
	for j, key := range keys {
		if key < before {
			return fmt.Errorf("sort: key %d of %d is less than the one before it", j, len(keys))
		}
		before = key
		sum -= key
	}
	if sum != 0 {
		return fmt.Errorf("sort: the %d sorted keys are not those that were to be sorted", len(keys))
	}
	return nil
}
