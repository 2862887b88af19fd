package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"forklore/metrics/digest"
	"forklore/metrics/record"
)

func init() {
	register(Chart{
		Name:     "measures",
		Question: "What else did the workloads measure of themselves?",
		Order:    37,
		Table:    measuresTable,
		Draw:     measuresDraw,
	})
}

// measuresRow is one trial's value of a measure, or one cell's median.
type measuresRow struct {
	Title string `csv:"metric_title"`
	Unit  string `csv:"unit"`
	trialsRow
}

func measuresTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	all := entries(d)
	var rows []measuresRow
	var strips []trialsRow
	for _, m := range d.Manifest.Measures {
		if m.Hist || m.Aside || shownElsewhere(d, m) {
			continue
		}
		for _, e := range all {
			if len(present(e.Cell, m.Name)) == 0 {
				continue
			}
			for _, r := range trialsOf(e, mainMetric{m.Name, m.Title, m.Unit}) {
				rows, strips = append(rows, measuresRow{m.Title, m.Unit, r}), append(strips, r)
			}
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("the workloads of this run measured no number that lacks a chart of its own")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, trialsEstimator(strips))}
	t.Title, t.Reading = measuresWords(rows)
	return t, nil
}

// shownElsewhere tells whether a chart of its own shows the measure.
func shownElsewhere(d *digest.Digest, m record.Measure) bool {
	switch m.Name {
	case sparedShare, lostItems, doubleItems, wrongItems:
		return slices.ContainsFunc(d.Cells, func(c digest.Cell) bool { return c.Params[faultParam] != "" })
	case offeredRate, achievedRate:
		_, err := loadTable(d)
		return err == nil
	}
	return strings.HasPrefix(m.Name, probe)
}

// measuresWords tells the extremes of the first measure, and names them all.
func measuresWords(rows []measuresRow) (title, reading string) {
	of := groupBy(rows, func(r measuresRow) string { return r.Metric })
	var parts []string
	for i, measure := range of {
		lo, hi := extremeMedians(measure)
		name := lo.Title
		text := fmt.Sprintf("%s %s (%s)", name, lo.text(), lo.title())
		if lo.Cell != hi.Cell {
			text = fmt.Sprintf("%s from %s (%s) to %s (%s)", name, lo.text(), lo.title(), hi.text(), hi.title())
		}
		if i == 0 {
			title = fmt.Sprintf("%s: %s (%s)", capital(name), lo.text(), brief(lo.title()))
			if lo.Cell != hi.Cell {
				title += fmt.Sprintf(" to %s (%s)", hi.text(), brief(hi.title()))
			}
		}
		parts = append(parts, text)
	}
	if len(parts) > 3 {
		parts = append(parts[:3], Count(len(of)-3, "more measure")+" below")
	}
	return title, "Medians: " + strings.Join(parts, "; ") + "."
}

func extremeMedians(rows []measuresRow) (lo, hi measuresRow) {
	for _, r := range rows {
		if r.Kind != "median" {
			continue
		}
		if lo.Kind == "" || r.Value < lo.Value {
			lo = r
		}
		if hi.Kind == "" || r.Value > hi.Value {
			hi = r
		}
	}
	return lo, hi
}

func (r measuresRow) text() string { return bracketed(r.Value, r.Low, r.High, r.Unit) }

func measuresDraw(s *Sheet, t Table) {
	rows := rowsOf[measuresRow](t)
	var panels []rowPanel
	notes := "median"
	for _, g := range groupBy(rows, func(r measuresRow) string { return r.Metric }) {
		panels = append(panels, measuresPanel(g))
		if slices.ContainsFunc(g, func(r measuresRow) bool { return !math.IsNaN(r.Low) }) {
			notes = "median [95 % CI]"
		}
	}
	s.drawRows(panels, notes)
}

// measuresPanel has one line a cell. Where several workloads have the measure,
// a line says which.
func measuresPanel(rows []measuresRow) rowPanel {
	m := mainMetric{rows[0].Metric, rows[0].Title, rows[0].Unit}
	p := rowPanel{title: rows[0].Title}
	var cells [][]trialsRow
	var values []float64
	for _, c := range groupBy(rows, func(r measuresRow) string { return r.Cell }) {
		var cell []trialsRow
		for _, r := range c {
			cell, values = append(cell, r.trialsRow), append(values, r.Value)
		}
		last := cell[len(cell)-1]
		line := rowLine{who: last.who, note: trialsNote(last, m)}
		p.lines, cells = append(p.lines, line), append(cells, cell)
	}
	p.title = strings.TrimSuffix(p.title+": "+foldLines(p.lines), ": ")
	p.areas = []rowArea{{
		x:    spreadScale(m.title, m.unit, values),
		draw: func(f frame, i int, y vg.Length) { drawStrip(f, cells[i], y) },
	}}
	return p
}
