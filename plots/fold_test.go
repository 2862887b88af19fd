package plots

import (
	"slices"
	"testing"
)

// What all say stands above them, once; of what differs nothing is lost.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		texts, want []string
		common      string
	}{
		{[]string{"sieve f=a, 2 cores, 4 workers", "sieve f=b, 2 cores, 4 workers"}, []string{"f=a", "f=b"}, "sieve, 2 cores, 4 workers"},
		{[]string{"sieve f=a n=1, 2 cores", "sieve f=b n=1, 1 core"}, []string{"f=a, 2 cores", "f=b, 1 core"}, "sieve n=1"},
		{[]string{"sieve, 1 core", "sieve, 2 cores"}, []string{"1 core", "2 cores"}, "sieve"},
		{[]string{"sieve, 1 core", "sha, 1 core"}, []string{"sieve", "sha"}, "1 core"},
		{[]string{"sieve", "sieve f=b"}, []string{"", "f=b"}, "sieve"},
		{[]string{"a, 1 core", "b, 2 cores"}, []string{"a, 1 core", "b, 2 cores"}, ""},
		{[]string{"a, 1 core", "a, 1 core"}, []string{"a, 1 core", "a, 1 core"}, ""},
		{[]string{"8 B / 64 B, ring", "64 B / 8 B, ring"}, []string{"8 B / 64 B", "64 B / 8 B"}, "ring"},
		{[]string{"n=2 / n=1, 1 core", "n=2 / n=1, 2 cores"}, []string{"1 core", "2 cores"}, "n=2 / n=1"},
	} {
		if common, own := fold(c.texts); common != c.common || !slices.Equal(own, c.want) {
			t.Errorf("%q: %q above %q, want %q above %q", c.texts, common, own, c.common, c.want)
		}
	}
}

// The name of a panel and those of its lines tell all that the cells' places do.
func TestPanelsAndLinesShareAName(t *testing.T) {
	line := func(label, setting string) rowLine { return rowLine{who: who{Label: label, Setting: setting}} }
	lines := []rowLine{line("ring size=8 nice=0", "1 core, 4 workers"), line("ring size=64 nice=0", "2 cores, 4 workers")}
	if got, want := foldLines(lines), "ring nice=0, 4 workers"; got != want {
		t.Errorf("the panel is called %q, want %q", got, want)
	}
	if a, b := lines[0].Setting, lines[1].Setting; a != "size=8, 1 core" || b != "size=64, 2 cores" {
		t.Errorf("the lines are called %q and %q", a, b)
	}
	same := []rowLine{line("ring", "1 core"), line("ring", "2 cores")}
	if got := foldLines(same); got != "ring" || same[0].Setting != "1 core" {
		t.Errorf("of one label the panel is called %q, its first line %q", got, same[0].Setting)
	}
}
