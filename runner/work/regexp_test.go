package work

import (
	"strings"
	"testing"
)

func init() {
	cheap["regexp"] = map[string]string{"size": "5000"}
}

// The counts that the Computer Language Benchmarks Game gives as the output of
// regex-redux for the output of fasta 10000.
func TestRegexpPublishedCounts(t *testing.T) {
	k := newKernel(t, "regexp", map[string]string{"size": "100000"}, Env{Slots: 1}).(*matching)
	for p, want := range []int{0, 3, 9, 8, 10, 3, 4, 3, 5} {
		if got := len(k.patterns[p].FindAll(k.text, -1)); got != want {
			t.Errorf("%s: %d matches, want %d", k.patterns[p], got, want)
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

// Every item against a matcher that knows nothing but sets of letters.
func TestRegexpItems(t *testing.T) {
	text := string(fasta(3000))
	for i, pattern := range dnaPatterns() {
		var result uint64
		for at := 0; at < len(text); at++ {
			if matchAt(pattern, text[at:]) {
				result += 1 + scramble(uint64(at))
				at += 7
			}
		}
		k := newKernel(t, "regexp", map[string]string{"size": "30005"}, Env{Slots: 1})
		sum, err := k.Do(t.Context(), Task{Lo: int64(i) + 9, Hi: int64(i) + 10})
		if err != nil || sum != mix(int64(i)+9, result) {
			t.Errorf("%s: sum %x, %v, want %x", pattern, sum, err, mix(int64(i)+9, result))
		}
	}
}

// matchAt says whether text begins with one of the pattern's alternatives.
func matchAt(pattern, text string) bool {
	for alternative := range strings.SplitSeq(pattern, "|") {
		rest, ok := text, true
		for alternative != "" && ok {
			set := alternative[:1]
			alternative = alternative[1:]
			if set == "[" {
				set, alternative, _ = strings.Cut(alternative, "]")
			}
			ok = rest != "" && strings.Contains(set, rest[:1])
			rest = rest[min(1, len(rest)):]
		}
		if ok {
			return true
		}
	}
	return false
}
