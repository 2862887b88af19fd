package report

import (
	"fmt"
	"html/template"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// pair is a comparison of two runs on its way to a page.
type pair struct {
	page
	*digest.Difference
	runs  [2]Run
	drawn [2][]plots.Drawn
}

var sides = [2]string{"A", "B"}

// newPair compares two runs; their charts are those in their folders.
func newPair(a, b Run) (*pair, error) {
	p := &pair{Difference: digest.Compare(a.Digest, b.Digest), runs: [2]Run{a, b}}
	for i := range p.runs {
		folder, err := record.Open(p.runs[i].Dir)
		if err != nil {
			return nil, err
		}
		p.runs[i].Dir = folder.Dir
		if p.drawn[i], err = plots.Found(p.runs[i].Digest, p.runs[i].Dir); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Compared returns two runs side by side in Markdown, whose links to charts
// start from the folder from.
func Compared(a, b Run, from string) (string, error) {
	p, err := newPair(a, b)
	if err != nil {
		return "", err
	}
	p.head()
	for _, s := range pairSections {
		p.WriteString("## " + s.title + "\n\n")
		s.write(p)
	}
	p.WriteString("## " + chartsTitle + "\n\n")
	if err := p.images(from); err != nil {
		return "", err
	}
	p.neither()
	return strings.TrimRight(p.String(), "\n") + "\n", nil
}

// WriteCompared writes one page of two runs side by side to file, whole or not
// at all. It holds their charts and needs nothing else.
func WriteCompared(a, b Run, file string) error {
	p, err := newPair(a, b)
	if err != nil {
		return err
	}
	v := view{Title: p.title()}
	p.head()
	if v.Head, err = p.flush(); err != nil {
		return err
	}
	for _, s := range pairSections {
		s.write(p)
		body, err := p.flush()
		if err != nil {
			return err
		}
		v.Sections = append(v.Sections, htmlSection{ID: slug(s.title), Title: s.title, Body: body})
	}
	charts := htmlSection{ID: slug(chartsTitle), Title: chartsTitle, Pair: true}
	if charts.Figures, err = p.figures(); err != nil {
		return err
	}
	p.neither()
	if charts.Absent, err = p.flush(); err != nil {
		return err
	}
	v.Sections = append(v.Sections, charts)
	data, err := v.render()
	if err != nil {
		return fmt.Errorf("make %s: %w", file, err)
	}
	return record.WriteFile(file, data)
}

// flush returns what was written so far as HTML and starts afresh.
func (p *pair) flush() (template.HTML, error) {
	s := p.String()
	p.Reset()
	return toHTML(s)
}

var pairSections = []struct {
	title string
	write func(*pair)
}{
	{"What differs", (*pair).differs},
	{"Cell by cell", (*pair).cells},
}

func (p *pair) title() string {
	return "Two runs side by side: " + headline(p.B)
}

func (p *pair) head() {
	p.para("# " + text(p.title()))
	of := map[string]int{}
	for i := range p.Pairs {
		of[outcomeWord(&p.Pairs[i])]++
	}
	p.para(tallyWords(len(p.Pairs), of))
	var notes []string
	for _, w := range p.Difference.Warnings {
		notes = append(notes, line(w))
	}
	if len(notes) > 0 {
		p.list(notes)
	}
}

// tallyWords says how often B is what against A.
func tallyWords(n int, of map[string]int) string {
	var found, open []string
	for _, word := range []string{"better", "worse", "more", "less", "the same"} {
		if of[word] > 0 {
			found = append(found, fmt.Sprintf("%s in %d", word, of[word]))
		}
	}
	for _, word := range []string{digest.Inconclusive, digest.NoData} {
		if of[word] > 0 {
			open = append(open, fmt.Sprintf("%d %s", of[word], word))
		}
	}
	rest := strings.Join(open, ", ")
	switch {
	case n == 0:
		return "No cell was run in both, so that there is nothing to compare."
	case len(found) == 0:
		return fmt.Sprintf("Of %s: %s.", plots.Count(n, "comparison"), rest)
	case rest != "":
		rest = "; " + rest
	}
	return fmt.Sprintf("Of %s: B is %s%s.", plots.Count(n, "comparison"), strings.Join(found, ", "), rest)
}

func (p *pair) differs() {
	rows := [][]string{{"folder", code(filepath.Base(p.runs[0].Dir)), code(filepath.Base(p.runs[1].Dir))}}
	for _, d := range p.Differs {
		rows = append(rows, []string{text(d.What), text(d.A), text(d.B)})
	}
	p.table(3, []string{"what", "A", "B"}, rows)
	if len(p.Differs) == 0 {
		p.para("The manifests differ in nothing else that matters.")
	}
	for i, only := range [][]string{p.OnlyA, p.OnlyB} {
		if len(only) > 0 {
			p.para("Only in " + sides[i] + ": " + text(strings.Join(only, "; ")) + ".")
		}
	}
}

func (p *pair) cells() {
	if len(p.Pairs) == 0 {
		p.para("There is no cell that both runs have.")
		return
	}
	p.para("The ratio is that of geometric means, turned so that above 1 is better for B, with its 95 % interval; A and B are medians of trials. B is better or worse (more or less, in a measure that is neither) where the intervals of both estimators lie wholly beyond the margin, and the same where they lie inside it.")
	var rows [][]string
	for i := range p.Pairs {
		c := &p.Pairs[i]
		m, err := p.B.Metric(c.Metric)
		if err != nil {
			m = digest.Metric{Title: c.Metric}
		}
		ratio := ""
		if !math.IsNaN(c.Theta.Estimate) {
			ratio = plots.Times(c.Theta.Estimate) + interval(c.Theta, plots.Digits)
		}
		is := Outcome(*c)
		if slices.ContainsFunc(p.Difference.Warnings, func(w string) bool { return strings.HasSuffix(w, ": "+c.Why) }) {
			is = outcomeWord(c) // what holds for all is said once, above
		}
		rows = append(rows, []string{text(digest.Title(p.B.Cells[c.CellB].Cell)), text(m.Title), amount(c.MedianA, m.Unit), amount(c.MedianB, m.Unit),
			ratio, fmt.Sprintf("%d, %d", c.NRight, c.NLeft), text(is)})
	}
	p.table(7, []string{"cell", "metric", "A", "B", "B against A [95 % CI]", "n of A, B", "B is"}, rows)
}

func amount(v float64, unit string) string {
	if math.IsNaN(v) {
		return ""
	}
	return plots.Quantity(v, unit)
}

// Outcome says in words what B is against A, and why where it is open.
func Outcome(p digest.RunPair) string {
	word := outcomeWord(&p)
	if (p.Verdict == digest.Inconclusive || p.Verdict == digest.NoData) && p.Why != "" {
		return word + ": " + p.Why
	}
	return word
}

func outcomeWord(p *digest.RunPair) string {
	if p.Verdict == digest.Equivalent {
		return "the same"
	}
	return p.Word()
}

// images shows the same chart of both runs beside each other.
func (p *pair) images(from string) error {
	for i, a := range p.drawn[0] {
		both := [2]plots.Drawn{a, p.drawn[1][i]}
		if both[0].Absent != "" && both[1].Absent != "" {
			continue
		}
		var images, readings []string
		for k, d := range both {
			if d.Absent != "" {
				images, readings = append(images, text("Not drawn: "+d.Absent)), append(readings, "")
				continue
			}
			link, err := linkFrom(from, filepath.Join(p.runs[k].Dir, filepath.FromSlash(d.PNG)))
			if err != nil {
				return err
			}
			images = append(images, fmt.Sprintf("![%s](%s)", text(sides[k]+": "+d.Title), link))
			readings = append(readings, text(d.Reading))
		}
		p.para("### " + text(a.Question))
		p.table(2, sides[:], [][]string{images, readings})
	}
	return nil
}

// figures embeds the same chart of both runs, A before B.
func (p *pair) figures() ([]figure, error) {
	var pictures [2]map[string]picture
	for k := range pictures {
		var err error
		var size int
		p.drawn[k], size = fewer(p.drawn[k], mostSpots/2)
		if pictures[k], err = loadPictures(p.drawn[k], p.runs[k].Dir, room(mostPage/2+100_000, size)); err != nil {
			return nil, err
		}
	}
	var list []figure
	for i, a := range p.drawn[0] {
		both := [2]plots.Drawn{a, p.drawn[1][i]}
		if both[0].Absent != "" && both[1].Absent != "" {
			continue
		}
		for k, d := range both {
			f := figure{ID: "chart-" + slug(d.Name) + "-" + strings.ToLower(sides[k]), Question: sides[k] + ": " + oneLine(d.Question), Spots: "[]"}
			if d.Absent != "" {
				f.Missing = "Not drawn: " + oneLine(d.Absent) + "."
				list = append(list, f)
				continue
			}
			f.embed(d, pictures[k][d.Name])
			f.Spots = spots(d.Spots)
			f.Alt = sides[k] + ": " + f.Alt
			list = append(list, f)
		}
	}
	return list, nil
}

// neither says why charts are missing in both runs.
func (p *pair) neither() {
	var absent []string
	for i, a := range p.drawn[0] {
		if b := p.drawn[1][i]; a.Absent != "" && b.Absent != "" {
			absent = append(absent, fmt.Sprintf("%s: %s.", code(a.Name), text(a.Absent)))
		}
	}
	if len(absent) > 0 {
		p.para("In neither run:")
		p.list(absent)
	}
}
