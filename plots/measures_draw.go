package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// mostLines is how many lines of cells a page of measures holds; of more, the
	// models of a setting share one.
	mostLines = 40
	// fewestAlike is from how many cells on those are told in one line in which
	// every trial has the same value.
	fewestAlike = 4
)

const crowdedEstimator = "marker: median; whisker: its 95 % interval from order statistics (n ≥ 6); every trial is in measures.csv"

// measureGroup is what a panel shows of a measure: the rows of each cell, and
// those cells that are told in one line.
type measureGroup struct {
	title, unit string
	cells       [][]measuresRow
	alike       []measuresRow // one row a cell
}

// measureGroups splits rows by their measure, and tells whether their cells are
// too many for a line each.
func measureGroups(rows []measuresRow) (groups []measureGroup, crowded bool) {
	lines := 0
	for _, rows := range groupBy(rows, func(r measuresRow) string { return r.Metric }) {
		g := measureGroup{title: rows[0].Title, unit: rows[0].Unit}
		cells := groupBy(rows, func(r measuresRow) string { return r.Cell })
		value, n := commonValue(cells)
		for _, c := range cells {
			if v, ok := onlyValue(c); ok && v == value && n >= fewestAlike {
				g.alike = append(g.alike, c[len(c)-1])
			} else {
				g.cells = append(g.cells, c)
			}
		}
		lines += len(g.cells)
		groups = append(groups, g)
	}
	return groups, lines > mostLines
}

// onlyValue returns what every trial of a cell has, if they agree.
func onlyValue(cell []measuresRow) (v float64, ok bool) {
	v = cell[0].Value
	return v, !slices.ContainsFunc(cell, func(r measuresRow) bool { return r.Value != v })
}

// commonValue returns the value that most cells have in every trial, and how many have.
func commonValue(cells [][]measuresRow) (value float64, n int) {
	count := map[float64]int{}
	for _, c := range cells {
		if v, ok := onlyValue(c); ok {
			if count[v]++; count[v] > n {
				value, n = v, count[v]
			}
		}
	}
	return value, n
}

// told says what the cells that are alike have in common.
func (g measureGroup) told() string {
	if len(g.alike) == 0 {
		return ""
	}
	text := Quantity(g.alike[0].Value, g.unit) + " in every trial of "
	if len(g.cells) == 0 {
		return text + "all " + Count(len(g.alike), "cell")
	}
	text += Count(len(g.alike), "other cell")
	var all, own [][]string
	for _, r := range g.alike {
		own = append(own, words(r.place().named()))
	}
	for _, c := range g.cells {
		all = append(all, words(c[0].place().named()))
	}
	if apart := spoken(without(shared(own...), shared(append(all, own...)...))); apart != "" {
		text += ": " + apart
	}
	return text
}

func measuresDraw(s *Sheet, t Table) {
	groups, crowded := measureGroups(rowsOf[measuresRow](t))
	notes := "median"
	var panels []rowPanel
	for _, g := range groups {
		if crowded {
			panels = append(panels, g.crowdedPanel())
		} else {
			panels = append(panels, g.panel())
		}
		if slices.ContainsFunc(slices.Concat(g.cells...), func(r measuresRow) bool { return !math.IsNaN(r.Low) }) {
			notes = "median [95 % CI]"
		}
	}
	if crowded {
		notes = "medians"
		s.legend(seriesKeys(groups))
		leaveOut(panels)
	}
	s.drawRows(panels, notes)
}

func seriesKeys(groups []measureGroup) []key {
	var keys []key
	seen := map[string]bool{}
	for _, g := range groups {
		for _, c := range g.cells {
			if !seen[c[0].Series] {
				keys = append(keys, key{c[0].Series, dot(styleOf(c[0].Model), false)})
			}
			seen[c[0].Series] = true
		}
	}
	return keys
}

