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
		Name:     "speedup",
		Question: "How much faster does the work get with more cores or workers?",
		Order:    20,
		Table:    speedupTable,
		Draw:     speedupDraw,
	})
}

// speedupRow is the speedup of one trial, or of one cell's median.
type speedupRow struct {
	Panel string `csv:"panel"`
	who
	Axis  string  `csv:"axis"` // what x counts: cores or workers
	X     float64 `csv:"x"`
	Kind  string  `csv:"kind"` // trial, median, or fit: a point of the law that was fitted to the trials
	Trial int     `csv:"trial"`
	N     int     `csv:"n"`
	Value float64 `csv:"speedup"`
	Low   float64 `csv:"ci_low"` // 95 % interval of the median, base held fixed, n >= 6; of a fit, from those of its parameters
	High  float64 `csv:"ci_high"`
	Ideal float64 `csv:"ideal"`
	Base  string  `csv:"base"`        // whose throughput is 1x
	BaseS float64 `csv:"base_wall_s"` // its median wall time
	Own   string  `csv:"base_is_own"` // yes where each model has a base of its own
	Law   string  `csv:"law"`         // of a fit: its name and parameters
}

func speedupTable(d *digest.Digest) (Table, error) {
	rows, err := speedupRows(d, d.Fits)
	if err != nil {
		return Table{}, err
	}
	estimator := "line: medians"
	if slices.ContainsFunc(rows, func(r speedupRow) bool { return r.Kind == "fit" }) {
		estimator = "line: fitted law (where one could be fitted, else medians); band: outer bound from the 95 % intervals of its parameters"
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "ratio of throughputs to the base named in each panel; small marker: one trial; hollow: more workers than cores; "+estimator+"; whisker: 95 % interval of the median (n ≥ 6)")}
	t.Title, t.Reading = speedupWords(rows)
	return t, nil
}

// speedupRows returns trials and medians panel by panel, with the laws that
// fits offers; nil offers none.
func speedupRows(d *digest.Digest, fits func() []digest.Fit) ([]speedupRow, error) {
	if !anyOK(d) {
		return nil, noTrials
	}
	all := entries(d)
	axis := speedupAxis(all)
	if axis == "" {
		return nil, Absent("a speedup needs one workload at two core counts or worker counts, and this run has none")
	}
	laws := map[int]*digest.Fit{} // by cell
	if fits != nil {
		list := fits()
		for i := range list {
			for _, cell := range list[i].Cells {
				laws[cell] = &list[i]
			}
		}
	}
	var rows []speedupRow
	for _, panel := range speedupPanels(all, axis, laws) {
		rows = append(rows, panel...)
	}
	if len(rows) == 0 {
		return nil, Absent("a speedup needs ok trials of one model at two core counts or worker counts, and this run has none")
	}
	return rows, nil
}

// speedupAxis says what the run varies: cores, or workers at fixed cores.
func speedupAxis(all []entry) string {
	cores, workers := map[int]bool{}, map[int]bool{}
	for _, e := range all {
		if e.Model != experiments.Sequential {
			cores[e.Cores], workers[e.Workers] = true, true
		}
	}
	switch {
	case len(cores) > 1:
		return "cores"
	case len(workers) > 1:
		return "workers"
	}
	return ""
}

// speedupPanels groups cells that differ in nothing but the axis and the
// model. The sequential cell of a workload joins all of its panels as base.
func speedupPanels(all []entry, axis string, laws map[int]*digest.Fit) [][]speedupRow {
	var order []string
	panels := map[string][]entry{}
	sequential := map[string]entry{} // by label
	for _, e := range all {
		if e.Model == experiments.Sequential {
			if _, ok := sequential[e.Label]; !ok && len(e.Trials) > 0 {
				sequential[e.Label] = e
			}
			continue
		}
		name := e.panel(axis)
		if _, ok := panels[name]; !ok {
			order = append(order, name)
		}
		panels[name] = append(panels[name], e)
	}
	var out [][]speedupRow
	for _, name := range order {
		base, ok := sequential[panels[name][0].Label]
		if rows := speedupPanel(name, panels[name], base, ok, axis, laws); len(rows) > 0 {
			out = append(out, rows)
		}
	}
	return out
}

// panel names the panel of a cell: its workload and every setting that is
// not on the axis.
func (e entry) panel(axis string) string {
	parts := []string{e.Label}
	if axis == "cores" && e.Workers != e.Cores {
		parts = append(parts, Digits(float64(e.Workers)/float64(e.Cores))+" workers per core")
	}
	if e.extra != "" {
		parts = append(parts, e.extra)
	}
	return strings.Join(parts, ", ")
}

