package work

import (
	"context"
	"fmt"
)

func init() { describe("regexp", regexpKind) }

func regexpKind() Kind {
	return Kind{
		Name:    "regexp",
		Summary: "regular expressions counted in DNA: an interpreter over a text in cache",
		Doc: `Definition: the text is what fasta of the Computer Language Benchmarks Game writes for
n = size/10, without its headers and ends of lines: 2n letters of ALU repeated, 3n of
its IUB and 5n of its homo sapiens distribution, the draws beginning at seed 42. Every
process makes it once. Item i finds all matches of pattern i modulo 9 of regex-redux
in it, from left to right without overlap: by Thompson's machine, which takes a byte
at a time and keeps all states that the pattern may be in, in order of priority. The
result is made of the number of matches and of where they begin.
Source: Thompson, Communications of the ACM 11, 1968, in Pike's form; regex-redux,
whose counts for n = 10000 are the test's reference, with Go's regexp. That package is
not the engine here, since every worker process of every workload would start 45 us
later for the tables of Unicode that it sets up.
Unit: bytes searched.
Stresses: an interpreter's branches, calls and loads in the first cache levels, some
tens of instructions a byte. Goroutines share the text and the compiled patterns,
worker processes make their own.
Does not say: how other engines do: those that build automata of single states are
many times faster, those that backtrack allocate and may take for ever.`,
		Item: "a pattern found in a text",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "20000", Min: 1000, Max: 64 << 20, Doc: "length of the text, rounded down to a multiple of 10"},
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") / 10 * 10 },
		New:      newRegexp,
	}
}

// dnaPatterns returns the variants of regex-redux: eight letters, one of them
// open, or the complement in reverse.
func dnaPatterns() []string {
	return []string{
		"agggtaaa|tttaccct",
		"[cgt]gggtaaa|tttaccc[acg]",
		"a[act]ggtaaa|tttacc[agt]t",
		"ag[act]gtaaa|tttac[agt]ct",
		"agg[act]taaa|ttta[agt]cct",
		"aggg[acg]aaa|ttt[cgt]ccc",
		"agggt[cgt]aa|tt[acg]accct",
		"agggta[cgt]a|t[acg]taccct",
		"agggtaa[cgt]|[acg]ttaccct",
	}
}

type matching struct {
	patterns []program
	text     []byte
	longest  int // program
	matchers slots[matcher]
}

func newRegexp(ps Params, env Env) (Kernel, error) {
	k := &matching{text: fasta(int(ps.Bytes("size") / 10)), matchers: newSlots[matcher](env)}
	for _, pattern := range dnaPatterns() {
		compiled, err := compilePattern(pattern)
		if err != nil {
			return nil, fmt.Errorf("regexp: %w", err)
		}
		k.patterns = append(k.patterns, compiled)
		k.longest = max(k.longest, len(compiled))
	}
	return k, nil
}

func (k *matching) Prepare(_ context.Context, slot int) error {
	*k.matchers.of(slot) = newMatcher(k.longest)
	return nil
}

func (k *matching) Do(ctx context.Context, t Task) (uint64, error) {
	m := k.matchers.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		pattern := k.patterns[i%int64(len(k.patterns))]
		var result uint64
		for start, end, found := m.find(pattern, k.text, 0); found; start, end, found = m.find(pattern, k.text, end) {
			result += 1 + scramble(uint64(start))
		}
		return result, nil
	})
}

// fasta returns the sequences of the benchmark for n, one after the other.
func fasta(n int) []byte {
	const alu = "GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGG" +
		"GAGGCCGAGGCGGGCGGATCACCTGAGGTCAGGAGTTCGAGA" +
		"CCAGCCTGGCCAACATGGTGAAACCCCGTCTCTACTAAAAAT" +
		"ACAAAAATTAGCCGGGCGTGGTGGCGCGCGCCTGTAATCCCA" +
		"GCTACTCGGGAGGCTGAGGCAGGAGAATCGCTTGAACCCGGG" +
		"AGGCGGAGGTTGCAGTGAGCCGAGATCGCGCCACTGCACTCC" +
		"AGCCTGGGCGACAGAGCGAGACTCCGTCTCAAAAA"
	text := make([]byte, 0, 10*n)
	for j := range 2 * n {
		text = append(text, alu[j%len(alu)])
	}
	draw := fastaSeed(42)
	text = draw.letters(text, 3*n, "acgtBDHKMNRSVWY", []float64{0.27, 0.12, 0.12, 0.27, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02})
	return draw.letters(text, 5*n, "acgt", []float64{0.3029549426680, 0.1979883004921, 0.1975473066391, 0.3015094502008})
}

// fastaSeed is the benchmark's generator of numbers from 0 to 1.
type fastaSeed int

func (s *fastaSeed) next() float64 {
	*s = (*s*3877 + 29573) % 139968
	return float64(*s) / 139968
}

// letters appends n letters drawn with the given chances.
func (s *fastaSeed) letters(text []byte, n int, alphabet string, chances []float64) []byte {
	for range n {
		r, letter := s.next(), 0
		for sum := chances[0]; sum <= r && letter < len(alphabet)-1; sum += chances[letter] {
			letter++
		}
		text = append(text, alphabet[letter])
	}
	return text
}
