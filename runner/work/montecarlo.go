package work

import (
	"context"
	"math"
)

func init() { describe("montecarlo", montecarloKind) }

func montecarloKind() Kind {
	return Kind{
		Name:    "montecarlo",
		Summary: "pairs of Gaussian deviates as in NPB EP: floating point without memory",
		Doc: `Definition: item i draws batch i of pairs of uniform numbers in (-1, 1), keeps
those inside the unit circle, turns them into Gaussian deviates by Marsaglia's
polar method, adds them up and counts them by square annulus. An item's result is
made of the ten counts and of the bits of the two sums.
Source: kernel EP of the NAS Parallel Benchmarks (Bailey et al., RNR-94-007):
x' = 5^13 * x modulo 2^46 from 271828183, with the jump to a batch's start in
O(log i); batches of 65536 pairs are NPB's own. Tested against the published
sums and counts of class S.
Unit: batches; not bytes.
Stresses: multiplication, logarithm, root and unpredictable branches; a few
registers of state, nothing shared.
Does not say: anything of memory. math.Log may round differently on another
architecture, so checksums compare within one machine, as all cells of a run do.`,
		Item: "a batch of pairs of Gaussian deviates",
		Params: []Param{
			{Name: "pairs", Type: "int", Default: "65536", Min: 16, Max: 1 << 24, Doc: "pairs of uniform numbers in an item"},
		},
		New: newMontecarlo,
	}
}

const (
	epMultiplier = 1220703125 // 5^13
	epSeed       = 271828183
	epMask       = 1<<46 - 1
	epAnnuli     = 10
)

type montecarlo struct {
	pairs int64
	step  uint64 // epMultiplier to the power of the numbers in a batch
}

// gaussians is what EP reports of a batch: the sums of both deviates and how
// many pairs fell in each square annulus.
type gaussians struct {
	sx, sy float64
	counts [epAnnuli]uint64
}

func newMontecarlo(ps Params, _ Env) (Kernel, error) {
	pairs := ps.Int("pairs")
	return &montecarlo{pairs: pairs, step: epPower(epMultiplier, uint64(2*pairs))}, nil
}

func (k *montecarlo) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		g := k.batch(i)
		result := scramble(math.Float64bits(g.sx)) ^ scramble(scramble(math.Float64bits(g.sy)))
		for l, n := range g.counts {
			result += scramble(uint64(l)) * n
		}
		return result, nil
	})
}

// batch draws the pairs of item i. The explicit conversions keep the compiler
// from fusing multiplications into additions, which would round differently
// from one architecture to the next.
func (k *montecarlo) batch(i int64) gaussians {
	const scale = 1.0 / (1 << 46)
	var g gaussians
	x := epSeed * epPower(k.step, uint64(i)) & epMask
	for range k.pairs {
		x = x * epMultiplier & epMask
		u := float64(2*scale*float64(x)) - 1
		x = x * epMultiplier & epMask
		v := float64(2*scale*float64(x)) - 1
		r := float64(u*u) + float64(v*v)
		if r > 1 {
			continue
		}
		f := math.Sqrt(-2 * math.Log(r) / r)
		gx, gy := float64(u*f), float64(v*f)
		g.counts[int(max(math.Abs(gx), math.Abs(gy)))]++
		g.sx += gx
		g.sy += gy
	}
	return g
}

// epPower returns a to the power of n modulo 2^46. Products that overflow 64
// bits are right all the same: 2^46 divides 2^64.
func epPower(a, n uint64) uint64 {
	power := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			power = power * a & epMask
		}
		a = a * a & epMask
	}
	return power
}
