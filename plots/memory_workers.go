package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "memory-workers",
		Question: "What does one more worker cost in memory?",
		Order:    45,
		Table:    memoryWorkersTable,
		Draw:     memoryWorkersDraw,
	})
}

// The ways of counting memory: RSS counts a page once in every process that
// maps it, PSS divides it among them, USS leaves out what is shared.
var memoryMeasures = []struct{ metric, name string }{
	{"rss_peak_B", "RSS, peak"},
	{"pss_done_B", "PSS, after the work"},
	{"uss_done_B", "USS, after the work"},
	{"mem_peak_B", "control group, peak"},
}

// memoryWorkersRow is one trial, one cell's median, or the slope of one model.
type memoryWorkersRow struct {
	Panel   string `csv:"panel"`
	Measure string `csv:"measure"`
	who
	Kind   string  `csv:"kind"` // trial, median, or slope: bytes for each worker more
	Trial  int     `csv:"trial"`
	N      int     `csv:"n"`
	Memory float64 `csv:"memory_B"`
	Low    float64 `csv:"ci_low_B"` // 95 % interval: of the median (n >= 6), of Theil and Sen's slope
	High   float64 `csv:"ci_high_B"`
}

func memoryWorkersTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []memoryWorkersRow
	var used []string
	for _, panel := range workerPanels(entries(d)) {
		for _, m := range memoryMeasures {
			var of []memoryWorkersRow
			for _, series := range groupBy(panel, func(e entry) string { return e.Series }) {
				of = append(of, memorySeries(series, m.metric, m.name)...)
			}
			if rows = append(rows, of...); len(of) > 0 && !slices.Contains(used, m.name) {
				used = append(used, m.name)
			}
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("memory against workers needs one model at two worker counts with readings of memory, and this run has none")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "slope: Theil and Sen's median of slopes over all trials, with its 95 % interval; small marker: one trial; line: medians; whisker: 95 % interval of the median (n ≥ 6)")}
	t.Title, t.Reading = memoryWorkersWords(rows, used)
	return t, nil
}

// workerPanels groups cells that differ in nothing but model, cores and
// workers, sorted by model and workers. The plain loop has no workers to vary.
func workerPanels(all []entry) [][]entry {
	var order []string
	panels := map[string][]entry{}
	for _, e := range all {
		if e.Model == experiments.Sequential {
			continue
		}
		name := e.panel("workers")
		if _, ok := panels[name]; !ok {
			order = append(order, name)
		}
		panels[name] = append(panels[name], e)
	}
	var out [][]entry
	for _, name := range order {
		p := panels[name]
		slices.SortStableFunc(p, func(a, b entry) int {
			if a.Model != b.Model {
				return modelOrder(a.Model) - modelOrder(b.Model)
			}
			if c := strings.Compare(a.Series, b.Series); c != 0 {
				return c
			}
			return a.Workers - b.Workers
		})
		out = append(out, p)
	}
	return out
}

// memorySeries returns the rows of one model in one measure, its slope last;
// none where it was not read at two worker counts.
func memorySeries(series []entry, metric, name string) []memoryWorkersRow {
	var rows []memoryWorkersRow
	var xs, ys []float64
	counts := map[int]bool{}
	for _, e := range series {
		r := memoryWorkersRow{Panel: e.panel("workers"), Measure: name, who: e.who}
		values := present(e.Cell, metric)
		if len(values) == 0 {
			continue
		}
		counts[e.Workers] = true
		r.N = len(values)
		for i, trial := range e.Trials {
			t := r
			t.Kind, t.Trial, t.Memory, t.Low, t.High = "trial", trial, value(e.Cell, metric, i), math.NaN(), math.NaN()
			if !math.IsNaN(t.Memory) {
				rows, xs, ys = append(rows, t), append(xs, float64(e.Workers)), append(ys, t.Memory)
			}
		}
		r.Kind, r.Memory = "median", stat.Median(values)
		r.Low, r.High = medianInterval(values)
		rows = append(rows, r)
	}
	if len(counts) < 2 {
		return nil
	}
	slope := memoryWorkersRow{Panel: rows[0].Panel, Measure: name, who: rows[len(rows)-1].who, Kind: "slope", N: len(xs),
		Memory: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if i, err := stat.TheilSen(xs, ys, 0.95); err == nil {
		slope.Memory, slope.Low, slope.High = i.Estimate, i.Lo, i.Hi
	}
	return append(rows, slope)
}

func memoryWorkersWords(rows []memoryWorkersRow, used []string) (title, reading string) {
	var parts []string
	last := rows[len(rows)-1]
	measure := used[min(1, len(used)-1)] // PSS, which neither counts twice nor leaves out
	for _, r := range rows {
		if r.Kind == "slope" && r.Measure == measure && r.Panel == last.Panel && !math.IsNaN(r.Memory) {
			parts = append(parts, r.Series+" "+r.slope())
		}
	}
	reading = "Slopes per worker by " + measure + ": "
	var all []string
	for _, r := range rows {
		if r.Kind == "slope" && r.Measure == measure && !math.IsNaN(r.Memory) {
			all = append(all, fmt.Sprintf("%s, %s (%s, n = %d)", r.Series, r.slope(), brief(r.Panel), r.N))
		}
	}
	if len(all) > 4 {
		all = append(all[:4], "the others in the CSV")
	}
	if len(parts) == 0 {
		return "Memory against workers, by " + strings.Join(used, "; "), "Too few trials for a slope; medians are joined by lines."
	}
	return fmt.Sprintf("%s: one more worker costs %s", brief(last.Panel), strings.Join(parts, ", ")), reading + strings.Join(all, "; ") + "."
}

// slope prints a slope with its interval.
func (r memoryWorkersRow) slope() string {
	return fmt.Sprintf("%s [%s]", signed(r.Memory), Bounds(r.Memory, r.Low, r.High, "B", ", "))
}

func signed(v float64) string {
	if v >= 0 {
		return Quantity(v, "B")
	}
	return "−" + Quantity(-v, "B")
}

func memoryWorkersDraw(s *Sheet, t Table) {
	rows := rowsOf[memoryWorkersRow](t)
	var xs, ys []float64
	for _, r := range rows {
		if xs = append(xs, float64(r.Workers)); r.Kind != "slope" {
			ys = append(ys, r.Memory, r.Low, r.High)
		}
	}
	y := memoryScale(ys)
	var panels []curvePanel
	for _, g := range groupBy(rows, func(r memoryWorkersRow) string { return r.Panel + "\x00" + r.Measure }) {
		panels = append(panels, memoryCurves(g, y))
	}
	s.drawCurves(panels, linearCounts("workers", xs))
}

func memoryCurves(rows []memoryWorkersRow, y scale) curvePanel {
	p := curvePanel{title: rows[0].Panel + ": " + rows[0].Measure, y: y}
	var notes []string
	for _, g := range groupBy(rows, func(r memoryWorkersRow) string { return r.Series }) {
		c := curve{model: g[0].Model, name: g[0].Series}
		for _, r := range g {
			if r.Kind == "slope" {
				if !math.IsNaN(r.Memory) {
					notes = append(notes, r.Series+" "+r.slope())
				}
				continue
			}
			c.points = append(c.points, point{x: float64(r.Workers), y: r.Memory, low: r.Low, high: r.High, n: r.N,
				trial: r.Kind == "trial", hollow: r.Workers > r.Cores})
		}
		p.curves = append(p.curves, c)
	}
	p.note = strings.TrimPrefix(y.label, "peak ")
	if len(notes) > 0 {
		p.note += "; per worker: " + strings.Join(notes, ", ")
	}
	return p
}
