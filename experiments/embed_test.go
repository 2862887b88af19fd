package experiments

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
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

// quotation is a claim as far as its words go.
type quotation struct {
	ID   string `yaml:"id"`
	Says string `yaml:"says"`
}

func quotations(t *testing.T, name string) []quotation {
	t.Helper()
	var file struct{ Claims []quotation }
	src, _ := ReadEmbedded(name)
	if err := yaml.Unmarshal(src.Text, &file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return file.Claims
}

// sentences returns the textbook's by label.
func sentences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("textbook.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^- ([TPCZ]\d) (.+)$`).FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = m[2]
	}
	if len(found) != 23 {
		t.Fatalf("%d sentences", len(found))
	}
	return found
}

// No shipped experiment can test these yet: they are about servers, user interfaces and
// crashes, or need the answers of all others.
var untested = []string{"T7", "T8", "P3", "P5", "P9", "C4", "Z1"}

// Every sentence of the textbook is quoted word for word by some claim, and a claim
// whose id begins with a label quotes that sentence.
func TestTextbookIsQuoted(t *testing.T) {
	book := sentences(t)
	label := regexp.MustCompile(`^([tpcz]\d)-`)
	quoted := map[string][]string{}
	for _, name := range Embedded() {
		for _, q := range quotations(t, name) {
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
	for l := range book {
		if got := len(quoted[l]) > 0; got == slices.Contains(untested, l) {
			t.Errorf("%s is quoted by %q; untested says otherwise", l, quoted[l])
		}
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
			if slices.ContainsFunc(quotations(t, name), func(q quotation) bool { return q.Says == says }) {
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
