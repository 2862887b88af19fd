package work

import (
	"context"
	"math"
	"math/bits"
)

func init() { describe("fft", fftKind) }

func fftKind() Kind {
	return Kind{
		Name:    "fft",
		Summary: "complex Fourier transform, radix 2: floating point with strides of all powers of two",
		Doc: `Definition: the signal has n = 2^log2 complex numbers; the real and imaginary part of
number j are whole numbers from -8 to 7 made from 2j and 2j+1, and item i adds i
modulo 1024 to the real part of number 0. An item computes the forward transform X[k]
= sum of x[j]*exp(-2*pi*sqrt(-1)*j*k/n) of it, in place and in the worker's own array,
with factors that every process computes once. The result is made of the bits of 16 of
the X.
Source: the algorithm of Cooley and Tukey, Mathematics of Computation 19, 1965, with
decimation in time; tested against the sum of the definition and by Parseval's
theorem.
Unit: floating-point operations, by convention 5*n*log2(n) a transform (FFTW's
benchFFT).
Stresses: floating-point units, and caches by strides from 1 to n/2: an array of 4096
numbers takes 64 KiB, the factors half as much. The goroutines of a process share the
factors.
Does not say: how fast a tuned FFT is, which takes larger radices and vector
instructions: the loops here are plain. Sines may round differently on another
architecture, so checksums compare within one machine, as all cells of a run do.`,
		Item: "a Fourier transform",
		Params: []Param{
			{Name: "log2", Type: "int", Default: "12", Min: 1, Max: 26, Doc: "logarithm of the numbers of a transform, to base 2"},
		},
		ItemOps: func(ps Params) int64 { return 5 * ps.Int("log2") << ps.Int("log2") },
		New:     newFFT,
	}
}

const fftProbes = 16

type fft struct {
	log2    int
	signal  []complex128 // in the order that the transform starts from: with the bits of indices reversed
	factors []complex128 // exp(-2*pi*sqrt(-1)*j/n) for j < n/2
	arrays  slots[[]complex128]
}

func newFFT(ps Params, env Env) (Kernel, error) {
	k := &fft{log2: int(ps.Int("log2")), arrays: newSlots[[]complex128](env)}
	n := 1 << k.log2
	k.signal, k.factors = make([]complex128, n), make([]complex128, n/2)
	for j := range n {
		k.signal[k.reverse(j)] = complex(smallInteger(2*j), smallInteger(2*j+1))
	}
	for j := range k.factors {
		sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(n))
		k.factors[j] = complex(cos, -sin)
	}
	return k, nil
}

// reverse returns the index with its log2 bits in reverse.
func (k *fft) reverse(j int) int { return int(bits.Reverse64(uint64(j)) >> (64 - k.log2)) }

func (k *fft) Prepare(_ context.Context, slot int) error {
	x := make([]complex128, len(k.signal))
	copy(x, k.signal) // touched here, before the gate
	*k.arrays.of(slot) = x
	return nil
}

func (k *fft) Do(ctx context.Context, t Task) (uint64, error) {
	x := *k.arrays.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		copy(x, k.signal)
		x[0] += complex(float64(i%1024), 0)
		k.transform(x)
		var result uint64
		for p := range fftProbes {
			c := x[(2*p+1)*len(x)/(2*fftProbes)]
			result += scramble(math.Float64bits(real(c))+uint64(2*p)) + scramble(math.Float64bits(imag(c))+uint64(2*p+1))
		}
		return result, nil
	})
}

// transform takes x in reversed order to its transform in natural order.
func (k *fft) transform(x []complex128) {
	for half, step := 1, len(x)/2; half < len(x); half, step = 2*half, step/2 {
		for at := 0; at < len(x); at += 2 * half {
			butterflies(x[at:at+half], x[at+half:at+2*half], k.factors, step)
		}
	}
}

// butterflies joins two transforms of half the length. The explicit conversions keep the
// compiler from fusing multiplications into additions, which would round
// differently from one architecture to the next.
func butterflies(even, odd, factors []complex128, step int) {
	odd = odd[:len(even)]
	for j, f := 0, 0; j < len(even); j, f = j+1, f+step {
		w, e, o := factors[f], even[j], odd[j]
		re := float64(real(w)*real(o)) - float64(imag(w)*imag(o))
		im := float64(real(w)*imag(o)) + float64(imag(w)*real(o))
		even[j] = complex(real(e)+re, imag(e)+im)
		odd[j] = complex(real(e)-re, imag(e)-im)
	}
}
