package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "capability",
		Question: "What can the workers of each model do, and what can they not?",
		Order:    8,
		Table:    capabilityTable,
		Draw:     capabilityDraw,
	})
}

// probe begins the name of a measure that says whether something can be done:
// 1 it can, 0 it cannot, absent where that cannot be tested.
const probe = "can_"

// capabilityRow is what one probe found in one cell.
type capabilityRow struct {
	Panel string `csv:"panel"`
	who
	Probe  string  `csv:"probe"`
	Title  string  `csv:"probe_title"`
	Answer string  `csv:"answer"` // yes, no, mixed, not testable or no ok trial
	Yes    int     `csv:"yes"`
	N      int     `csv:"n"`
	Share  float64 `csv:"yes_share"`
	Low    float64 `csv:"ci_low"` // 95 % interval of Clopper and Pearson
	High   float64 `csv:"ci_high"`
}

const (
	answerYes        = "yes"
	answerNo         = "no"
	answerMixed      = "mixed"
	answerUntestable = "not testable here"
	answerNothing    = "no ok trial"
)

func capabilityTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	probes := slices.DeleteFunc(slices.Clone(d.Manifest.Measures), func(m record.Measure) bool { return m.Hist || !strings.HasPrefix(m.Name, probe) })
	var rows []capabilityRow
	for _, p := range workPanels(entries(d)) {
		bySeries(p.cells, func(entry) float64 { return 0 })
		for _, m := range probes {
			if asks(p.cells, m) || nobodyAsks(d, m) && asks(p.cells, probes...) {
				for _, e := range p.cells {
					rows = append(rows, capabilityOf(p.title, e, m))
				}
			}
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no workload of this run probes what its workers can do")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "yes of n trials [95 % interval of Clopper and Pearson]; the darker, the less can be done; striped: nothing is known")}
	t.Title, t.Reading = capabilityWords(rows)
	return t, nil
}

// asks tells whether some trial of the cells has a value of one of the probes.
func asks(cells []entry, probes ...record.Measure) bool {
	return slices.ContainsFunc(probes, func(m record.Measure) bool { return counted(cells, m.Name) })
}

func nobodyAsks(d *digest.Digest, m record.Measure) bool { return !asks(entries(d), m) }

func capabilityOf(panel string, e entry, m record.Measure) capabilityRow {
	r := capabilityRow{Panel: panel, who: e.who, Probe: m.Name, Title: m.Title, Share: math.NaN(), Low: math.NaN(), High: math.NaN()}
	for _, v := range present(e.Cell, m.Name) {
		if r.N++; v >= 1 {
			r.Yes++
		}
	}
	switch {
	case len(e.Trials) == 0:
		r.Answer = answerNothing
	case r.N == 0:
		r.Answer = answerUntestable
	case r.Yes == r.N:
		r.Answer = answerYes
	case r.Yes == 0:
		r.Answer = answerNo
	default:
		r.Answer = answerMixed
	}
	if i, err := stat.ClopperPearson(r.Yes, r.N, 0.95); err == nil {
		r.Share, r.Low, r.High = i.Estimate, i.Lo, i.Hi
	}
	return r
}

// capabilityWords counts the probes that succeed in every trial, by model.
func capabilityWords(rows []capabilityRow) (title, reading string) {
	answers, seen, probes := map[string]int{}, map[[2]string]bool{}, map[string]bool{}
	for _, r := range rows {
		if key := [2]string{r.Cell, r.Probe}; !seen[key] { // the plain loop is in every panel of its work
			answers[r.Answer]++
			seen[key] = true
		}
		probes[r.Probe] = true
	}
	var parts, all []string
	tested := map[string]bool{}
	byModel := slices.Clone(rows)
	slices.SortStableFunc(byModel, func(a, b capabilityRow) int {
		return cmp.Or(modelOrder(a.Model)-modelOrder(b.Model), cmp.Compare(a.Series, b.Series))
	})
	for _, g := range groupBy(byModel, func(r capabilityRow) string { return r.Series }) {
		parts = append(parts, brief(g[0].Series)+" "+succeeding(g))
		for _, r := range g {
			tested[r.Probe] = tested[r.Probe] || r.N > 0
		}
	}
	of := Count(len(probes), "probe")
	if n := count(tested); n < len(probes) {
		of += fmt.Sprintf(", %d of them testable,", n)
	}
	for _, a := range []string{answerYes, answerMixed, answerNo, answerUntestable, answerNothing} {
		if answers[a] > 0 {
			all = append(all, fmt.Sprintf("%d %s", answers[a], a))
		}
	}
	return fmt.Sprintf("Of %s these succeed in every trial: %s", of, strings.Join(parts, ", ")),
		fmt.Sprintf("Of %s of a model: %s; each trial asks anew.", Count(len(seen), "answer"), strings.Join(all, ", "))
}

func count(set map[string]bool) (n int) {
	for _, in := range set {
		if in {
			n++
		}
	}
	return n
}

// succeeding counts the probes of a model that succeed in every trial: from the least in a panel to the most.
func succeeding(rows []capabilityRow) string {
	least, most := math.MaxInt, 0
	for _, g := range groupBy(rows, func(r capabilityRow) string { return r.Panel }) {
		yes := 0
		for _, r := range g {
			if r.Answer == answerYes {
				yes++
			}
		}
		least, most = min(least, yes), max(most, yes)
	}
	if least < most {
		return fmt.Sprintf("%d to %d", least, most)
	}
	return strconv.Itoa(most)
}

func capabilityDraw(s *Sheet, t Table) {
	var panels []matrixPanel
	for _, g := range groupBy(rowsOf[capabilityRow](t), func(r capabilityRow) string { return r.Panel }) {
		panels = append(panels, capabilityPanel(g))
	}
	s.drawMatrix(panels)
}

func capabilityPanel(rows []capabilityRow) matrixPanel {
	p := matrixPanel{title: rows[0].Panel}
	var all []who
	for _, r := range rows {
		all = append(all, r.who)
	}
	p.columns = matrixColumns(all)
	for _, g := range groupBy(rows, func(r capabilityRow) string { return r.Probe }) {
		line := matrixRow{name: g[0].Title, cells: make([]matrixCell, len(p.columns))}
		for _, r := range g {
			line.cells[slices.Index(p.columns, matrixColumn{r.Series, r.Model})] = capabilityCell(r)
		}
		p.rows = append(p.rows, line)
	}
	return p
}

func capabilityCell(r capabilityRow) matrixCell {
	c := matrixCell{lines: []string{r.Answer}, hover: r.Series + ": " + r.Answer}
	switch r.Answer {
	case answerYes:
		c.sign = yesSign
	case answerNo:
		c.sign = noneSign
	case answerMixed:
		c.sign = someSign
	case answerUntestable, answerNothing:
		c.blank = true
	}
	if r.N > 0 {
		count := proportion(r.Yes, r.N, r.Low, r.High)
		c.lines, c.hover = append(c.lines, count), c.hover+", "+count
		c.dark = 0.35 * (1 - r.Share)
	}
	return c
}
