package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "memory",
		Question: "How much memory does each model need?",
		Order:    40,
		Table:    memoryTable,
		Draw:     memoryDraw,
	})
}

// memoryRow is one trial's peak memory, or one cell's medians. Peak memory is
// the authority's number where there is one; else it lies in [low, high].
type memoryRow struct {
	who
	Kind   string  `csv:"kind"` // trial, median, or failed for a cell without values
	Trial  int     `csv:"trial"`
	N      int     `csv:"n"`
	Low    float64 `csv:"mem_low_B"`
	High   float64 `csv:"mem_high_B"`
	Peak   float64 `csv:"mem_peak_B"`
	PeakLo float64 `csv:"peak_ci_low_B"` // 95 % interval of the median of the peak, n >= 6
	PeakHi float64 `csv:"peak_ci_high_B"`
	Note   string  `csv:"note"`
}

// best is the number by which rows are compared: the peak, or its upper bound.
func (r memoryRow) best() float64 {
	for _, v := range []float64{r.Peak, r.High} {
		if !math.IsNaN(v) {
			return v
		}
	}
	return r.Low
}

func memoryTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []memoryRow
	for _, e := range entries(d) {
		rows = append(rows, memoryOf(e)...)
	}
	if !slices.ContainsFunc(rows, func(r memoryRow) bool { return r.Kind == "median" }) {
		return Table{}, Absent("no trial recorded its memory")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, memoryEstimator(rows))}
	t.Title, t.Reading = memoryWords(rows)
	return t, nil
}

func memoryEstimator(rows []memoryRow) string {
	if slices.ContainsFunc(rows, func(r memoryRow) bool { return !math.IsNaN(r.Peak) }) {
		return "peak of the trial's control group; small marker: one trial; bar: median"
	}
	return "the peak lies between the largest sampled sum of PSS (hollow) and the sum of the processes' VmHWM (full); band: between their medians"
}

func memoryOf(e entry) []memoryRow {
	nan := math.NaN()
	base := memoryRow{who: e.who, Note: failures(e.Cell), Low: nan, High: nan, Peak: nan, PeakLo: nan, PeakHi: nan}
	low, high, peak := present(e.Cell, "mem_low_B"), present(e.Cell, "mem_high_B"), present(e.Cell, "mem_peak_B")
	base.N = max(len(low), len(high), len(peak))
	if base.N == 0 {
		base.Kind = "failed"
		return []memoryRow{base}
	}
	var rows []memoryRow
	for i, trial := range e.Trials {
		r := base
		r.Kind, r.Trial = "trial", trial
		r.Low, r.High, r.Peak = value(e.Cell, "mem_low_B", i), value(e.Cell, "mem_high_B", i), value(e.Cell, "mem_peak_B", i)
		rows = append(rows, r)
	}
	r := base
	r.Kind, r.Low, r.High, r.Peak = "median", stat.Median(low), stat.Median(high), stat.Median(peak)
	r.PeakLo, r.PeakHi = medianInterval(peak)
	return append(rows, r)
}

// memoryWords gives title and reading: who needs most and least in the
// setting with the most cores.
func memoryWords(rows []memoryRow) (title, reading string) {
	var medians []memoryRow
	for _, r := range rows {
		if r.Kind == "median" {
			medians = append(medians, r)
		}
	}
	cmp := func(a, b memoryRow) int {
		if a.best() < b.best() {
			return -1
		}
		return 1
	}
	lo, hi := slices.MinFunc(medians, cmp), slices.MaxFunc(medians, cmp)
	reading = fmt.Sprintf("Median peak memory is least, %s, in %s (n = %d), and most, %s, in %s (n = %d).",
		memoryText(rows, lo), lo.title(), lo.N, memoryText(rows, hi), hi.title(), hi.N)
	last := medians[len(medians)-1]
	same := slices.DeleteFunc(slices.Clone(medians), func(r memoryRow) bool { return r.Label != last.Label || r.Setting != last.Setting })
	lo, hi = slices.MinFunc(same, cmp), slices.MaxFunc(same, cmp)
	if lo.Cell == hi.Cell {
		return fmt.Sprintf("%s: peak memory %s", last.title(), memoryText(rows, last)), reading
	}
	return fmt.Sprintf("%s, %s: %s need %s of memory, %s %s", brief(last.Label), last.Setting,
		lo.Series, memoryText(rows, lo), hi.Series, memoryText(rows, hi)), reading
}