func speedupPanel(name string, cells []entry, sequential entry, hasSequential bool, axis string, laws map[int]*digest.Fit) []speedupRow {
	slices.SortStableFunc(cells, func(a, b entry) int {
		if a.Model != b.Model {
			return modelOrder(a.Model) - modelOrder(b.Model)
		}
		return strings.Compare(a.Series, b.Series)
	})
	var rows []speedupRow
	for _, series := range groupBy(cells, func(e entry) string { return e.Series }) {
		series = slices.DeleteFunc(slices.Clone(series), func(e entry) bool { return len(finite(speeds(e.Cell))) == 0 })
		if len(series) < 2 {
			continue
		}
		base, words, own := series[0], "the same model at "+Count(int(series[0].x(axis)), strings.TrimSuffix(axis, "s")), "yes"
		if hasSequential {
			base, words, own = sequential, sequential.Series, "no"
		}
		for _, e := range series {
			rows = append(rows, speedupOf(speedupRow{Panel: name, who: e.who, Axis: axis, X: e.x(axis), Base: words, Own: own}, e, base)...)
		}
		if f := laws[series[0].index]; f != nil {
			rows = append(rows, fitRows(rows[len(rows)-1], f, stat.Median(finite(speeds(base.Cell))))...)
		}
	}
	return rows
}

func (e entry) x(axis string) float64 {
	if axis == "cores" {
		return float64(e.Cores)
	}
	return float64(e.Workers)
}

// ideal is the parallelism that a cell may use at best.
func (e entry) ideal() float64 {
	if e.Model == experiments.Sequential {
		return 1
	}
	return float64(min(e.Cores, e.Workers))
}

// speedupOf adds the numbers of a cell to what is known of its rows.
func speedupOf(r speedupRow, e, base entry) []speedupRow {
	one := stat.Median(finite(speeds(base.Cell)))
	r.Ideal, r.BaseS = e.ideal()/base.ideal(), stat.Median(present(base.Cell, "wall_s"))
	r.Low, r.High = math.NaN(), math.NaN()
	var rows []speedupRow
	var values []float64
	for i, v := range speeds(e.Cell) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		t := r
		t.Kind, t.Trial, t.N, t.Value = "trial", e.Trials[i], 1, v/one
		rows, values = append(rows, t), append(values, v/one)
	}
	for i := range rows {
		rows[i].N = len(values)
	}
	r.Kind, r.N, r.Value = "median", len(values), stat.Median(values)
	r.Low, r.High = medianInterval(values)
	return append(rows, r)
}

// speedupWords gives title and reading from the medians at the far end of
// the axis.
func speedupWords(rows []speedupRow) (title, reading string) {
	far := 0.0
	for _, r := range rows {
		far = max(far, r.X)
	}
	var ends []speedupRow
	panels := map[string]bool{}
	for _, r := range rows {
		if r.Kind == "median" && r.X == far {
			ends = append(ends, r)
			panels[r.Panel] = true
		}
	}
	byValue := func(a, b speedupRow) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	}
	lo, hi := slices.MinFunc(ends, byValue), slices.MaxFunc(ends, byValue)
	at := Count(int(far), strings.TrimSuffix(lo.Axis, "s"))
	sure := func(cell speedupRow) string {
		return estimated(collect(rows,
			func(r speedupRow) bool { return r.Kind == "trial" && r.Cell == cell.Cell && r.Panel == cell.Panel },
			func(r speedupRow) float64 { return r.Value }), "x")
	}
	reading = fmt.Sprintf("At %s the medians run from %s (%s, n = %d) to %s (%s, n = %d); ideal is %s.",
		at, sure(lo), lo.title(), lo.N, sure(hi), hi.title(), hi.N, Given(hi.Ideal, "x"))
	if len(panels) > 1 || len(ends) == 1 {
		title = fmt.Sprintf("At %s: %s reach %s (%s)", at, brief(hi.Series), sure(hi), brief(hi.Label))
		if len(ends) > 1 {
			title += fmt.Sprintf(", %s %s (%s)", brief(lo.Series), sure(lo), brief(lo.Label))
		}
		return title, reading
	}
	slices.SortStableFunc(ends, func(a, b speedupRow) int { return byValue(b, a) })
	var parts []string
	for _, r := range ends[:min(3, len(ends))] {
		parts = append(parts, brief(r.Series)+" "+sure(r))
	}
	parts[0] = brief(ends[0].Series) + " reach " + sure(ends[0])
	return fmt.Sprintf("%s at %s: %s", brief(ends[0].Panel), at, strings.Join(parts, ", ")), reading
}
