package work

import (
	"encoding/binary"
	"testing"
)

// The workers' arrays add up, element by element, to the same sums whatever
// their number; the sums that come out are those of a loop.
func TestAllreduceSums(t *testing.T) {
	kind, _ := Lookup("allreduce")
	for _, algorithm := range []string{"ring", "doubling"} {
		for _, size := range []int{8 * 13, 40000} {
			raw := map[string]string{"size": itoa(size), "algorithm": algorithm}
			var first []uint64
			for _, workers := range []int{1, 2, 3, 4, 6, 7, 8} {
				w := newTalkers(t, kind, raw, workers)
				if n, _, err := w.run(Round{Items: 3}); n != 3 || err != nil {
					t.Fatalf("%v, %d workers: %d items, %v", raw, workers, n, err)
				}
				want := loopSums(w, size/8)
				if first == nil {
					first = want
				}
				want[0] += 2 // the last item's number
				for rank, p := range w.peers {
					got := p.(*allreduce).reducers.of(w.slots[rank]).sums
					for j, sum := range want {
						if g := binary.LittleEndian.Uint64(got[8*j:]); g != sum {
							t.Fatalf("%v, %d workers: rank %d has %x as element %d, want %x", raw, workers, rank, g, j, sum)
						}
					}
				}
				want[0] -= 2
				for j := range want {
					if want[j] != first[j] {
						t.Fatalf("%v: element %d adds up to %x with %d workers, %x with 1", raw, j, want[j], workers, first[j])
					}
				}
			}
		}
	}
}

// loopSums adds up the workers' own arrays.
func loopSums(w *talkers, elements int) []uint64 {
	sums := make([]uint64, elements)
	for rank, p := range w.peers {
		own := p.(*allreduce).reducers.of(w.slots[rank]).own
		for j := range sums {
			sums[j] += binary.LittleEndian.Uint64(own[8*j:])
		}
	}
	return sums
}

// Every pair that a worker talks along is planned, and no more.
func TestDoublingPairs(t *testing.T) {
	for workers, want := range map[int]int{1: 0, 2: 2, 3: 2 + 2, 4: 8, 6: 8 + 4, 8: 24} {
		if got := len(doublingPairs(workers)); got != want {
			t.Errorf("%d workers: %d channels, want %d", workers, got, want)
		}
	}
}
