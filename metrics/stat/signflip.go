package stat

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

const (
	flipExact  = 20    // differences up to which all 2^n signs are tried
	flipSample = 10000 // random sign vectors above that
)

// SignFlip tests that the differences d are symmetric about 0 by Fisher's
// randomization test (Design of Experiments 1935, section 21): P is the share
// of sign vectors under which |sum| is at least what it is. Stat is the mean.
// All 2^n vectors are tried up to n = 20; above, 10000 from a PCG seeded with
// seed, and P = (b+1)/(10001) (Davison and Hinkley 1997, section 4.2). The
// least P is 2^(1-n): below n = 6 nothing can be significant at 0.05.
func SignFlip(d []float64, seed uint64) (Test, error) {
	if err := checkValues("sign flip", d, 1); err != nil {
		return Test{}, err
	}
	mean, _ := meanSD(d)
	t := Test{Stat: mean, N: len(d), Method: "sign flip, exact"}
	if constant(d, 0) {
		t.Warnings = append(t.Warnings, WarnConstant)
	}
	var sum, size float64
	for _, v := range d {
		sum, size = sum+v, size+math.Abs(v)
	}
	reach := math.Abs(sum) - 1e-12*size // sums in another order differ by rounding
	if len(d) <= flipExact {
		t.P = flipAll(d, sum, reach)
	} else {
		t.Method = "sign flip, 10000 random"
		t.P = flipSome(d, reach, seed)
	}
	return t, finite("sign flip", t.Stat, size)
}

// flipAll walks the sign vectors in Gray-code order, one flip a step. The sign
// of the last difference stays: |sum| is the same under a flip of all.
func flipAll(d []float64, sum, reach float64) float64 {
	sign := make([]float64, len(d))
	for i := range sign {
		sign[i] = 1
	}
	total := 1 << (len(d) - 1)
	far := 1
	for step := 1; step < total; step++ {
		i := bits.TrailingZeros(uint(step))
		sign[i] = -sign[i]
		sum += 2 * sign[i] * d[i]
		if math.Abs(sum) >= reach {
			far++
		}
	}
	return float64(far) / float64(total)
}

func flipSome(d []float64, reach float64, seed uint64) float64 {
	r := rand.NewPCG(seed, 0x5196)
	far := 1
	for range flipSample {
		var sum float64
		var word uint64
		for i, v := range d {
			if i%64 == 0 {
				word = r.Uint64()
			}
			// The low bit becomes the sign bit: no branch to mispredict.
			sum += math.Float64frombits(math.Float64bits(v) ^ word<<63)
			word >>= 1
		}
		if math.Abs(sum) >= reach {
			far++
		}
	}
	return float64(far) / (flipSample + 1)
}
