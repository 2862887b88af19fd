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
		for _, p := range workPanels(work, sizeParam) {
			rows = append(rows, costRows(p, sizeParam, c)...)
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no workload of this run sends messages over a link in two sizes")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "small marker: one trial; line: medians; whisker: 95 % interval of the median (n ≥ 6); both axes logarithmic and the same for all links of a workload")}
	t.Title, t.Reading = linkCostWords(rows)
	return t, nil
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
	where := func(r sweepRow) string { return r.Panel + ", " + r.Series }
	lo, hi := extremes(least)
	title = fmt.Sprintf("Message of %s, %s: %s (%s)", paramText(least, "B"), rows[0].Title, lo.text(), brief(where(lo)))
	if lo.Cell != hi.Cell {
		title += fmt.Sprintf(" to %s (%s)", hi.text(), brief(where(hi)))
	}
	reading = fmt.Sprintf("At %s: from %s (%s, n = %d) to %s (%s, n = %d)", paramText(least, "B"), lo.text(), where(lo), lo.N, hi.text(), where(hi), hi.N)
	lo, hi = extremes(most)
	return title, reading + fmt.Sprintf("; at %s: from %s (%s) to %s (%s).", paramText(most, "B"), lo.text(), where(lo), hi.text(), where(hi))
}
