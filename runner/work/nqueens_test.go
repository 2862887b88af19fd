package work

import "testing"

func init() {
	cheap["nqueens"] = map[string]string{"n": "8"}
}

// Over all prefixes, whatever their length, the counts add up to the number of
// solutions that OEIS A000170 gives for n.
func TestQueensCount(t *testing.T) {
	published := map[int]uint64{4: 2, 5: 10, 6: 4, 7: 40, 8: 92, 9: 352, 10: 724, 11: 2680, 12: 14200}
	for n, want := range published {
		for placed := 1; placed <= 4; placed++ {
			k := newKernel(t, "nqueens", map[string]string{"n": itoa(n), "placed": itoa(placed)}, Env{Slots: 1}).(*queens)
			var solutions uint64
			for _, b := range k.prefixes {
				solutions += complete(k.full, b.columns, b.left, b.right)
			}
			if solutions != want {
				t.Errorf("%d queens, prefixes of %d: %d solutions, want %d", n, placed, solutions, want)
			}
		}
	}
}

// Two queens in the first rows: each of n columns leaves n-3 for the second, and
// the two at the edges one more.
func TestQueensPrefixes(t *testing.T) {
	for n := 4; n <= 20; n++ {
		k := newKernel(t, "nqueens", map[string]string{"n": itoa(n)}, Env{Slots: 1}).(*queens)
		if got, want := len(k.prefixes), n*(n-3)+2; got != want {
			t.Errorf("%d queens: %d prefixes, want %d", n, got, want)
		}
	}
}

// The four solutions for 6 queens have the columns 1 3 5 0 2 4, 2 5 1 4 0 3,
// 3 0 4 1 5 2 and 4 2 0 5 3 1; prefixes are numbered in lexicographic order.
func TestQueensItems(t *testing.T) {
	solutions := map[[2]int]uint64{{1, 3}: 1, {2, 5}: 1, {3, 0}: 1, {4, 2}: 1}
	var prefixes [][2]int
	for a := range 6 {
		for b := range 6 {
			if b < a-1 || b > a+1 {
				prefixes = append(prefixes, [2]int{a, b})
			}
		}
	}
	var want uint64
	for i := range int64(2 * len(prefixes)) {
		want += mix(i, solutions[prefixes[i%int64(len(prefixes))]])
	}
	if got := sumOf(t, "nqueens", map[string]string{"n": "6"}, int64(2*len(prefixes))); got != want {
		t.Errorf("two rounds of items sum to %x, want %x", got, want)
	}
}
