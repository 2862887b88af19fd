package report

import (
	"fmt"
	"html/template"
	"path/filepath"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// book is the page of the textbook on its way.
type book struct {
	page
	runs      []Run
	links     []string // to each run's report
	sentences []digest.Sentence
	inPage    bool // links within the page can be followed
}

// bookSection is one heading of the page.
type bookSection struct {
	title string
	write func(*book)
}

// WriteTextbook writes one page of the textbook's sentences, with what the claims of the runs
// say of each, to file, whole or not at all: Markdown where its name ends in .md, else one
// HTML file that needs no other. Links to the reports of the runs start from its folder. The
// same runs and folders give the same bytes.
func WriteTextbook(runs []Run, file string) error {
	b, err := newBook(runs, file)
	if err != nil {
		return fmt.Errorf("make the page of the textbook %s: %w", file, err)
	}
	data := []byte(nil)
	if filepath.Ext(file) == ".md" {
		data = []byte(b.markdown())
	} else if data, err = b.html(); err != nil {
		return fmt.Errorf("make the page of the textbook %s: %w", file, err)
	}
	return record.WriteFile(file, data)
}

func newBook(runs []Run, file string) (*book, error) {
	links, err := linksTo(runs, file)
	if err != nil {
		return nil, err
	}
	var ds []*digest.Digest
	for _, r := range runs {
		ds = append(ds, r.Digest)
	}
	return &book{runs: runs, links: links, sentences: digest.Textbook(ds), inPage: filepath.Ext(file) != ".md"}, nil
}

const bookTitle = "The textbook, measured"

// sections are the answer at a glance, the parts of the textbook, and what stands behind them.
func (b *book) sections() []bookSection {
	list := []bookSection{{"Answer", (*book).overview}}
	for _, s := range b.sentences {
		if title := s.Section; list[len(list)-1].title != title {
			list = append(list, bookSection{title, func(b *book) { b.part(title) }})
		}
	}
	return append(list, bookSection{"How a sentence is judged", (*book).rules}, bookSection{"Runs", (*book).behind})
}

func (b *book) markdown() string {
	b.para("# " + bookTitle)
	b.head()
	for _, s := range b.sections() {
		b.para("## " + text(s.title))
		s.write(b)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (b *book) html() ([]byte, error) {
	v := view{Title: bookTitle}
	b.para("# " + bookTitle)
	b.head()
	var err error
	if v.Head, err = b.flush(); err != nil {
		return nil, err
	}
	for _, s := range b.sections() {
		s.write(b)
		body, err := b.flush()
		if err != nil {
			return nil, err
		}
		v.Sections = append(v.Sections, htmlSection{ID: slug(s.title), Title: s.title, Body: body})
	}
	return v.render()
}

// flush returns what was written so far as HTML and starts afresh. Headings of sentences get
// their labels as ids.
func (b *book) flush() (template.HTML, error) {
	s := b.String()
	b.Reset()
	out, err := toHTML(s)
	if err != nil {
		return "", err
	}
	for _, s := range b.sentences {
		out = template.HTML(strings.Replace(string(out), "<h3>"+s.Label+"</h3>", `<h3 id="`+strings.ToLower(s.Label)+`">`+s.Label+"</h3>", 1))
	}
	return out, nil
}

// head says what the page holds, and where and when it was measured.
func (b *book) head() {
	of := map[string]int{}
	for _, s := range b.sentences {
		of[s.Verdict]++
	}
	var parts []string
	for _, name := range []string{digest.Supported, digest.Conditional, digest.Equivalent, digest.Reversed, digest.Inconclusive, digest.Untested} {
		if of[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
		}
	}
	b.para(fmt.Sprintf("Of the textbook's %s on threads and processes: %s. The claims behind them were written down before they were measured.",
		plots.Count(len(b.sentences), "sentence"), text(strings.Join(parts, ", "))))
	var notes []string
	for _, f := range runFacts {
		if values := b.values(f.of); len(values) > 1 && f.differs != "" {
			notes = append(notes, line("The runs are of different "+f.differs+": "+strings.Join(values, "; ")+"."))
		} else if len(values) == 1 && f.same != "" {
			notes = append(notes, line(f.same+": "+values[0]+"."))
		}
	}
	if few := b.few(); few != nil {
		notes = append(notes, line(b.have(few, "fewer trials of a cell than the six that an interval needs, so that nothing is decided")))
	}
	broken := func(g digest.Gate) bool { return !g.Passed }
	if names := b.with(broken); names != nil {
		notes = append(notes, line(b.have(names, "a broken gate, by which no claim on times is decided")+" What is broken stands under Runs."))
	}
	coarse := func(g digest.Gate) bool { return g.Passed && g.Leeway > 1 }
	if names := b.with(coarse); names != nil {
		notes = append(notes, line(b.have(names, "coarse controls, where a claim is decided only beyond what these leave open")))
	}
	b.list(notes)
}

// have says what some of the runs have, and which.
func (b *book) have(names []string, what string) string {
	switch {
	case len(names) == len(b.runs):
		return "All runs have " + what + "."
	case len(names) == 1:
		return "1 run has " + what + ": " + names[0] + "."
	}
	return fmt.Sprintf("%d runs have %s: %s.", len(names), what, strings.Join(names, ", "))
}

// with names the runs with such a gate.
func (b *book) with(gate func(digest.Gate) bool) []string {
	var list []string
	for _, r := range b.runs {
		if slices.ContainsFunc(r.Gates, gate) {
			list = append(list, r.Manifest.Name)
		}
	}
	return list
}

// runFacts are what runs on one page should have in common.
var runFacts = []struct {
	same, differs string
	of            func(Run) string
}{
	{"Machine", "machines", machineOf},
	{"Kernel", "kernels", func(r Run) string { return r.Manifest.Machine.Kernel }},
	{"Profile", "profiles", profileOf},
	{"forklore", "versions of forklore", func(r Run) string { return r.Manifest.Version }},
	{"Measured on", "", func(r Run) string { return started(r, "2006-01-02") }},
}

func machineOf(r Run) string {
	m := &r.Manifest.Machine
	words := []string{m.Host}
	if m.CPUModel != "" {
		words = append(words, m.CPUModel)
	}
	if n := len(m.UsableCPUs); n > 0 {
		words = append(words, plots.Count(n, "usable CPU"))
	}
	return strings.Join(words, ", ")
}

func profileOf(r Run) string {
	if r.Manifest.Profile == "" {
		return "standard"
	}
	return r.Manifest.Profile
}

func started(r Run, layout string) string {
	if r.Manifest.Started.IsZero() {
		return ""
	}
	return r.Manifest.Started.UTC().Format(layout)
}

// values lists what the runs have of something, each once; nothing where it is not known.
func (b *book) values(of func(Run) string) []string {
	var list []string
	for _, r := range b.runs {
		if v := of(r); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// few names the runs in which no cell has trials enough for an interval.
func (b *book) few() []string {
	var list []string
	for _, r := range b.runs {
		if _, few := fewTrials(r.Cells); few > 0 && few == len(r.Cells) {
			list = append(list, r.Manifest.Name)
		}
	}
	return list
}

func (b *book) rules() {
	b.para("A claim is **supported** where the 95 % interval of its effect lies wholly beyond its margin, **reversed** where it lies wholly beyond it on the other side, **equivalent** where the 90 % interval lies inside the margin, **conditional** where its cells disagree, else **inconclusive**. An effect with an x is a ratio, turned so that above 1x speaks for the claim, and one with a sign the difference of two shares, turned likewise; of a claim over several cells the least and the greatest are shown. n counts blocks of trials, each trial in a fresh process tree. p is adjusted over the claims of one experiment (Holm), not over this page: among experiments without any difference behind them, one in twenty would decide some claim by chance. The report of each run tells more.")
	b.para("A sentence has the verdict that its decided claims agree on, if these are more than half of those with data. It is **conditional** where they disagree, and the factor that settles which is named: the runtime first, then the metric, what is compared, the experiment. A textbook's sentence that holds under one runtime and not under another is a sentence about that runtime.")
	b.para("“When it is otherwise” names what flips a conditional claim, why an open one is open, and the verdicts on other claims of the same experiment that its author wrote down as its bounds.")
	b.para("The conclusion, Z1, is drawn from the claims above it that hold threads or goroutines against processes and are decided, by the need that their sentence is about. It is supported where each side wins some of them, reversed where one side wins all of them and some for each need, else inconclusive.")
}

func (b *book) behind() {
	var rows [][]string
	for i, r := range b.runs {
		var broken []string
		for _, g := range r.Gates {
			if !g.Passed {
				broken = append(broken, text(g.Name+": "+g.Detail))
			} else if g.Leeway > 1 {
				broken = append(broken, text("coarse "+g.Name+": "+g.Detail))
			}
		}
		m := &r.Manifest
		rows = append(rows, []string{b.links[i], text(m.Question), text(tally(r)), text(profileOf(r)), started(r, "2006-01-02 15:04 UTC"),
			text(m.Machine.Host), text(m.Version), strings.Join(broken, "; "), text(m.Ended)})
	}
	if rows == nil {
		b.para("There is none.")
		return
	}
	b.table(9, []string{"experiment", "question", "claims", "profile", "started", "host", "forklore", "broken gates, coarse controls", "ended"}, rows)
}
