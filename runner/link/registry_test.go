package link

import (
	"slices"
	"strings"
	"testing"
)

func TestLookupUnknown(t *testing.T) {
	_, err := Lookup("pip")
	want := `no link is named "pip"; there are pipe, `
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s...", err, want)
	}
}

func TestRegisterTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second link of one name was accepted")
		}
	}()
	register(Kind{Name: "pipe"})
}

func TestKindsAreSortedAndDescribed(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
		if k.Summary == "" || strings.Contains(k.Summary, "\n") || strings.HasSuffix(k.Summary, ".") {
			t.Errorf("%s: the summary is no plain line: %q", k.Name, k.Summary)
		}
		for _, part := range []string{"Definition:", "Copies:", "System calls:", "Limits:", "Stresses:"} {
			if !strings.Contains(k.Doc, part) {
				t.Errorf("%s: the doc lacks %q", k.Name, part)
			}
		}
	}
	if !slices.IsSorted(names) || !slices.Equal(names, Names()) {
		t.Errorf("links are %v and %v", names, Names())
	}
}

func TestPlansAreChecked(t *testing.T) {
	for name, p := range map[string]Plan{
		"no link is named":    {Link: "string", Max: 1},
		"0 bytes":             {Link: "pipe"},
		"2147483648 bytes":    {Link: "pipe", Max: 2 * Longest},
		"from 0 to 2":         {Link: "pipe", Max: 1, Pairs: []Pair{{0, 2}}},
		"from -1 to 0":        {Link: "pipe", Max: 1, Pairs: []Pair{{-1, 0}}},
		"to itself":           {Link: "pipe", Max: 1, Pairs: []Pair{{1, 1}}},
		"from 0 to 1 twice":   {Link: "pipe", Max: 1, Pairs: []Pair{{0, 1}, {1, 0}, {0, 1}}},
		"descriptors are too": {Link: "pipe", Max: 1, Pairs: []Pair{{0, 1}}},
	} {
		_, err := Open(p, 2, t.TempDir())
		if err == nil {
			_, err = Join(p, 2, 0, 1, Share{})
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: got %v, want %q", p, err, name)
		}
	}
}

func TestPeers(t *testing.T) {
	var p peers[string]
	for _, rank := range []int{5, 7, 3} {
		p.set(rank, string(rune('a'+rank)))
	}
	for rank, want := range map[int]string{3: "d", 5: "f", 7: "h", 2: "", 4: "", 6: "", 8: "", -1: ""} {
		if got := p.of(rank); got != want {
			t.Errorf("rank %d: %q, want %q", rank, got, want)
		}
	}
	if len(p.list) != 5 {
		t.Errorf("%d places for ranks 3 to 7", len(p.list))
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"sieve", "seive", 2}, {"flaw", "lawn", 2}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