// memoryText prints the median of a cell's peak, or the interval that is known
// instead.
func memoryText(rows []memoryRow, r memoryRow) string {
	switch {
	case !math.IsNaN(r.Peak):
		return estimated(collect(rows, func(t memoryRow) bool { return t.Kind == "trial" && t.Cell == r.Cell }, func(t memoryRow) float64 { return t.Peak }), "B")
	case math.IsNaN(r.Low):
		return "at most " + Quantity(r.High, "B")
	case math.IsNaN(r.High):
		return "at least " + Quantity(r.Low, "B")
	}
	return Interval(r.Low, r.High, "B")
}

func memoryDraw(s *Sheet, t Table) {
	var panels []rowPanel
	for _, g := range rowGroups(rowsOf[memoryRow](t), func(r memoryRow) string { return r.Label }) {
		panels = append(panels, memoryPanel(g))
	}
	s.drawRows(panels, "peak, median")
}

func memoryPanel(rows []memoryRow) rowPanel {
	cells := groupBy(rows, func(r memoryRow) string { return r.Cell })
	p := rowPanel{}
	var values []float64
	for _, c := range cells {
		last := c[len(c)-1]
		line := rowLine{who: last.who, note: memoryText(c, last) + fmt.Sprintf("  n = %d", last.N)}
		if last.Kind == "failed" {
			line.note, line.failed = "n = 0", "no value"
			if last.Note != "" {
				line.failed = "no value: " + last.Note
			}
		}
		p.lines = append(p.lines, line)
		for _, r := range c {
			values = append(values, r.Low, r.High, r.Peak)
		}
	}
	p.title = foldLines(p.lines)
	p.areas = []rowArea{{
		x:    memoryScale(values),
		draw: func(f frame, i int, y vg.Length) { drawMemory(f, cells[i], y) },
	}}
	return p
}

func memoryScale(values []float64) scale {
	return costScale("peak memory", "B", values, 6)
}

func drawMemory(f frame, cell []memoryRow, y vg.Length) {
	m := styleOf(cell[0].Model)
	median := cell[len(cell)-1]
	if !math.IsNaN(median.Low) && !math.IsNaN(median.High) && math.IsNaN(median.Peak) {
		f.s.fill(faded(m.color, 0.25), f.px(median.Low), y-8, f.px(median.High), y+8)
	}
	if !math.IsNaN(median.PeakLo) {
		f.s.fill(faded(m.color, 0.25), f.px(median.PeakLo), y-8, f.px(median.PeakHi), y+8)
	}
	for i, r := range cell[:len(cell)-1] {
		at := y + jitter(i, median.N)*6
		if !math.IsNaN(r.Peak) {
			f.s.marker(m, f.px(r.Peak), at, 2.6, 0.75, false)
			continue
		}
		if !math.IsNaN(r.Low) {
			f.s.marker(m, f.px(r.Low), at, 2.4, 1, true)
		}
		if !math.IsNaN(r.High) {
			f.s.marker(m, f.px(r.High), at, 2.6, 0.75, false)
		}
	}
	for _, v := range []float64{median.Low, median.High, median.Peak} {
		if !math.IsNaN(v) && (math.IsNaN(median.Peak) || v == median.Peak) {
			x := f.px(v)
			f.s.segment(draw.LineStyle{Color: color.NRGBA(ink), Width: 1.6}, x, y-9, x, y+9)
		}
	}
}
