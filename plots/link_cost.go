package plots

import (
	"fmt"
	"math"
	"slices"

	"forklore/metrics/digest"
)

func init() {
	register(Chart{
		Name:     "link-cost",
		Question: "What does a message cost over each link, and how does that grow with its size?",
		Order:    6,
		Table:    linkCostTable,
		Draw: func(s *Sheet, t Table) {
			s.drawCurves(costPanels(rowsOf[sweepRow](t), func(title, unit string, values []float64) scale {
				lo, hi := finiteRange(values)
				return logScale(title, unit, lo, hi)
			}), scale{})
		},
	})
}

// medianTrip is the median of the round trips, rtt_s, that workloads of
// messages measure.
const medianTrip = "rtt_p50_s"

// sendsMessages tells whether the cells are the subject of this chart: they
// send messages of one size. Jobs whose size is that of their data, and which
// cut them into messages, are not.
func sendsMessages(cells []entry) bool {
	trips := counted(cells, medianTrip)
	return slices.ContainsFunc(cells, func(e entry) bool {
		_, cut := e.Params[messageParam]
		return !math.IsNaN(e.param(sizeParam)) && (trips || e.Params[linkParam] != "" && !cut)
	})
}

func linkCostTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []sweepRow
	for _, work := range works(entries(d)) {
		if !sendsMessages(work) {
			continue
		}
		c := timeOfOne(work)
		if counted(work, medianTrip) {
			c = metricCost(medianTrip, "median round trip", "s")
		}
		rows = append(rows, linkRows(work, c)...)
	}
	if len(rows) == 0 {
		return Table{}, Absent("no workload of this run sends messages over a link in two sizes, or over two links")
	}
	estimator := "small marker: one trial; line: medians; whisker: 95 % interval of the median (n ≥ 6); both axes logarithmic and the same for all links of a workload"
	if len(linksAlone(rows)) > 0 {
		estimator = "small marker: one trial; large: median; whisker: its 95 % interval (n ≥ 6)"
		if slices.ContainsFunc(rows, func(r sweepRow) bool { return r.Workers > r.Cores }) {
			estimator += "; hollow: more workers than cores"
		}
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, estimator)}
	t.Title, t.Reading = linkCostWords(rows)
	return t, nil
}

// linkRows has a panel for each link with the sizes on its axis; of messages of
// one size, one panel with the links on it.
func linkRows(work []entry, c cost) []sweepRow {
	var rows []sweepRow
	for _, p := range workPanels(work, sizeParam) {
		rows = append(rows, costRows(p, sizeParam, c)...)
	}
	if len(rows) > 0 {
		return rows
	}
	for _, p := range workPanels(work, linkParam) {
		if of, _ := allCostRows(p, sizeParam, c); len(linksAlone(of)) > 0 {
			rows = append(rows, of...)
		}
	}
	return rows
}

// linksAlone returns the links of rows whose messages have one size, in their
// order; none where there are two sizes, or one link.
func linksAlone(rows []sweepRow) []string {
	var links []string
	for _, r := range rows {
		if r.X != rows[0].X {
			return nil
		}
		if r.Link != "" && !slices.Contains(links, r.Link) {
			links = append(links, r.Link)
		}
	}
	if len(links) < 2 {
		return nil
	}
	return links
}

// atLinks moves the points of a panel, which are those of its rows, to their
// links.
func (p *curvePanel) atLinks(rows []sweepRow, links []string) {
	i := 0
	for _, c := range p.curves {
		for j := range c.points {
			pt, link := &c.points[j], rows[i].Link
			pt.x, pt.at, pt.apart = float64(1+slices.Index(links, link)), link, true
			i++
		}
	}
}

// linkCostWords compares the cheapest with the dearest of the least messages,
// and reads the price of size from the greatest.
func linkCostWords(rows []sweepRow) (title, reading string) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		least, most = min(least, r.X), max(most, r.X)
	}
	extremes := func(x float64) (lo, hi sweepRow) {
		for _, r := range rows {
			if r.Kind != "median" || r.X != x || r.Title != rows[0].Title {
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
	where := func(r sweepRow) string { return r.place().Title() }
	if least < most {
		where = func(r sweepRow) string { return r.Panel + ", " + r.Series }
	}
	lo, hi := extremes(least)
	title = fmt.Sprintf("Message of %s, %s: %s (%s)", paramText(least, "B"), rows[0].Title, lo.text(), brief(where(lo)))
	if lo.Cell != hi.Cell {
		title += fmt.Sprintf(" to %s (%s)", hi.text(), brief(where(hi)))
	}
	reading = fmt.Sprintf("At %s: from %s (%s, n = %d) to %s (%s, n = %d)", paramText(least, "B"), lo.text(), where(lo), lo.N, hi.text(), where(hi), hi.N)
	if least == most {
		return title, reading + "."
	}
	lo, hi = extremes(most)
	return title, reading + fmt.Sprintf("; at %s: from %s (%s) to %s (%s).", paramText(most, "B"), lo.text(), where(lo), hi.text(), where(hi))
}
