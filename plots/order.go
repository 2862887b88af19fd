package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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
	Relative float64 `csv:"relative"`     // value over the median of its cell
	Steal    float64 `csv:"steal_cpus"`   // absent for trials shorter than 0.1 s, as all below but the delay
	Foreign  float64 `csv:"foreign_cpus"` // CPUs that others used during the work, on average
	Delay    float64 `csv:"run_delay_share"`
	Wall     float64 `csv:"wall_s"`
	CPU      float64 `csv:"pressure_cpu_share"` // of the work's time in which some task of the machine waited for a CPU
	IO       float64 `csv:"pressure_io_share"`
	Memory   float64 `csv:"pressure_memory_share"`
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
	t := Table{Rows: rows, Subtitle: subtitle(d, orderEstimator(rows))}
	t.Title, t.Reading = orderWords(rows)
	return t, nil
}

func orderEstimator(rows []orderRow) string {
	text := "each trial over the median of its cell, in the order of the run; stripes: blocks"
	if _, ok := takenPanel(rows); ok {
		text += "; CPUs that other programs and, as steal, the hypervisor took during the work, stacked"
	}
	if _, ok := pressurePanel(rows); ok {
		text += "; share of the work's time in which tasks of the machine waited: pressure stall information"
	}
	if slices.ContainsFunc(rows, orderRow.short) {
		text += "; both for trials of 0.1 s and more"
	}
	return text
}

func (r orderRow) short() bool { return r.Wall < shortestTold }

// shortestTold is how long a trial must be for the kernel's counters, which
// step by 10 ms and are read just before and after the work, to tell what
// others did meanwhile.
const shortestTold = 0.1

func orderOf(e entry, m mainMetric) []orderRow {
	values := e.Values[m.name]
	median := stat.Median(finite(values))
	var rows []orderRow
	for i, trial := range e.Trials {
		v, wall := value(e.Cell, m.name, i), value(e.Cell, "wall_s", i)
		if math.IsNaN(v/median) || math.IsInf(v/median, 0) {
			continue
		}
		share := func(metric string, most float64) float64 {
			if wall < shortestTold {
				return math.NaN()
			}
			return min(value(e.Cell, metric, i)/wall, most) // min keeps NaN
		}
		r := orderRow{Wall: wall, who: e.who, Control: e.Control, Trial: trial, Metric: m.name, Value: v, Median: median, Relative: v / median,
			Steal: share("steal_s", math.Inf(1)), Foreign: share("foreign_cpu_s", math.Inf(1)),
			Delay: value(e.Cell, "run_delay_s", i) / (wall * float64(e.Workers)),
			CPU:   share("psi_cpu_s", 1), IO: share("psi_io_s", 1), Memory: share("psi_mem_s", 1)}
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