// panel has one line a cell. Where several workloads have the measure, a line
// says which.
func (g measureGroup) panel() rowPanel {
	m := mainMetric{title: g.title, unit: g.unit}
	p := rowPanel{title: g.title, more: g.told(), alike: g.alikeTitles()}
	var cells [][]trialsRow
	var values []float64
	for _, c := range g.cells {
		var cell []trialsRow
		for _, r := range c {
			cell, values = append(cell, r.trialsRow), append(values, r.Value)
		}
		last := cell[len(cell)-1]
		p.lines, cells = append(p.lines, rowLine{who: last.who, note: trialsNote(last, m)}), append(cells, cell)
	}
	if len(p.lines) == 0 {
		return p
	}
	p.title = strings.TrimSuffix(p.title+": "+foldLines(p.lines), ": ")
	p.areas = []rowArea{{
		x:    spreadScale(m.title, m.unit, values),
		draw: func(f frame, i int, y vg.Length) { drawStrip(f, cells[i], y) },
	}}
	return p
}

// crowdedPanel has one line a setting, with the medians of all its models.
func (g measureGroup) crowdedPanel() rowPanel {
	p := rowPanel{title: g.title, more: g.told(), alike: g.alikeTitles()}
	if len(g.cells) == 0 {
		return p
	}
	var values []float64
	var medians [][]measuresRow
	place := func(c []measuresRow) string { return c[0].Label + "\x00" + c[0].Setting }
	for _, setting := range groupBy(g.cells, place) {
		var of []measuresRow
		var own []float64
		for _, c := range setting {
			last := c[len(c)-1]
			of, own = append(of, last), append(own, last.Value)
			values = append(values, last.Value, last.Low, last.High)
		}
		note := Quantity(own[0], g.unit)
		if lo, hi := finiteRange(own); lo < hi {
			note = Interval(lo, hi, g.unit)
		}
		p.lines = append(p.lines, rowLine{who: who{Label: of[0].Label, Setting: of[0].Setting}, note: note})
		medians = append(medians, of)
	}
	p.title = strings.TrimSuffix(p.title+": "+foldLines(p.lines), ": ")
	p.areas = []rowArea{{
		x:    spreadScale(g.title, g.unit, values),
		draw: func(f frame, i int, y vg.Length) { drawMedians(f, medians[i], y) },
	}}
	return p
}

// drawMedians draws the models of a setting below each other in its line.
func drawMedians(f frame, medians []measuresRow, y vg.Length) {
	step := min(6, (f.line-6)/vg.Length(len(medians)))
	y -= step * vg.Length(len(medians)-1) / 2
	for i, r := range medians {
		m, y := styleOf(r.Model), y+step*vg.Length(i)
		if !math.IsNaN(r.Low) {
			f.s.segment(draw.LineStyle{Color: faded(m.color, 0.7), Width: 1.2}, f.px(r.Low), y, f.px(r.High), y)
		}
		f.s.marker(m, f.px(r.Value), y, 3, 1, false)
		f.s.spot(f.px(r.Value)-4, y-step/2, f.px(r.Value)+4, y+step/2, r.title()+": "+trialsNote(r.trialsRow, mainMetric{title: r.Title, unit: r.Unit}))
	}
}

func (g measureGroup) alikeTitles() []string {
	var titles []string
	for _, r := range g.alike {
		titles = append(titles, r.title())
	}
	return titles
}

// leaveOut cuts the longest panels, so that all together hold mostLines, and
// says how many lines are missing.
func leaveOut(panels []rowPanel) {
	longest := mostLines
	for ; longest > 1; longest-- {
		total := 0
		for _, p := range panels {
			total += min(len(p.lines), longest)
		}
		if total <= mostLines {
			break
		}
	}
	for i := range panels {
		p := &panels[i]
		if missing := len(p.lines) - longest; missing > 0 {
			p.lines = p.lines[:longest]
			p.more = strings.TrimPrefix(p.more+"; "+fmt.Sprintf("%s left out here, which %s in measures.csv", Count(missing, "more setting"), isAre(missing)), "; ")
		}
	}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
