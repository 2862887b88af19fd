package work

import (
	"math/bits"
	"slices"
	"sync"
)

// zipf draws numbers from 0 as words of a text are drawn: number k comes up
// with a weight of 1/(k+1), Zipf's law. Weights are whole numbers, 2^32/(k+1)
// rounded down, so that every system draws the same.
type zipf struct {
	upTo []uint64 // sum of the weights of the numbers up to this one
}

func newZipf(n int64) *zipf {
	z := &zipf{upTo: make([]uint64, n)}
	var sum uint64
	for k := range z.upTo {
		sum += 1 << 32 / uint64(k+1)
		z.upTo[k] = sum
	}
	return z
}

// drawnBy returns a function that returns a zipf of n numbers. It is made when first
// asked for: a process that is sent its input has no use for it.
func drawnBy(n int64) func() *zipf {
	return sync.OnceValue(func() *zipf { return newZipf(n) })
}

// draw returns the number that random falls on. All 64 bits of random count.
func (z *zipf) draw(random uint64) uint64 {
	at, _ := bits.Mul64(random, z.upTo[len(z.upTo)-1])
	k, _ := slices.BinarySearch(z.upTo, at+1) // the first whose sum is above at
	return uint64(k)
}

const (
	consonants = "bcdfghjklmnpqrstvwxz"
	vowels     = "aeiou"
	longest    = 8 // letters of a word, and bytes of the number that holds it
)

// spell appends the word of number k to text: syllables of a consonant and a vowel,
// which are the digits of k, the lowest first, in bijective base 100. Numbers below
// 100 have two letters, below 10100 four, below 1010100 six.
func spell(text []byte, k uint64) []byte {
	for k++; k > 0; k /= 100 {
		k--
		text = append(text, consonants[k%100/5], vowels[k%5])
	}
	return text
}
