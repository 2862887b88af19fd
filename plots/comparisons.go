package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
)

func init() {
	register(Chart{
		Name:     "comparisons",
		Question: "By how much do the models differ, and how sure is that?",
		Order:    15,
		Table:    comparisonsTable,
		Draw:     func(s *Sheet, t Table) { s.drawForest(rowsOf[forestRow](t)) },
	})
}

func comparisonsTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	rows := comparisonRows(d)
	if len(rows) == 0 {
		return Table{}, Absent("no two models were run in the same setting")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "ratio of geometric means, paired by block where the run has blocks; "+forestEstimator+"; intervals not corrected for the number of comparisons")}
	t.Title, t.Reading = comparisonsWords(rows)
	return t, nil
}

// comparisonRows holds every other model of a setting against its reference,
// in what its trials are judged by.
func comparisonRows(d *digest.Digest) []forestRow {
	all := entries(d)
	metrics, places := mainMetrics(all), Places(d)
	rank := map[int]int{}
	for i, e := range all {
		rank[e.index] = i
	}
	reference := map[int]int{} // the other side of each cell
	for _, r := range d.Ratios(wallMetric.name) {
		reference[r.Num] = r.Den
	}
	grid := slices.Clone(d.Comparisons())
	slices.SortStableFunc(grid, func(a, b digest.Comparison) int {
		return cmp.Compare(rank[other(a, reference)], rank[other(b, reference)])
	})
	var rows []forestRow
	for _, k := range grid {
		left := other(k, reference)
		right, ok := reference[left]
		if !ok || right != k.Left && right != k.Right || k.Metric != metrics[places[left].Label].name {
			continue
		}
		c, p := d.Cells[left], places[left]
		m := metricByName(k.Metric)
		r := forestRow{Panel: p.Label + ": " + m.title, Metric: k.Metric, Title: metricTitle(d, k.Metric), Ratio: "yes", Margin: digest.Margin(k.Metric), AtLeast: math.NaN(), AtMost: math.NaN(),
			P: k.P, BH: k.BH, Verdict: exploratory(k.Verdict), Reason: k.Why, who: who{c.ID, p.Label, p.Setting, c.Model, p.Series + " / " + places[right].Series, c.Cores, c.Workers}}
		r.estimate(k.Theta, k.Shift)
		if k.Left != left {
			r.invert()
		}
		rows = append(rows, r)
	}
	return rows
}

// other returns the side of a comparison that is not its reference.
func other(k digest.Comparison, reference map[int]int) int {
	if den, ok := reference[k.Right]; ok && den == k.Left {
		return k.Right
	}
	return k.Left
}

// invert turns a ratio round.
func (r *forestRow) invert() {
	r.Value, r.Low95, r.High95, r.Low90, r.High90 = 1/r.Value, 1/r.High95, 1/r.Low95, 1/r.High90, 1/r.Low90
	r.Shift, r.ShiftLo, r.ShiftHi = 1/r.Shift, 1/r.ShiftHi, 1/r.ShiftLo
	switch r.Verdict {
	case "better":
		r.Verdict = "worse"
	case "worse":
		r.Verdict = "better"
	}
}

// exploratory puts a verdict in words that claim nothing written down before.
func exploratory(verdict string) string {
	switch verdict {
	case digest.Supported:
		return "better"
	case digest.Reversed:
		return "worse"
	case digest.Equivalent:
		return "equal"
	case digest.NoData:
		return "no data"
	}
	return "unclear"
}

// alpha is the chance of a false find that the comparisons of a run share.
const alpha = 0.05

// comparisonsWords counts; it names no extreme, for the extreme of many is
// mostly chance.
func comparisonsWords(rows []forestRow) (title, reading string) {
	count := map[string]int{}
	made, survive := 0, 0
	for _, r := range rows {
		count[r.Verdict]++
		if !math.IsNaN(r.Value) {
			made++
		}
		if r.BH <= alpha {
			survive++
		}
	}
	var parts []string
	for _, v := range []string{"better", "equal", "worse", "unclear", "no data"} {
		if count[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	title = fmt.Sprintf("Of %s: %s", Count(len(rows), "comparison"), strings.Join(parts, ", "))
	if r := rows[0]; len(rows) == 1 {
		title = fmt.Sprintf("%s, %s: %s is %s", brief(r.Label), r.Setting, brief(r.Series), r.Verdict)
	}
	if made == 0 {
		return title, "No comparison could be made: " + rows[0].Reason + "."
	}
	reading = fmt.Sprintf("Above 1 the model named first is the better one. In %d of %s p is at most %g once adjusted over all comparisons of the run (Benjamini and Hochberg).",
		survive, Count(made, "comparison"), alpha)
	return title, reading
}
