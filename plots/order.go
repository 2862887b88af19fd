package plots

import (
	"cmp"
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
		Name:     "order",
		Question: "Was the machine the same from the first trial to the last?",
		Order:    90,
		Table:    orderTable,
		Draw:     orderDraw,
	})
}

// orderRow is one trial at its place in the run.
type orderRow struct {
	who
	Control  string  `csv:"control"` // role of a cell that tests the run; empty for all others
	Trial    int     `csv:"trial"`
	Block    int     `csv:"block"`
	Metric   string  `csv:"metric"`
	Value    float64 `csv:"value"`
	Median   float64 `csv:"cell_median"`
	Relative float64 `csv:"relative"` // value over the median of its cell
	Steal    float64 `csv:"steal_cpus"`
	Foreign  float64 `csv:"foreign_cpus"` // CPUs that others used during the work, on average
	Delay    float64 `csv:"run_delay_share"`
}

func orderTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	all := entries(d)
	metrics := mainMetrics(all)
	var rows []orderRow
	for _, e := range all {
		rows = append(rows, orderOf(e, metrics[e.Label])...)
	}
	for i := range d.Controls {
		c := &d.Controls[i]
		e := entry{who{c.ID, labelOf(c.Cell), "", c.Control, "control " + c.Control, c.Cores, c.Workers}, -1, "", c}
		rows = append(rows, orderOf(e, wallMetric)...)
	}
	slices.SortFunc(rows, func(a, b orderRow) int { return cmp.Compare(a.Trial, b.Trial) })
	measured := slices.IndexFunc(rows, func(r orderRow) bool { return r.Control == "" })
	if len(rows) < 2 || measured < 0 {
		return Table{}, Absent("a single trial has no order")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "each trial over the median of its cell, in the order of the run; stripes: blocks; below, stacked: CPUs that other programs and, as steal, the hypervisor took during the work")}
	t.Title, t.Reading = orderWords(rows)
	return t, nil
}

func orderOf(e entry, m mainMetric) []orderRow {
	values := e.Values[m.name]
	median := stat.Median(finite(values))
	var rows []orderRow
	for i, trial := range e.Trials {
		v, wall := value(e.Cell, m.name, i), value(e.Cell, "wall_s", i)
		if math.IsNaN(v/median) || math.IsInf(v/median, 0) {
			continue
		}
		r := orderRow{who: e.who, Control: e.Control, Trial: trial, Metric: m.name, Value: v, Median: median, Relative: v / median,
			Steal: value(e.Cell, "steal_s", i) / wall, Foreign: value(e.Cell, "foreign_cpu_s", i) / wall,
			Delay: value(e.Cell, "run_delay_s", i) / (wall * float64(e.Workers))}
		if i < len(e.Blocks) {
			r.Block = e.Blocks[i]
		}
		rows = append(rows, r)
	}
	return rows
}

// mostDrift bounds the quadratic tests of drift: longer runs are thinned.
const mostDrift = 1000

// orderWords tells whether the trials drift, with the p of that, and names the
// one that lies farthest from its cell's median.
func orderWords(rows []orderRow) (title, reading string) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r orderRow) bool { return r.Control != "" })
	worst := rows[0]
	var relative []float64
	for _, r := range rows {
		if math.Abs(math.Log(r.Relative)) > math.Abs(math.Log(worst.Relative)) {
			worst = r
		}
		if r.Metric == itemMetric.name { // a rate turns round: all rows speak of time
			r.Relative = 1 / r.Relative
		}
		relative = append(relative, r.Relative)
	}
	title, reading = driftWords(relative)
	return title, reading + fmt.Sprintf("The farthest trial is number %d (%s) at %s of its cell's median.", worst.Trial, worst.title(), Times(worst.Relative))
}

// driftWords tests ratios in run order for a trend and estimates its size. A
// rise means that trials become slower.
func driftWords(relative []float64) (title, reading string) {
	tested := thinned(relative, mostDrift)
	test, err := stat.MannKendall(tested)
	slope, err2 := stat.TheilSen(nil, tested, 0.95)
	if err != nil || err2 != nil || slices.Min(tested) == slices.Max(tested) {
		return fmt.Sprintf("%s cannot show a drift", Count(len(relative), "trial")), "A test of drift needs three trials that differ from their cells' medians. "
	}
	share := func(perStep float64) float64 { return 100 * perStep * float64(len(tested)-1) }
	title = fmt.Sprintf("No drift found over %s (%s)", Count(len(relative), "trial"), pWords(test.P))
	if test.P <= alpha {
		title = fmt.Sprintf("Trials drift by %+.2g %% over the run (%s)", share(slope.Estimate), pWords(test.P))
	}
	reading = fmt.Sprintf("Time per trial moves by %+.2g %% [%+.2g, %+.2g] from the first to the last (Theil and Sen's slope of %s relative to their cells' medians, 95 %% interval; p by Mann and Kendall, as if trials were independent). ",
		share(slope.Estimate), share(slope.Lo), share(slope.Hi), Count(len(tested), "trial"))
	return title, reading
}

func pWords(p float64) string {
	if p < 0.0001 {
		return "p < 0.0001"
	}
	return "p = " + Digits(p)
}

