package plots

import (
	"fmt"
	"slices"
	"strings"

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
	estimator := trialsEstimator(strips)
	if _, crowded := measureGroups(rows); crowded {
		estimator = crowdedEstimator
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, estimator)}
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

// measuresWords tells the extremes of the first measure in which cells differ, if there
// is one, and names all measures.
func measuresWords(rows []measuresRow) (title, reading string) {
	of := groupBy(rows, func(r measuresRow) string { return r.Metric })
	var parts []string
	differ := false
	for i, measure := range of {
		lo, hi := extremeMedians(measure)
		parts = append(parts, extremesText(lo, hi, len(groupBy(measure, func(r measuresRow) string { return r.Cell }))))
		if i == 0 || !differ && lo.Cell != hi.Cell {
			title = fmt.Sprintf("%s: %s (%s)", capital(lo.Title), lo.text(), brief(lo.title()))
			if differ = lo.Cell != hi.Cell; differ {
				title += fmt.Sprintf(" to %s (%s)", hi.text(), brief(hi.title()))
			}
		}
	}
	if !differ {
		title = capital(parts[0])
	}
	if len(parts) > 3 {
		parts = append(parts[:3], Count(len(of)-3, "more measure")+" below")
	}
	return title, "Medians: " + strings.Join(parts, "; ") + "."
}

// extremesText tells the least and the greatest median of a measure that some cells have.
func extremesText(lo, hi measuresRow, cells int) string {
	switch {
	case lo.Cell != hi.Cell:
		return fmt.Sprintf("%s from %s (%s) to %s (%s)", lo.Title, lo.text(), lo.title(), hi.text(), hi.title())
	case cells > 1:
		return fmt.Sprintf("%s %s in all %d cells", lo.Title, Quantity(lo.Value, lo.Unit), cells)
	}
	return fmt.Sprintf("%s %s (%s)", lo.Title, lo.text(), lo.title())
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
