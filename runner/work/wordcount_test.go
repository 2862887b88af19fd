package work

import (
	"bytes"
	"maps"
	"testing"
)

func init() {
	dataJobs["wordcount"] = []map[string]string{
		{"size": "40000", "words": "300"},
		{"size": "4096", "words": "1"},
		{"size": "100000", "words": "20000"},
	}
	cheap["wordcount"] = dataJobs["wordcount"][0]
}

// The text that the pages hold, counted by Go's own split and map, gives the
// result of a job.
func TestWordcountAgreesWithMap(t *testing.T) {
	for _, raw := range dataJobs["wordcount"] {
		kind := kinds["wordcount"]
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]uint64{}
		for _, word := range bytes.Fields(textOf(ps)) {
			counts[string(word)]++
		}
		if int64(len(counts)) > ps.Int("words") {
			t.Errorf("%v: %d different words", raw, len(counts))
		}
		var result uint64
		for word, n := range counts {
			result += mix(int64(letters(word)), n)
		}
		if got, want := sumOfJobs(t, kind, raw, 1), mix(0, result); got != want {
			t.Errorf("%v: sum %x, want %x", raw, got, want)
		}
	}
}

func textOf(ps Params) []byte {
	fill := fillText(ps.Int("words"))
	text := make([]uint64, textPages(ps)*pageBytes/8)
	for page := range textPages(ps) {
		fill(page, text[page*pageBytes/8:][:pageBytes/8])
	}
	return viewAs[byte](text)
}

// letters is the number whose lowest byte is the first letter.
func letters(word string) (n uint64) {
	for i := range len(word) {
		n += uint64(word[i]) << (8 * i)
	}
	return n
}

func TestCountWords(t *testing.T) {
	tests := map[string]map[string]uint64{
		"":                  {},
		"  \n ":             {},
		"a":                 {"a": 1},
		"ba bo\tba\n":       {"ba": 2, "bo": 1},
		" babebibo  z zz z": {"babebibo": 1, "z": 2, "zz": 1},
	}
	for text, want := range tests {
		counted := make(lexicon, 8)
		counted.countWords([]byte(text))
		got := map[string]uint64{}
		for _, e := range counted {
			if e.word != 0 {
				var spelled []byte
				for w := e.word; w > 0; w >>= 8 {
					spelled = append(spelled, byte(w))
				}
				got[string(spelled)] = e.count
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// A table stays within two thirds, so that looking up always ends.
func TestLexiconHasRoom(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 5, 100, 20000, 1 << 20} {
		if entries := lexiconWords(n) / 2; entries&(entries-1) != 0 || 2*entries < 3*n || entries == n {
			t.Errorf("%d words have %d entries", n, entries)
		}
	}
}
