package work

import (
	"slices"
	"testing"
)

func init() {
	dataJobs["parallel_sort"] = []map[string]string{
		{"keys": "5000"},
		{"keys": "1"},
		{"keys": "12"}, // fewer than samples
		{"keys": "1021"},
	}
	cheap["parallel_sort"] = dataJobs["parallel_sort"][0]
}

// The array that rank 0 is left with holds the keys as slices.Sort orders them,
// and the result is made of it.
func TestParallelSortAgreesWithSort(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		if kind.Name != "parallel_sort" {
			t.Skip("another job")
		}
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]uint64, ps.Int("keys"))
		for i := range want {
			fillKey(int64(i), want[i:])
		}
		slices.Sort(want)
		var result uint64
		for i, key := range want {
			result += key * uint64(2*i+1)
		}
		for workers := 1; workers <= 6; workers++ {
			crew := newCrewOfPeers(t, kind, raw, []int{workers})
			_, sum := crew.run(t, Round{Items: 1})
			k := crew.peers[0].(*parallelSort)
			got := k.sorted
			if workers == 1 {
				got = k.runs[0]
			}
			if !slices.Equal(got, want) || sum != mix(0, result) {
				t.Errorf("%d workers: %d keys, sum %x, want %d and %x", workers, len(got), sum, len(want), mix(0, result))
			}
			crew.close(t)
		}
	})
}

// The theorem of Shi and Schaeffer: where no two keys are alike, and there are at least W^3
// of them, no rank merges more than twice its share.
func TestParallelSortShares(t *testing.T) {
	kind := kinds["parallel_sort"]
	for workers := 2; workers <= 8; workers++ {
		crew := newCrewOfPeers(t, kind, map[string]string{"keys": "5000", "delivery": byHeap}, []int{workers})
		crew.run(t, Round{Items: 1})
		k := crew.peers[0].(*parallelSort)
		for rank := range workers {
			n := uint64(0)
			for from := range workers {
				n += k.bounds[from][rank+1] - k.bounds[from][rank]
			}
			if n > uint64(2*5000/workers) {
				t.Errorf("rank %d of %d merges %d keys of 5000", rank, workers, n)
			}
		}
		crew.close(t)
	}
}

func TestCheckSorted(t *testing.T) {
	if _, err := checkSorted([]uint64{1, 3, 2}); err == nil {
		t.Error("2 behind 3 was accepted")
	}
	if sum, err := checkSorted([]uint64{1, 3, 3}); err != nil || sum != 1+9+15 {
		t.Errorf("got %d, %v", sum, err)
	}
}
