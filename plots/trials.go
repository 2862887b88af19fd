package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "trials",
		Question: "How do the models compare, and how much do their trials scatter?",
		Order:    10,
		Table:    trialsTable,
		Draw:     trialsDraw,
	})
}

// trialsRow is one trial, or one cell's median with its interval.
type trialsRow struct {
	who
	Metric string  `csv:"metric"`
	Kind   string  `csv:"kind"`  // trial, median, or failed for a cell without ok trials
	Trial  int     `csv:"trial"` // 0 for a median
	Block  int     `csv:"block"`
	N      int     `csv:"n"`
	Value  float64 `csv:"value"`
	Low    float64 `csv:"ci_low"` // 95 % order-statistic interval of the median, n >= 6
	High   float64 `csv:"ci_high"`
	Flag   string  `csv:"flag"` // outlier: beyond 3 x 1.4826 MAD from the median; shown and counted like all others
	Note   string  `csv:"note"` // what failed
}

// mainMetric is what trials of a cell are judged by: time for fixed work,
// throughput for fixed time.
type mainMetric struct{ name, title, unit string }

var (
	wallMetric = mainMetric{"wall_s", "wall time", "s"}
	itemMetric = mainMetric{"throughput_items_per_s", "throughput", "items/s"}
)

func mainMetrics(all []entry) map[string]mainMetric {
	of := map[string]mainMetric{}
	for _, e := range all {
		if _, ok := of[e.Label]; !ok {
			of[e.Label] = wallMetric
		}
		if e.DurationS > 0 {
			of[e.Label] = itemMetric
		}
	}
	return of
}

func trialsTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	all := entries(d)
	metrics := mainMetrics(all)
	leaveTimes(all, metrics)
	var rows []trialsRow
	for _, e := range all {
		rows = append(rows, trialsOf(e, metrics[e.Label])...)
	}
	t := Table{Rows: rows, Title: headline(d)}
	t.Subtitle = subtitle(d, trialsEstimator(rows))
	if t.Title == "" {
		t.Title = loneMedian(rows)
	}
	t.Reading = trialsReading(d, rows)
	return t, nil
}

// leaveTimes takes throughput for those labels of one workload that calibration gave
// different numbers of items: they stand below each other, and a shorter time would say
// nothing.
func leaveTimes(all []entry, metrics map[string]mainMetric) {
	works := map[string]map[string]bool{} // of a workload: sets of parameters
	for _, e := range all {
		if e.AutoS > 0 && counted([]entry{e}, itemMetric.name) {
			if works[e.Workload] == nil {
				works[e.Workload] = map[string]bool{}
			}
			works[e.Workload][e.ParamText()] = true
		}
	}
	for _, e := range all {
		if len(works[e.Workload]) > 1 {
			metrics[e.Label] = itemMetric
		}
	}
}

func trialsEstimator(rows []trialsRow) string {
	marker := "small marker: one trial; "
	if slices.ContainsFunc(rows, func(r trialsRow) bool { return r.Flag != "" }) {
		marker = "small marker: one trial, hollow beyond 3 MAD from the median (kept); "
	}
	if slices.ContainsFunc(rows, func(r trialsRow) bool { return !math.IsNaN(r.Low) }) {
		return marker + "bar: median; box: 95 % interval of the median from order statistics (n ≥ 6)"
	}
	return marker + "bar: median (below n = 6 it has no interval)"
}

func trialsOf(e entry, m mainMetric) []trialsRow {
	base := trialsRow{who: e.who, Metric: m.name, Low: math.NaN(), High: math.NaN(), Value: math.NaN(), Note: failures(e.Cell)}
	values := present(e.Cell, m.name)
	base.N = len(values)
	if len(values) == 0 {
		base.Kind = "failed"
		if base.Note == "" {
			base.Note = "no value"
		}
		return []trialsRow{base}
	}
	var rows []trialsRow
	for i, trial := range e.Trials {
		r := base
		r.Kind, r.Trial, r.Value = "trial", trial, value(e.Cell, m.name, i)
		if i < len(e.Blocks) {
			r.Block = e.Blocks[i]
		}
		if !math.IsNaN(r.Value) {
			rows = append(rows, r)
		}
	}
	far := e.Outliers(m.name)
	for i := range rows {
		if slices.ContainsFunc(far, func(k int) bool { return e.Trials[k] == rows[i].Trial }) {
			rows[i].Flag = "outlier"
		}
	}
	r := base
	r.Kind, r.Value = "median", stat.Median(values)
	r.Low, r.High = medianInterval(values)
	return append(rows, r)
}

func metricByName(name string) mainMetric {
	if name == itemMetric.name {
		return itemMetric
	}
	return wallMetric
}

// loneMedian is the title of a run that compares no models.
func loneMedian(rows []trialsRow) string {
	for i := len(rows) - 1; i >= 0; i-- {
		if r := rows[i]; r.Kind == "median" {
			m := metricByName(r.Metric)
			values := collect(rows, func(t trialsRow) bool { return t.Kind == "trial" && t.Cell == r.Cell }, func(t trialsRow) float64 { return t.Value })
			return fmt.Sprintf("%s: median %s %s (%s, %s)", brief(r.Label), m.title, estimated(values, m.unit), brief(r.Series), r.Setting)
		}
	}
	return ""
}

