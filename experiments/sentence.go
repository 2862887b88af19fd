package experiments

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Sentence is one of the textbook's: what shipped claims quote in their says.
type Sentence struct {
	Label   string // "T4"
	Text    string // word for word
	Section string // heading that it stands under: "Multithreading"
}

// Concluded reports whether the sentence sums up the others: no experiment can test it by
// itself.
func (s Sentence) Concluded() bool { return strings.HasPrefix(s.Label, "Z") }

var sentenceLine = regexp.MustCompile(`^- ([A-Z]\d) (.+)$`)

// Textbook returns the sentences of textbook.md in its order.
func Textbook() []Sentence {
	text, err := shipped.ReadFile("textbook.md")
	if err != nil {
		panic("experiments: embedded textbook: " + err.Error())
	}
	var list []Sentence
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
		}
		if m := sentenceLine.FindStringSubmatch(line); m != nil {
			list = append(list, Sentence{m[1], m[2], section})
		}
	}
	return list
}

// Quoting names the shipped experiments with a claim that says just this, in reading
// order.
func Quoting(says string) []string {
	var names []string
	for _, name := range Embedded() {
		if slices.ContainsFunc(bare(name).Claims, func(q quotation) bool { return q.Says == says }) {
			names = append(names, name)
		}
	}
	return names
}

// TextbookTag is that of the shipped experiments that answer the textbook.
const TextbookTag = "textbook"

// Tagged names the shipped experiments that have a tag, in reading order.
func Tagged(tag string) []string {
	return slices.DeleteFunc(Embedded(), func(name string) bool { return !slices.Contains(bare(name).Tags, tag) })
}

// bareFile is an experiment file as far as it can be read without a catalogue.
type bareFile struct {
	Tags   []string    `yaml:"tags"`
	Claims []quotation `yaml:"claims"`
}

// quotation is a claim as far as its words go.
type quotation struct {
	ID   string `yaml:"id"`
	Says string `yaml:"says"`
}

// bare reads a shipped experiment.
func bare(name string) bareFile {
	var file bareFile
	src, _ := ReadEmbedded(name)
	if err := yaml.Unmarshal(src.Text, &file); err != nil {
		panic("experiments: embedded " + name + ": " + err.Error())
	}
	return file
}
