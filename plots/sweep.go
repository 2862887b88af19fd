package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "sweep",
		Question: "How does the cost change with the parameter that the experiment varies?",
		Order:    6,
		Table:    sweepTable,
		Draw:     sweepDraw,
	})
}

// sweepRow is one trial at one value of a parameter, or one cell's median.
type sweepRow struct {
	Panel string `csv:"panel"`
	who
	Link      string  `csv:"link"` // what messages go through; absent elsewhere
	Param     string  `csv:"param"`
	X         float64 `csv:"param_value"`
	ParamUnit string  `csv:"param_unit"` // s or B; empty for plain numbers
	Metric    string  `csv:"metric"`
	Title     string  `csv:"metric_title"`
	Unit      string  `csv:"unit"`
	Kind      string  `csv:"kind"`  // trial or median
	Trial     int     `csv:"trial"` // 0 for a median
	N         int     `csv:"n"`
	Value     float64 `csv:"value"`
	Low       float64 `csv:"ci_low"` // 95 % interval of the median, n >= 6
	High      float64 `csv:"ci_high"`
}

// cost is what a curve over a parameter shows of one trial.
type cost struct {
	metric, title, unit string
	of                  func(c *digest.Cell, i int) float64
}

func metricCost(metric, title, unit string) cost {
	return cost{metric, title, unit, func(c *digest.Cell, i int) float64 { return value(c, metric, i) }}
}

// inverse is the time of one thing where a metric counts things a second.
func inverse(metric, title string) cost {
	return cost{metric, title, "s", func(c *digest.Cell, i int) float64 { return 1 / value(c, metric, i) }}
}

// primaryCost is what the work of these cells is judged by: operations or
// items a second for fixed time, the wall time of one for fixed work.
func primaryCost(cells []entry) cost {
	fixedTime := slices.ContainsFunc(cells, func(e entry) bool { return e.DurationS > 0 })
	switch {
	case fixedTime && counted(cells, opsMetric):
		return metricCost(opsMetric, "throughput", "ops/s")
	case fixedTime:
		return metricCost(itemMetric.name, itemMetric.title, itemMetric.unit)
	}
	return timeOfOne(cells)
}

const opsMetric = "throughput_ops_per_s"

// timeOfOne is the wall time of an operation or an item, or of the whole work
// where neither was counted.
func timeOfOne(cells []entry) cost {
	switch {
	case counted(cells, opsMetric):
		return inverse(opsMetric, "wall time per operation")
	case counted(cells, itemMetric.name):
		return inverse(itemMetric.name, "wall time per item")
	}
	return metricCost(wallMetric.name, wallMetric.title, wallMetric.unit)
}

// counted tells whether some trial of the cells has the metric.
func counted(cells []entry, metric string) bool {
	return slices.ContainsFunc(cells, func(e entry) bool { return len(present(e.Cell, metric)) > 0 })
}

func sweepTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []sweepRow
	for _, work := range works(entries(d)) {
		param := sweptParam(work)
		if param == "" || sendsMessages(work) {
			continue
		}
		for _, p := range workPanels(work, param) {
			rows = append(rows, costRows(p, param, primaryCost(work))...)
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("a sweep needs one numeric parameter of a workload at three values or more, and this run has none")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "small marker: one trial; line: medians; whisker: 95 % interval of the median (n ≥ 6)")}
	t.Title, t.Reading = sweepWords(rows)
	return t, nil
}

// works splits the cells by their work, whatever its parameters.
func works(all []entry) [][]entry {
	at := map[string]int{}
	var out [][]entry
	for _, e := range all {
		name := e.work()
		if _, ok := at[name]; !ok {
			at[name] = len(out)
			out = append(out, nil)
		}
		out[at[name]] = append(out[at[name]], e)
	}
	return out
}

// sweptParam returns the only numeric parameter that has three values or more,
// or nothing where there is none or more than one. The load of a server has
// charts of its own.
func sweptParam(cells []entry) string {
	values := map[string]map[string]bool{}
	words := map[string]bool{} // parameters with a value that is no number
	for _, e := range cells {
		for name, text := range e.Params {
			if _, _, ok := number(text); !ok {
				words[name] = true
			}
			if values[name] == nil {
				values[name] = map[string]bool{}
			}
			values[name][text] = true
		}
	}
	found := ""
	for name, of := range values {
		if len(of) < 3 || words[name] || name == loadParam {
			continue
		}
		if found != "" {
			return ""
		}
		found = name
	}
	return found
}

// costRows returns the trials and medians of a panel, each model's in the
// order of the parameter; none where no model has two values.
func costRows(p workPanel, param string, c cost) []sweepRow {
	rows, joined := allCostRows(p, param, c)
	if !joined {
		return nil
	}
	return rows
}

