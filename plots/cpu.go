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
		Name:     "cpu",
		Question: "What does a unit of work cost in CPU time, and how much of it is garbage collection?",
		Order:    35,
		Table:    cpuTable,
		Draw:     cpuDraw,
	})
}

// cpuRow is the CPU cost of one trial, or of one cell's median.
type cpuRow struct {
	who
	Kind   string  `csv:"kind"` // trial, median, or failed for a cell without values
	Trial  int     `csv:"trial"`
	N      int     `csv:"n"`
	Unit   string  `csv:"unit"`            // s/op, s/item, or s where neither was counted
	CPU    float64 `csv:"cpu_s"`           // CPU time of the work, per unit
	Low    float64 `csv:"cpu_ci_low_s"`    // 95 % interval of the median, n >= 6
	High   float64 `csv:"cpu_ci_high_s"`   //
	GC     float64 `csv:"gc_share"`        // CPU time of the collector over that of the work
	GCLow  float64 `csv:"gc_share_ci_low"` //
	GCHigh float64 `csv:"gc_share_ci_high"`
	Note   string  `csv:"note"`
}

func cpuTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []cpuRow
	for _, work := range groupBy(entries(d), func(e entry) string { return e.Label }) {
		metric, unit := cpuPerUnit(work)
		for _, e := range work {
			rows = append(rows, cpuOf(e, metric, unit)...)
		}
	}
	if !slices.ContainsFunc(rows, func(r cpuRow) bool { return r.Kind == "median" }) {
		return Table{}, Absent("no trial recorded the CPU time of its work")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "CPU time of the workers' processes between gate and finish; garbage collection as a share of it; small marker: one trial; bar: median; box: 95 % interval of the median (n ≥ 6)")}
	t.Title, t.Reading = cpuWords(rows)
	return t, nil
}

// cpuPerUnit chooses the unit of a workload's cost: the operation where it
// counts them, else the item, else its whole work.
func cpuPerUnit(cells []entry) (metric, unit string) {
	switch {
	case counted(cells, "cpu_per_op_s"):
		return "cpu_per_op_s", "s/op"
	case counted(cells, "cpu_per_item_s"):
		return "cpu_per_item_s", "s/item"
	}
	return "cpu_work_s", "s"
}

func cpuOf(e entry, metric, unit string) []cpuRow {
	nan := math.NaN()
	base := cpuRow{who: e.who, Unit: unit, Note: failures(e.Cell), CPU: nan, Low: nan, High: nan, GC: nan, GCLow: nan, GCHigh: nan}
	var rows []cpuRow
	var cost, gc []float64
	for i, trial := range e.Trials {
		r := base
		r.Kind, r.Trial = "trial", trial
		r.CPU, r.GC = value(e.Cell, metric, i), value(e.Cell, "gc_cpu_s", i)/value(e.Cell, "cpu_work_s", i)
		if math.IsNaN(r.CPU) {
			continue
		}
		rows, cost, gc = append(rows, r), append(cost, r.CPU), append(gc, r.GC)
	}
	if base.N = len(cost); base.N == 0 {
		base.Kind = "failed"
		return []cpuRow{base}
	}
	for i := range rows {
		rows[i].N = base.N
	}
	gc = finite(gc)
	r := base
	r.Kind, r.CPU, r.GC = "median", stat.Median(cost), stat.Median(gc)
	r.Low, r.High = medianInterval(cost)
	r.GCLow, r.GCHigh = medianInterval(gc)
	return append(rows, r)
}

// cpuWords gives title and reading: the cheapest and the dearest model in the
// last setting, and the largest share of garbage collection.
func cpuWords(rows []cpuRow) (title, reading string) {
	var medians []cpuRow
	for _, r := range rows {
		if r.Kind == "median" {
			medians = append(medians, r)
		}
	}
	by := func(of func(cpuRow) float64) func(a, b cpuRow) int {
		return func(a, b cpuRow) int {
			if of(a) < of(b) {
				return -1
			}
			return 1
		}
	}
	cost := by(func(r cpuRow) float64 { return r.CPU })
	last := medians[len(medians)-1]
	same := slices.DeleteFunc(slices.Clone(medians), func(r cpuRow) bool { return r.Label != last.Label || r.Setting != last.Setting })
	lo, hi := slices.MinFunc(same, cost), slices.MaxFunc(same, cost)
	sure := func(cell cpuRow, unit string, of func(cpuRow) float64) string {
		return estimated(collect(rows, func(r cpuRow) bool { return r.Kind == "trial" && r.Cell == cell.Cell }, of), unit)
	}
	costs := func(r cpuRow) string { return sure(r, r.Unit, func(r cpuRow) float64 { return r.CPU }) }
	title = fmt.Sprintf("%s, %s: %s cost %s, %s %s", brief(last.Label), last.Setting, lo.Series, costs(lo), hi.Series, costs(hi))
	if lo.Cell == hi.Cell {
		title = fmt.Sprintf("%s: the work costs %s of CPU time", last.title(), costs(last))
	}
	lo, hi = slices.MinFunc(medians, cost), slices.MaxFunc(medians, cost)
	reading = fmt.Sprintf("Median CPU time runs from %s (%s, n = %d) to %s (%s, n = %d)", costs(lo), lo.title(), lo.N, costs(hi), hi.title(), hi.N)
	collecting := slices.DeleteFunc(medians, func(r cpuRow) bool { return math.IsNaN(r.GC) })
	if len(collecting) == 0 {
		return title, reading + "; no trial recorded its garbage collection."
	}
	most := slices.MaxFunc(collecting, by(func(r cpuRow) float64 { return r.GC }))
	if most.GC == 0 {
		return title, reading + "; in the median of every cell none of it is garbage collection."
	}
	return title, reading + fmt.Sprintf("; garbage collection takes at most %s of it (%s, n = %d).",
		sure(most, "%", func(r cpuRow) float64 { return 100 * r.GC }), most.title(), most.N)
}

