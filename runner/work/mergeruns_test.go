package work

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMergeRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 2; n < 20; n++ {
		runs := make([][]uint64, n)
		var want []uint64
		for i := range runs {
			for range random.IntN(30) {
				runs[i] = append(runs[i], random.Uint64N(100))
			}
			slices.Sort(runs[i])
			want = append(want, runs[i]...)
		}
		slices.Sort(want)
		to, spare := make([]uint64, len(want)), make([]uint64, len(want))
		mergeRuns(runs, to, spare)
		if !slices.Equal(to, want) {
			t.Errorf("%d runs: got %v, want %v", n, to, want)
		}
	}
}