func trialsReading(d *digest.Digest, rows []trialsRow) string {
	cells, worst, where := 0, 0.0, ""
	byCell := map[string][]float64{}
	for _, r := range rows {
		if r.Kind == "trial" {
			byCell[r.Cell] = append(byCell[r.Cell], r.Value)
		}
	}
	for _, r := range rows {
		if r.Kind != "median" {
			continue
		}
		cells++
		lo, hi := finiteRange(byCell[r.Cell])
		if spread := (hi - lo) / r.Value; spread > worst {
			worst, where = spread, r.title()
		}
	}
	text := fmt.Sprintf("Every trial of %s", Count(cells, "cell"))
	if worst > 0 {
		text += fmt.Sprintf("; the widest range is %s %% of its median (%s)", Digits(100*worst), where)
	}
	return text + "; " + trialsLine(d) + "."
}

func trialsDraw(s *Sheet, t Table) {
	var panels []rowPanel
	notes := "median"
	for _, g := range trialsGroups(rowsOf[trialsRow](t)) {
		panels = append(panels, trialsPanel(g))
		if slices.ContainsFunc(g, func(r trialsRow) bool { return !math.IsNaN(r.Low) }) {
			notes = "median [95 % CI]"
		}
	}
	s.drawRows(panels, notes)
}

// trialsGroups splits rows into panels, each of one metric.
func trialsGroups(rows []trialsRow) [][]trialsRow {
	var groups [][]trialsRow
	for _, g := range rowGroups(rows, func(r trialsRow) string { return r.Label }) {
		groups = append(groups, groupBy(g, func(r trialsRow) string { return r.Metric })...)
	}
	return groups
}

func trialsPanel(rows []trialsRow) rowPanel {
	m := metricByName(rows[0].Metric)
	cells := groupBy(rows, func(r trialsRow) string { return r.Cell })
	p := rowPanel{}
	var values []float64
	for _, c := range cells {
		last := c[len(c)-1]
		line := rowLine{who: last.who, note: trialsNote(last, m)}
		if last.Kind == "failed" {
			line.failed = "no ok trial: " + last.Note
		}
		p.lines = append(p.lines, line)
		for _, r := range c {
			values = append(values, r.Value)
		}
	}
	p.title = foldLines(p.lines)
	p.areas = []rowArea{{
		x:    spreadScale(m.title, m.unit, values),
		draw: func(f frame, i int, y vg.Length) { drawStrip(f, cells[i], y) },
	}}
	return p
}

func trialsNote(r trialsRow, m mainMetric) string {
	if r.Kind == "failed" {
		return "n = 0"
	}
	text := Quantity(r.Value, m.unit)
	if !math.IsNaN(r.Low) {
		text += " [" + Bounds(r.Value, r.Low, r.High, m.unit, ", ") + "]"
	}
	text += fmt.Sprintf("  n = %d", r.N)
	if r.Note != "" {
		text += ", " + r.Note
	}
	return text
}

// drawStrip draws a cell's trials, spread over the line's height in a fixed
// pattern so that equal values stay visible, its interval and its median.
func drawStrip(f frame, cell []trialsRow, y vg.Length) {
	m := styleOf(cell[0].Model)
	median := cell[len(cell)-1]
	if !math.IsNaN(median.Low) {
		x0, x1 := f.px(median.Low), f.px(median.High)
		f.s.fill(faded(m.color, 0.22), min(x0, x1-0.5), y-8, x1, y+8)
	}
	radius, alpha := vg.Length(2.6), 0.75
	if median.N > pointsUntil {
		radius, alpha = 1.6, 0.35
	}
	for i, r := range cell[:len(cell)-1] {
		f.s.marker(m, f.px(r.Value), y+jitter(i, median.N)*6, radius, alpha, r.Flag != "")
	}
	x := f.px(median.Value)
	f.s.segment(draw.LineStyle{Color: ink, Width: 2}, x, y-9, x, y+9)
}

// jitter spreads the i-th of n points over [-1, 1] by the golden ratio: even,
// without a pattern and the same every time.
func jitter(i, n int) vg.Length {
	if n == 1 {
		return 0
	}
	_, frac := math.Modf(float64(i) * 0.6180339887498949)
	return vg.Length(2*frac - 1)
}

// groupBy splits rows into runs of equal keys, in order. The groups are parts
// of rows, which nobody may change.
func groupBy[R any, K comparable](rows []R, key func(R) K) [][]R {
	var groups [][]R
	from := 0
	var last K
	for i, r := range rows {
		k := key(r)
		if i > 0 && k != last {
			groups = append(groups, rows[from:i:i])
			from = i
		}
		last = k
	}
	if len(rows) > 0 {
		groups = append(groups, rows[from:])
	}
	return groups
}
