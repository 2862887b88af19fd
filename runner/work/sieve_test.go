package work

import (
	"context"
	"testing"
)

// pi(10^k) is sequence A006880 of the On-Line Encyclopedia of Integer
// Sequences, pi(2^k) is A007053.
func TestSieveCountsPrimes(t *testing.T) {
	for _, c := range []struct {
		below int64
		want  int
	}{{10, 4}, {100, 25}, {1000, 168}, {10_000, 1229}, {100_000, 9592}, {1_000_000, 78498}, {10_000_000, 664579},
		{1 << 10, 172}, {1 << 16, 6542}, {1 << 20, 82025}} {
		for _, segment := range []int64{1000, 1001, 65536} {
			if got := countPrimes(0, c.below, segment); got != c.want {
				t.Errorf("pi(%d) in segments of %d = %d, want %d", c.below, segment, got, c.want)
			}
		}
	}
}

// Against trial division, far from zero and at odd bounds.
func TestSieveAgreesWithTrialDivision(t *testing.T) {
	for _, lo := range []int64{0, 1, 2, 3, 1_000_000_000, 999_999_999_989, 1_000_000_000_000} {
		hi, want := lo+1500, 0
		for n := lo; n < hi; n++ {
			if isPrime(n) {
				want++
			}
		}
		if got := countPrimes(lo, hi, 1024); got != want {
			t.Errorf("primes in [%d, %d) = %d, want %d", lo, hi, got, want)
		}
	}
}

// Items start over after the window, and their checksums must still differ.
func TestSieveWraps(t *testing.T) {
	k, _ := newSieve(Params{"from": "0", "segment": "16777216"}, Env{Slots: 1})
	if err := k.(Preparer).Prepare(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	first, _ := k.Do(context.Background(), Task{Lo: 1, Hi: 2})
	again, _ := k.Do(context.Background(), Task{Lo: 65, Hi: 66})
	primes := uint64(k.(*sieve).count(1<<24, 2<<24, make([]bool, 1<<23)))
	if first != mix(1, primes) || again != mix(65, primes) {
		t.Errorf("items 1 and 65 sum to %x and %x, want %x and %x", first, again, mix(1, primes), mix(65, primes))
	}
}

func countPrimes(lo, hi, segment int64) int {
	k := &sieve{primes: oddPrimes(hi)}
	crossed := make([]bool, segment/2+1)
	primes := 0
	for ; lo < hi; lo += segment {
		primes += k.count(lo, min(lo+segment, hi), crossed)
	}
	return primes
}

func isPrime(n int64) bool {
	for d := int64(2); d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return n >= 2
}
