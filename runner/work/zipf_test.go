package work

import (
	"math"
	"testing"
)

// Frequencies against the law: 1/(k+1) over the harmonic number.
func TestZipf(t *testing.T) {
	const n, draws = 1000, 1 << 18
	z := newZipf(n)
	counts := make([]float64, n)
	for i := range uint64(draws) {
		counts[z.draw(scramble(i))]++
	}
	harmonic := 0.0
	for k := range n {
		harmonic += 1 / float64(k+1)
	}
	chi2 := 0.0
	for k, got := range counts {
		want := draws / float64(k+1) / harmonic
		chi2 += (got - want) * (got - want) / want
	}
	// The mean of chi squared is n-1 and its deviation sqrt(2(n-1)).
	if limit := n - 1 + 5*math.Sqrt(2*(n-1)); chi2 > limit {
		t.Errorf("chi squared is %.0f, expected is %d and at most %.0f", chi2, n-1, limit)
	}
}

// The ends of the range fall on the first and on the last number.
func TestZipfEnds(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 1 << 20} {
		z := newZipf(n)
		if first, last := z.draw(0), z.draw(math.MaxUint64); first != 0 || last != uint64(n-1) {
			t.Errorf("%d numbers: the ends are %d and %d", n, first, last)
		}
	}
}

func TestSpell(t *testing.T) {
	tests := map[uint64]string{0: "ba", 1: "be", 5: "ca", 99: "zu", 100: "baba", 101: "beba", 10099: "zuzu", 10100: "bababa", 1010099: "zuzuzu", 1010100: "babababa"}
	for k, want := range tests {
		if got := string(spell(nil, k)); got != want {
			t.Errorf("word %d is %q, want %q", k, got, want)
		}
	}
	seen := map[string]bool{}
	for k := range uint64(30000) {
		word := string(spell(nil, k))
		if seen[word] {
			t.Fatalf("word %d is %q, which another one is", k, word)
		}
		seen[word] = true
	}
}
