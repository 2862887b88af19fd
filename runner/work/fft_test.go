package work

import (
	"math"
	"math/cmplx"
	"testing"
)

func init() {
	cheap["fft"] = map[string]string{"log2": "9"}
}

// fourier is the sum of the definition.
func fourier(x []complex128, k int) complex128 {
	var sum complex128
	for j, v := range x {
		turn := 2 * math.Pi * float64(j*k%len(x)) / float64(len(x))
		sum += v * cmplx.Exp(complex(0, -turn))
	}
	return sum
}

// signalOf is the signal of item i in natural order, from the definition.
func signalOf(n, i int) []complex128 {
	x := make([]complex128, n)
	for j := range x {
		x[j] = complex(smallInteger(2*j), smallInteger(2*j+1))
	}
	x[0] += complex(float64(i%1024), 0)
	return x
}

// Every coefficient against the definition's sum, which is of order n*n and
// shares nothing with the transform; rounding stays below 1e-12 of the norm.
func TestFFTAgreesWithDefinition(t *testing.T) {
	for log2 := 1; log2 <= 10; log2++ {
		for _, i := range []int{0, 5, 1030} {
			x, got := transformed(t, log2, i)
			norm := math.Sqrt(energy(x) * float64(len(x)))
			for k := range x {
				if want := fourier(x, k); cmplx.Abs(got[k]-want) > 1e-12*norm {
					t.Fatalf("n=%d, item %d: X[%d] = %v, want %v", len(x), i, k, got[k], want)
				}
			}
		}
	}
}

// Parseval: the energy of a transform is n times that of the signal.
func TestFFTParseval(t *testing.T) {
	for log2 := 1; log2 <= 18; log2++ {
		x, got := transformed(t, log2, 3)
		want := energy(x) * float64(len(x))
		if e := energy(got); math.Abs(e-want) > 1e-12*want {
			t.Errorf("n=%d: energy %v, want %v", len(x), e, want)
		}
	}
}

// transformed returns the signal of item i and what Do made of it.
func transformed(t *testing.T, log2, i int) (x, got []complex128) {
	t.Helper()
	k := newKernel(t, "fft", map[string]string{"log2": itoa(log2)}, Env{Slots: 1}).(*fft)
	if _, err := k.Do(t.Context(), Task{Lo: int64(i), Hi: int64(i) + 1}); err != nil {
		t.Fatal(err)
	}
	return signalOf(1<<log2, i), *k.arrays.of(0)
}

func energy(x []complex128) float64 {
	var sum float64
	for _, v := range x {
		sum += real(v)*real(v) + imag(v)*imag(v)
	}
	return sum
}

// The bits that a result is made of must be those of its transform.
func TestFFTResult(t *testing.T) {
	_, x := transformed(t, 6, 4)
	var result uint64
	for p := range uint64(16) {
		c := x[4*p+2]
		result += scramble(math.Float64bits(real(c))+2*p) + scramble(math.Float64bits(imag(c))+2*p+1)
	}
	k := newKernel(t, "fft", map[string]string{"log2": "6"}, Env{Slots: 1})
	if sum, err := k.Do(t.Context(), Task{Lo: 4, Hi: 5}); err != nil || sum != mix(4, result) {
		t.Errorf("sum %x, %v, want %x", sum, err, mix(4, result))
	}
}
