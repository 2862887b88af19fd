package experiments

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whether the files are right for the real workloads is tested in package runner.
func TestEmbedded(t *testing.T) {
	if diff := cmp.Diff(readingOrder, Embedded()); diff != "" {
		t.Errorf("readingOrder and the files differ:\n%s", diff)
	}
	if _, ok := ReadEmbedded("nothing"); ok {
		t.Error("found a file that is not shipped")
	}
}

// sentences returns the textbook's by label.
func sentences(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, s := range Textbook() {
		if found[s.Label] != "" || s.Text == "" || s.Section == "" {
			t.Errorf("the sentence %+v", s)
		}
		found[s.Label] = s.Text
	}
	return found
}

// The textbook is what forklore was founded on: no line of it gets lost or renamed.
func TestTextbook(t *testing.T) {
	var labels, lines []string
	for _, s := range Textbook() {
		labels = append(labels, s.Label)
		lines = append(lines, "- "+s.Label+" "+s.Text)
	}
	if got, want := strings.Join(labels, " "), "T1 T2 T3 T4 T5 T6 T7 T8 P1 P2 P3 P4 P5 P6 P7 P8 P9 C1 C2 C3 C4 C5 Z1"; got != want {
		t.Errorf("the labels are %s, want %s", got, want)
	}
	text, err := os.ReadFile("textbook.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines, regexp.MustCompile(`(?m)^- .+$`).FindAllString(string(text), -1)); diff != "" {
		t.Errorf("the sentences and the lists of textbook.md differ:\n%s", diff)
	}
}

// Every sentence of the textbook but the conclusion is quoted word for word by some claim,
// and a claim whose id begins with a label quotes that sentence.
func TestTextbookIsQuoted(t *testing.T) {
	book := sentences(t)
	label := regexp.MustCompile(`^([tpcz]\d)-`)
	quoted := map[string][]string{}
	for _, name := range Embedded() {
		for _, q := range bare(name).Claims {
			for l, says := range book {
				if q.Says == says {
					quoted[l] = append(quoted[l], name)
				}
			}
			if m := label.FindStringSubmatch(q.ID); m != nil && q.Says != book[strings.ToUpper(m[1])] {
				t.Errorf("%s: claim %s says %q, and the textbook %q", name, q.ID, q.Says, book[strings.ToUpper(m[1])])
			}
		}
	}
	for _, s := range Textbook() {
		if got := len(quoted[s.Label]) > 0; got == s.Concluded() {
			t.Errorf("%s is quoted by %q: every sentence needs a claim, and the conclusion is drawn from all", s.Label, quoted[s.Label])
		}
		slices.Sort(quoted[s.Label])
		if diff := cmp.Diff(len(slices.Compact(quoted[s.Label])), len(Quoting(s.Text))); diff != "" {
			t.Errorf("%s: Quoting finds %q", s.Label, Quoting(s.Text))
		}
	}
}

// Every experiment that quotes the textbook is run for its page, but for the short one, which
// others outdo.
func TestTextbookTag(t *testing.T) {
	var want []string
	for _, name := range Embedded() {
		quotes := func(s Sentence) bool { return slices.Contains(Quoting(s.Text), name) }
		if name != "quick" && slices.ContainsFunc(Textbook(), quotes) {
			want = append(want, name)
		}
	}
	if diff := cmp.Diff(want, Tagged(TextbookTag)); diff != "" {
		t.Errorf("experiments that quote, and those with the tag:\n%s", diff)
	}
}

// What the README says of each experiment is true of its claims.
func TestReadmeNamesTheSentences(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	book := sentences(t)
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([^|]+\\?) \\| ([^|]*) \\|$").FindAllStringSubmatch(string(text), -1) {
		name, question, labels := m[1], m[2], strings.Fields(m[3])
		listed = append(listed, name)
		src, _ := ReadEmbedded(name)
		if !strings.Contains(string(src.Text), "question: "+question+"\n") {
			t.Errorf("%s: the README asks %q", name, question)
		}
		var want []string
		for l, says := range book {
			if slices.ContainsFunc(bare(name).Claims, func(q quotation) bool { return q.Says == says }) {
				want = append(want, l)
			}
		}
		slices.Sort(labels)
		slices.Sort(want)
		if diff := cmp.Diff(want, labels); diff != "" {
			t.Errorf("%s: sentences quoted, and those in the README:\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(readingOrder, listed); diff != "" {
		t.Errorf("the README's table:\n%s", diff)
	}
}
