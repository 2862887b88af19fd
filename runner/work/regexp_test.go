package work

import (
	"regexp"
	"testing"
)

func init() {
	cheap["regexp"] = map[string]string{"size": "5000"}
}

// The counts that the Computer Language Benchmarks Game gives as the output of
// regex-redux for the output of fasta 10000.
func TestRegexpPublishedCounts(t *testing.T) {
	text := fasta(10000)
	m := newMatcher(100)
	for p, want := range []int{0, 3, 9, 8, 10, 3, 4, 3, 5} {
		pattern, err := compilePattern(dnaPatterns()[p])
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, end, found := m.find(pattern, text, 0); found; _, end, found = m.find(pattern, text, end) {
			got++
		}
		if got != want {
			t.Errorf("%s: %d matches, want %d", dnaPatterns()[p], got, want)
		}
	}
}

// The first lines of the sequences that fasta prints for any n.
func TestFasta(t *testing.T) {
	text := fasta(1000)
	for at, want := range map[int]string{
		0:    "GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGGGAGGCCGAGGCGGGCGGA",
		2000: "cttBtatcatatgctaKggNcataaaSatgtaaaDcDRtBggDtctttataattcBgtcg",
	} {
		if got := string(text[at : at+60]); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	if len(text) != 10000 {
		t.Errorf("%d letters, want 10000", len(text))
	}
}

// Every item against Go's regexp.
func TestRegexpItems(t *testing.T) {
	text := fasta(3000)
	k := newKernel(t, "regexp", map[string]string{"size": "30005"}, Env{Slots: 1})
	for p, pattern := range dnaPatterns() {
		var result uint64
		for _, match := range regexp.MustCompile(pattern).FindAllIndex(text, -1) {
			result += 1 + scramble(uint64(match[0]))
		}
		i := int64(p) + 9
		sum, err := k.Do(t.Context(), Task{Lo: i, Hi: i + 1})
		if err != nil || sum != mix(i, result) {
			t.Errorf("%s: sum %x, %v, want %x", pattern, sum, err, mix(i, result))
		}
	}
}