// thinned takes an even spread of at most n values.
func thinned(v []float64, n int) []float64 {
	if len(v) <= n {
		return v
	}
	kept := make([]float64, n)
	for i := range kept {
		kept[i] = v[i*(len(v)-1)/(n-1)]
	}
	return kept
}

func orderDraw(s *Sheet, t Table) {
	rows := rowsOf[orderRow](t)
	s.legend(append(modelKeys(rows), key{"median of the cell", stroke(boundLine)}))
	var relative []float64
	var trials []float64
	for _, r := range rows {
		relative, trials = append(relative, r.Relative), append(trials, float64(r.Trial))
	}
	x := trialScale(trials)
	s.orderPanel(rows, "value over the median of its cell, log scale", x, ratioScale("", append(relative, 1)), 230, drawOrder)
	var taken []float64
	for _, r := range rows {
		taken = append(taken, orZero(r.Steal)+max(0, orZero(r.Foreign)), r.Steal, r.Foreign)
	}
	if slices.ContainsFunc(rows, func(r orderRow) bool { return !math.IsNaN(r.Steal) || !math.IsNaN(r.Foreign) }) {
		s.legend([]key{{"others' CPU time", bar(foreignColor)}, {"steal", bar(stealColor)}})
		s.orderPanel(rows, "CPUs taken by others during the work", x, zeroScale("", "", append(taken, 0.1), 4), 90, drawTaken)
	}
}

var (
	foreignColor = faded(rule, 0.55)
	stealColor   = alarm
)

func bar(c interface {
	RGBA() (r, g, b, a uint32)
}) func(*Sheet, vg.Length, vg.Length) {
	return swatch(draw.LineStyle{Color: c})
}

func modelKeys(rows []orderRow) []key {
	seen := map[string]orderRow{}
	var names []string
	for _, r := range rows {
		if _, ok := seen[r.Series]; !ok {
			names = append(names, r.Series)
		}
		seen[r.Series] = r
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Or(modelOrder(seen[a].Model)-modelOrder(seen[b].Model), cmp.Compare(a, b))
	})
	var keys []key
	for _, n := range names {
		keys = append(keys, key{n, dot(styleOf(seen[n].Model), false)})
	}
	return keys
}

// trialScale counts trials: whole ticks on a linear axis.
func trialScale(trials []float64) scale {
	lo, hi := finiteRange(trials)
	pad := max(0.5, 0.01*(hi-lo))
	s := scale{min: lo - pad, max: hi + pad, label: "trial, in the order of the run"}
	step := max(1, niceStep((hi-lo)/8))
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		s.ticks = append(s.ticks, tick{i * step, trimFloat(i*step, 0)})
	}
	return s
}

func (s *Sheet) orderPanel(rows []orderRow, title string, x, y scale, height vg.Length, paint func(frame, []orderRow)) {
	s.text(smallText, margin, s.y+smallText.line()/2, draw.XLeft, title)
	s.y += smallText.line() + 6
	f := frame{s: s, x: x, y: y, x0: margin + yRoom(y), x1: sheetWidth - margin, y0: s.y, y1: s.y + height}
	f.blocks(rows)
	f.axisX()
	f.axisY(true)
	paint(f, rows)
	s.y = f.y1 + axisRoom
}

// mostBlocks is how many blocks can be told apart as stripes.
const mostBlocks = 80

// blocks shades every second block, where the run went by blocks and they are
// wide enough to be seen.
func (f frame) blocks(rows []orderRow) {
	groups := groupBy(rows, func(r orderRow) int { return r.Block })
	if len(groups) > mostBlocks {
		return
	}
	for i, g := range groups {
		if i%2 == 1 {
			f.s.fill(stripe, f.px(float64(g[0].Trial)-0.5), f.y0, f.px(float64(g[len(g)-1].Trial)+0.5), f.y1)
		}
	}
}

func drawOrder(f frame, rows []orderRow) {
	f.s.segment(boundLine, f.x0, f.py(1), f.x1, f.py(1))
	radius, alpha := vg.Length(2.6), 0.8
	if len(rows) > 400 {
		radius, alpha = 1.5, 0.5
	}
	for _, r := range rows {
		x, y := f.px(float64(r.Trial)), f.py(r.Relative)
		f.s.marker(styleOf(r.Model), x, y, radius, alpha, false)
		m := metricByName(r.Metric)
		f.s.spot(x-4, y-4, x+4, y+4, fmt.Sprintf("trial %d, block %d, %s: %s, %s of its cell's median", r.Trial, r.Block, r.title(), Quantity(r.Value, m.unit), Times(r.Relative)))
	}
}

func drawTaken(f frame, rows []orderRow) {
	half := max(0.4, min(3, (f.px(1)-f.px(0))*0.4))
	for _, r := range rows {
		x := f.px(float64(r.Trial))
		base := max(0, orZero(r.Foreign))
		if base > 0 {
			f.s.fill(foreignColor, x-half, f.py(base), x+half, f.y1)
		}
		if r.Steal > 0 {
			f.s.fill(stealColor, x-half, f.py(base+r.Steal), x+half, f.py(base))
		}
	}
}