func cpuDraw(s *Sheet, t Table) {
	rows := rowsOf[cpuRow](t)
	collected := slices.ContainsFunc(rows, func(r cpuRow) bool { return !math.IsNaN(r.GC) })
	var panels []rowPanel
	for _, g := range rowGroups(rows, func(r cpuRow) string { return r.Label }) {
		for _, same := range groupBy(g, func(r cpuRow) string { return r.Unit }) {
			panels = append(panels, cpuPanel(same, collected))
		}
	}
	notes := "CPU, median"
	if slices.ContainsFunc(rows, func(r cpuRow) bool { return !math.IsNaN(r.Low) }) {
		notes += " [95 % CI]"
	}
	s.drawRows(panels, notes)
}

func cpuPanel(rows []cpuRow, collected bool) rowPanel {
	cells := groupBy(rows, func(r cpuRow) string { return r.Cell })
	p := rowPanel{}
	var cost, gc []float64
	for _, c := range cells {
		last := c[len(c)-1]
		line := rowLine{who: last.who, note: fmt.Sprintf("%s  n = %d", estimated(each(c[:len(c)-1], func(r cpuRow) float64 { return r.CPU }), last.Unit), last.N)}
		if last.Kind == "failed" {
			line.note, line.failed = "n = 0", "no value"
			if last.Note != "" {
				line.failed += ": " + last.Note
			}
		}
		p.lines = append(p.lines, line)
		for _, r := range c {
			cost, gc = append(cost, r.CPU, r.High), append(gc, 100*r.GC, 100*r.GCHigh)
		}
	}
	p.title = foldLines(p.lines)
	p.areas = []rowArea{{
		x: costScale("CPU time", rows[0].Unit, cost, 5),
		draw: func(f frame, i int, y vg.Length) {
			drawCPU(f, cells[i], y, func(r cpuRow) (v, low, high float64) { return r.CPU, r.Low, r.High })
		},
	}}
	if collected {
		p.areas = append(p.areas, rowArea{
			x: zeroScale("garbage collection", "% of it", gc, 4),
			draw: func(f frame, i int, y vg.Length) {
				drawCPU(f, cells[i], y, func(r cpuRow) (v, low, high float64) { return 100 * r.GC, 100 * r.GCLow, 100 * r.GCHigh })
			},
		})
	}
	return p
}

// costScale starts at 0, for a cost is read as a length, unless the cells
// differ so much that the small ones would vanish.
func costScale(title, unit string, values []float64, steps int) scale {
	lo, hi := finiteRange(values)
	if lo > 0 && hi/lo > 50 {
		return logScale(title, unit, lo, hi)
	}
	return zeroScale(title, unit, values, steps)
}

// drawCPU draws one quantity of a cell: interval, trials, median.
func drawCPU(f frame, cell []cpuRow, y vg.Length, of func(cpuRow) (v, low, high float64)) {
	m := styleOf(cell[0].Model)
	median := cell[len(cell)-1]
	v, low, high := of(median)
	if math.IsNaN(v) {
		return
	}
	if !math.IsNaN(low) {
		x0, x1 := f.px(low), f.px(high)
		f.s.fill(faded(m.color, 0.22), min(x0, x1-0.5), y-8, x1, y+8)
	}
	radius, alpha := vg.Length(2.6), 0.75
	if median.N > pointsUntil {
		radius, alpha = 1.6, 0.35
	}
	for i, r := range cell[:len(cell)-1] {
		if t, _, _ := of(r); !math.IsNaN(t) {
			f.s.marker(m, f.px(t), y+jitter(i, median.N)*6, radius, alpha, false)
		}
	}
	f.s.segment(draw.LineStyle{Color: ink, Width: 2}, f.px(v), y-9, f.px(v), y+9)
}
