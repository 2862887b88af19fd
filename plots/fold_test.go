package plots

import (
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
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

// What all panels show stands above them; what a panel alone shows is in its title, in full.
func TestTitlesOfPanels(t *testing.T) {
	long := "interface probe_nice=10 probe_spare=0 segment=16777216, 2 cores, 4 workers"
	for _, c := range []struct{ titles, want []string }{
		{[]string{"ring link=pipe, 2 cores: p50", "ring link=pipe, 2 cores: p99"}, []string{"In every panel: ring link=pipe, 2 cores", "p50", "p99"}},
		{[]string{"ring, 2 cores", "ring, 2 cores, dynamic"}, []string{"ring, 2 cores", "ring, 2 cores, dynamic"}},
		{[]string{"ring, 2 cores"}, []string{"ring, 2 cores"}},
		{[]string{long, "idle, 1 core", "idle, 2 cores"}, []string{long, "idle, 1 core", "idle, 2 cores"}},
	} {
		var panels []curvePanel
		for _, title := range c.titles {
			panels = append(panels, curvePanel{title: title, x: countScale("x", []float64{1, 2}), y: zeroScale("y", "s", []float64{1}, 3)})
		}
		s := newSheet(Table{Title: "t"})
		s.drawCurves(panels, scale{})
		checkLabels(t, s)
		for _, want := range c.want {
			if !slices.ContainsFunc(written(s), func(text string) bool { return text == want }) {
				t.Errorf("panels %q: %q is not on the sheet: %q", c.titles, want, written(s))
			}
		}
	}
}

// written returns what is on a sheet, texts of several lines in one.
func written(s *Sheet) []string {
	var texts []string
	for i, l := range s.labels {
		text := strings.ReplaceAll(l.text, string(nbsp), " ")
		if i > 0 && l.x0 == s.labels[i-1].x0 && l.y0 > s.labels[i-1].y0 && l.y0-s.labels[i-1].y1 < 4 {
			texts[len(texts)-1] += " " + text
			continue
		}
		texts = append(texts, text)
	}
	return texts
}

// A setting of many words is written in full beside its lines, however few they are.
func TestLongSettingsAreWrapped(t *testing.T) {
	setting := "probe_nice=10 probe_spare=0 segment=16777216, 2 cores, 4 workers"
	line := func(setting string) rowLine {
		return rowLine{who: who{Label: "interface", Setting: setting, Series: "processes"}, note: "24.7 ms [11.1, 27.9]  n = 30"}
	}
	p := rowPanel{title: "interface", lines: []rowLine{line(setting), line("1 core"), line(setting + " "), line(setting + " ")},
		areas: []rowArea{{x: zeroScale("time", "s", []float64{1}, 3), draw: func(frame, int, vg.Length) {}}}}
	s := newSheet(Table{Title: "t"})
	s.drawRows([]rowPanel{p}, "median")
	checkLabels(t, s)
	var got []string
	for _, text := range written(s) {
		if text == setting {
			got = append(got, text)
		}
	}
	if len(got) != 2 {
		t.Errorf("the setting is written in full %d times, want 2: %q", len(got), written(s))
	}
}