// allCostRows tells whether some model has two values.
func allCostRows(p workPanel, param string, c cost) (rows []sweepRow, joined bool) {
	bySeries(p.cells, func(e entry) float64 { return e.param(param) })
	for _, series := range groupBy(p.cells, func(e entry) string { return e.Series }) {
		places := map[float64]bool{}
		for _, e := range series {
			r := sweepRow{Panel: p.title, who: e.who, Link: e.Params[linkParam], Param: param, X: e.param(param), ParamUnit: paramUnit(param, e.Params[param]),
				Metric: c.metric, Title: c.title, Unit: c.unit}
			of := costOf(r, e, c)
			if rows = append(rows, of...); len(of) > 0 {
				places[r.X] = true
			}
		}
		joined = joined || len(places) > 1
	}
	return rows, joined
}

func costOf(r sweepRow, e entry, c cost) []sweepRow {
	var rows []sweepRow
	var values []float64
	r.Low, r.High = math.NaN(), math.NaN()
	for i, trial := range e.Trials {
		v := c.of(e.Cell, i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		t := r
		t.Kind, t.Trial, t.Value = "trial", trial, v
		rows, values = append(rows, t), append(values, v)
	}
	if len(values) == 0 {
		return nil
	}
	r.Kind, r.Value = "median", stat.Median(values)
	r.Low, r.High = medianInterval(values)
	rows = append(rows, r)
	for i := range rows {
		rows[i].N = len(values)
	}
	return rows
}

// at names the row's place on the axis.
func (r sweepRow) at() string { return r.Param + " " + paramText(r.X, r.ParamUnit) }

func (r sweepRow) text() string { return bracketed(r.Value, r.Low, r.High, r.Unit) }

// sweepWords compares the models of the last panel at the greatest value, and
// tells what each makes of the whole range.
func sweepWords(rows []sweepRow) (title, reading string) {
	last := groupBy(rows, func(r sweepRow) string { return r.Panel })
	panel := last[len(last)-1]
	far := math.Inf(-1)
	for _, r := range panel {
		far = max(far, r.X)
	}
	var parts []part
	var changes []string
	var at sweepRow
	for _, series := range groupBy(panel, func(r sweepRow) string { return r.Series }) {
		medians := slices.DeleteFunc(slices.Clone(series), func(r sweepRow) bool { return r.Kind != "median" })
		lo, hi := medians[0], medians[len(medians)-1]
		if hi.X == far {
			at = hi
			parts = append(parts, part{hi.Value, brief(hi.Series) + " " + hi.text()})
		}
		if lo.X < hi.X {
			changes = append(changes, fmt.Sprintf("%s from %s at %s to %s at %s (%s, n = %d)", hi.Series,
				lo.text(), lo.at(), hi.text(), hi.at(), Times(hi.Value/lo.Value), hi.N))
		}
	}
	title = fmt.Sprintf("%s, %s at %s: %s", brief(panel[0].Panel), at.Title, at.at(), atMostThree(parts))
	if len(changes) > 3 {
		changes = append(changes[:3], "the others in the CSV")
	}
	reading = fmt.Sprintf("Median %s of %s: %s", panel[0].Title, panel[0].Panel, strings.Join(changes, "; "))
	return title, strings.TrimSuffix(reading, ": ") + "."
}

func sweepDraw(s *Sheet, t Table) {
	rows := rowsOf[sweepRow](t)
	s.drawCurves(costPanels(rows, spreadScale), scale{})
}

// costPanels shares the axes of all panels of a workload: items of two are not
// alike.
func costPanels(rows []sweepRow, axis func(title, unit string, values []float64) scale) []curvePanel {
	kind := func(r sweepRow) string { return bare(r.Label) + "\x00" + r.Param + "\x00" + r.Title }
	xs, ys := map[string][]float64{}, map[string][]float64{}
	for _, r := range rows {
		xs[kind(r)], ys[kind(r)] = append(xs[kind(r)], r.X), append(ys[kind(r)], r.Value, r.Low, r.High)
	}
	groups := groupBy(rows, func(r sweepRow) string { return r.Panel })
	var panels []curvePanel
	for _, g := range groups {
		k := kind(g[0])
		p := curvePanel{title: g[0].Panel, strip: len(groups) > 2, x: paramScale(g[0].Param, g[0].ParamUnit, xs[k]), y: axis(g[0].Title, g[0].Unit, ys[k])}
		p.note = p.y.label
		for _, series := range groupBy(g, func(r sweepRow) string { return r.Series }) {
			p.curves = append(p.curves, costCurve(series))
		}
		if links := linksAlone(g); len(links) > 0 {
			p.strip, p.x = true, wordScale(linkParam, links)
			p.atLinks(g, links)
		}
		panels = append(panels, p)
	}
	return panels
}

func costCurve(series []sweepRow) curve {
	c := curve{model: series[0].Model, name: series[0].Series}
	for _, r := range series {
		c.points = append(c.points, point{x: r.X, y: r.Value, low: r.Low, high: r.High, n: r.N, trial: r.Kind == "trial",
			hollow: r.Workers > r.Cores, at: r.at()})
	}
	return c
}
