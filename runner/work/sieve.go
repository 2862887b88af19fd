package work

import "context"

func init() { describe("sieve", sieveKind) }

func sieveKind() Kind {
	return Kind{
		Name:    "sieve",
		Summary: "prime counting by a segmented sieve of Eratosthenes: integer work in the first-level cache",
		Doc: `Definition: item i counts the primes in [from + k*segment, from + (k+1)*segment)
with k = i modulo the segments in a window of 2^30 numbers. Odd numbers only, one
byte each, crossed out by the primes up to the root of the window's end, which
every process finds for itself during setup.
Source: segmented sieve of Eratosthenes (Bays and Hudson, BIT 17, 1977); tested
against published values of pi(x) (OEIS A006880).
Unit: segments; not bytes.
Stresses: integer units, branches and the first-level data cache: a segment of
65536 numbers takes 32 KiB. Nothing is shared for writing and nothing allocated.
From = 1e9 makes items nearly equal; from = 0 makes later items dearer, which
static dealing feels.
Does not say: anything of memory bandwidth, floating point or communication.`,
		Item: "the primes in a segment of numbers counted",
		Params: []Param{
			{Name: "segment", Type: "int", Default: "65536", Min: 1024, Max: 1 << 24, Doc: "numbers in an item"},
			{Name: "from", Type: "int", Default: "1000000000", Min: 0, Max: 1e12, Doc: "first number sieved"},
		},
		New: newSieve,
	}
}

// sieveWindow is how many numbers are sieved before items start over: short
// enough that the share of base primes in use hardly changes over it.
const sieveWindow = 1 << 30

type sieve struct {
	from, segment int64
	primes        []int64 // odd primes up to the root of the window's end
	crossed       slots[[]bool]
}

func newSieve(ps Params, env Env) (Kernel, error) {
	k := &sieve{from: ps.Int("from"), segment: ps.Int("segment"), crossed: newSlots[[]bool](env)}
	k.primes = oddPrimes(k.from + sieveWindow)
	return k, nil
}

func (k *sieve) Prepare(_ context.Context, slot int) error {
	buffer := make([]bool, k.segment/2+1)
	for i := range buffer { // touched here, before the gate
		buffer[i] = true
	}
	*k.crossed.of(slot) = buffer
	return nil
}

func (k *sieve) Do(ctx context.Context, t Task) (uint64, error) {
	crossed := *k.crossed.of(t.Slot)
	segments := sieveWindow / k.segment
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		lo := k.from + i%segments*k.segment
		return uint64(k.count(lo, lo+k.segment, crossed)), nil
	})
}

// count returns the number of primes in [lo, hi). crossed is scratch of at
// least (hi-lo)/2+1 flags; flag j stands for the number first+2j.
func (k *sieve) count(lo, hi int64, crossed []bool) int {
	first := lo | 1
	crossed = crossed[:(hi-first+1)/2]
	clear(crossed)
	if first == 1 {
		crossed[0] = true
	}
	for _, p := range k.primes {
		if p*p >= hi {
			break
		}
		for j := crossFrom(p, first); j < int64(len(crossed)); j += p {
			crossed[j] = true
		}
	}
	primes := 0
	for _, c := range crossed {
		if !c {
			primes++
		}
	}
	if lo <= 2 && 2 < hi {
		primes++
	}
	return primes
}

// crossFrom returns the flag of the first odd multiple of p that is neither
// below first nor below p*p.
func crossFrom(p, first int64) int64 {
	multiple := p * p
	if multiple < first {
		multiple = (first + p - 1) / p * p
		if multiple%2 == 0 {
			multiple += p
		}
	}
	return (multiple - first) / 2
}

// oddPrimes returns the odd primes whose square does not exceed limit.
func oddPrimes(limit int64) []int64 {
	root := int64(1)
	for (root+1)*(root+1) <= limit {
		root++
	}
	composite := make([]bool, root+1)
	var primes []int64
	for n := int64(3); n <= root; n += 2 {
		if composite[n] {
			continue
		}
		primes = append(primes, n)
		for m := n * n; m <= root; m += 2 * n {
			composite[m] = true
		}
	}
	return primes
}
