package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "throughput-latency",
		Question: "How many requests a second does each model serve before its latency breaks away?",
		Order:    6,
		Table:    loadTable,
		Draw:     loadDraw,
	})
}

// The rates that workloads under load measure, in requests a second.
const (
	offeredRate  = "offered_per_s"
	achievedRate = "achieved_per_s"
)

// loadRow is one percentile of latency at one load: of one trial, or the
// cell's medians.
type loadRow struct {
	Panel string `csv:"panel"`
	who
	Load         float64 `csv:"load"` // share of the capacity that was offered; absent where the load is no parameter, or no share
	Loop         string  `csv:"loop"` // closed, or max, where the load is no share
	Kind         string  `csv:"kind"`
	Trial        int     `csv:"trial"` // 0 for a median
	N            int     `csv:"n"`
	Offered      float64 `csv:"offered_per_s"`
	Achieved     float64 `csv:"achieved_per_s"`
	AchievedLow  float64 `csv:"achieved_ci_low_per_s"` // 95 % interval of the median, n >= 6
	AchievedHigh float64 `csv:"achieved_ci_high_per_s"`
	Measure      string  `csv:"measure"`
	Percentile   string  `csv:"percentile"`
	Latency      float64 `csv:"latency_s"`
	Low          float64 `csv:"latency_ci_low_s"`
	High         float64 `csv:"latency_ci_high_s"`
}

// keptUp is the share of the offered requests below which a server did not
// keep up.
const keptUp = 0.95

func loadTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []loadRow
	for _, m := range distributions(d) {
		if m.Name == latenessDist || m.Aside {
			continue // of the loop beside the work, or about the measuring
		}
		of := distsOf(d, m.Name)
		for _, p := range workPanels(entries(d), loadParam) {
			bySeries(p.cells, loadOrder)
			for _, q := range supported(p.cells, of) {
				rows = append(rows, loadRows(p, m, q)...)
			}
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no workload of this run measured both the requests served in a second and their latency")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "small marker: one trial; line: medians in the order of the load; "+apartFromIt(rows)+"hollow: less than 95 % of the offered requests achieved; whiskers: 95 % intervals of the medians (n ≥ 6)")}
	t.Title, t.Reading = loadWords(rows)
	return t, nil
}

// apartFromIt says in the subtitle what is joined to no line: a closed loop's latency is not comparable with one
// from the scheduled time.
func apartFromIt(rows []loadRow) string {
	if slices.ContainsFunc(rows, func(r loadRow) bool { return r.Loop != "" }) {
		return "apart from it those of closed loops, which hide waiting, and of searches; "
	}
	return ""
}

// loadOrder is the load of a cell, or else what was offered.
func loadOrder(e entry) float64 {
	if load := e.param(loadParam); !math.IsNaN(load) {
		return load
	}
	return stat.Median(present(e.Cell, offeredRate))
}

// supported returns p50 and the highest of p90 and p99 that every trial has
// enough durations for.
func supported(cells []entry, of map[int][]digest.Dist) []int {
	least := math.MaxInt
	for _, e := range cells {
		for _, one := range of[e.index] {
			least = min(least, digest.Count(one.Buckets))
		}
	}
	list := []int{0}
	for q := 2; q > 0; q-- {
		if float64(least) >= leastBeyond*namedPercentiles[q].oneIn {
			return append(list, q)
		}
	}
	return list
}

func loadRows(p workPanel, m record.Measure, q int) []loadRow {
	var rows []loadRow
	for _, e := range p.cells {
		base := loadRow{Panel: p.title, who: e.who, Load: e.param(loadParam), Loop: loopOf(e), Measure: m.Name, Percentile: namedPercentiles[q].name}
		rows = append(rows, base.trials(e)...)
	}
	return rows
}

// loopOf is the load of a cell where that is no share.
func loopOf(e entry) string {
	if load := e.Params[loadParam]; load != "" && math.IsNaN(e.param(loadParam)) {
		return load
	}
	return ""
}

// trials returns a row for each trial that has both a rate and a latency, and
// one for their medians.
func (r loadRow) trials(e entry) []loadRow {
	metric := digest.QuantileName(r.Measure, r.Percentile)
	nan := math.NaN()
	r.AchievedLow, r.AchievedHigh, r.Low, r.High = nan, nan, nan, nan
	var rows []loadRow
	var offered, achieved, latency []float64
	for i, trial := range e.Trials {
		t := r
		t.Kind, t.Trial = "trial", trial
		t.Offered, t.Achieved, t.Latency = value(e.Cell, offeredRate, i), value(e.Cell, achievedRate, i), value(e.Cell, metric, i)
		if math.IsNaN(t.Achieved) || math.IsNaN(t.Latency) {
			continue
		}
		rows, achieved, latency = append(rows, t), append(achieved, t.Achieved), append(latency, t.Latency)
		offered = append(offered, t.Offered)
	}
	if len(rows) == 0 {
		return nil
	}
	r.Kind, r.Offered, r.Achieved, r.Latency = "median", stat.Median(finite(offered)), stat.Median(achieved), stat.Median(latency)
	r.AchievedLow, r.AchievedHigh = medianInterval(achieved)
	r.Low, r.High = medianInterval(latency)
	rows = append(rows, r)
	for i := range rows {
		rows[i].N = len(rows) - 1
	}
	return rows
}

// behind tells whether the server did not keep up.
func (r loadRow) behind() bool { return r.Achieved < keptUp*r.Offered }

func (r loadRow) rate() string {
	return bracketed(r.Achieved, r.AchievedLow, r.AchievedHigh, "requests/s")
}

// loadWords compares, for the last panel, what each model achieved at most and
// the latency that it then had.
func loadWords(rows []loadRow) (title, reading string) {
	last := rows[len(rows)-1]
	best := map[string]loadRow{}
	var order []string
	behind, cells := 0, map[string]bool{}
	for _, r := range rows {
		if r.Kind != "median" {
			continue
		}
		if !cells[r.Cell] && r.behind() {
			behind++
		}
		cells[r.Cell] = true
		if r.Panel != last.Panel || r.Percentile != last.Percentile || r.Measure != last.Measure {
			continue
		}
		b, ok := best[r.Series]
		if !ok {
			order = append(order, r.Series)
		}
		if !ok || r.Achieved > b.Achieved {
			best[r.Series] = r
		}
	}
	var parts []part
	var all []string
	for _, series := range order {
		r := best[series]
		parts = append(parts, part{r.Achieved, brief(series) + " " + r.rate()})
		all = append(all, fmt.Sprintf("%s at %s of %s", series, bracketed(r.Latency, r.Low, r.High, "s"), Quantity(r.Achieved, "requests/s")))
	}
	reading = fmt.Sprintf("At its greatest rate each model has a %s of latency of: %s", last.Percentile, strings.Join(all, "; "))
	if behind > 0 {
		reading += fmt.Sprintf("; %s of %d did not keep up with what was offered", Count(behind, "cell"), len(cells))
	}
	return fmt.Sprintf("%s, most requests served: %s", brief(last.Panel), atMostThree(parts)), reading + "."
}

func loadDraw(s *Sheet, t Table) {
	rows := rowsOf[loadRow](t)
	latencies := map[string][]float64{}
	for _, r := range rows {
		latencies[r.Measure] = append(latencies[r.Measure], r.Latency, r.Low, r.High)
	}
	var panels []curvePanel
	for _, g := range groupBy(rows, func(r loadRow) string { return r.Measure + "\x00" + r.Panel + "\x00" + r.Percentile }) {
		lo, hi := finiteRange(latencies[g[0].Measure])
		p := curvePanel{title: g[0].Panel + ": " + g[0].Percentile, y: logScale(g[0].Percentile+" of "+strings.TrimSuffix(g[0].Measure, "_s"), "s", lo, hi)}
		p.note, p.x = p.y.label, rateScale(g) // an echo and a computation are a hundred times apart
		for _, series := range groupBy(g, func(r loadRow) string { return r.Series }) {
			p.curves = append(p.curves, loadCurve(series))
		}
		p.strip = len(p.curves) > 2 // they end anywhere, so that leaders would cross lines
		panels = append(panels, p)
	}
	s.drawCurves(panels, scale{})
}

func rateScale(rows []loadRow) scale {
	var rates []float64
	for _, r := range rows {
		rates = append(rates, r.Achieved, r.AchievedHigh)
	}
	return zeroScale("achieved", "requests/s", rates, 4)
}

func loadCurve(rows []loadRow) curve {
	c := curve{model: rows[0].Model, name: rows[0].Series}
	for _, r := range rows {
		p := point{x: r.Achieved, y: r.Latency, low: r.Low, high: r.High, left: r.AchievedLow, right: r.AchievedHigh, n: r.N, trial: r.Kind == "trial", hollow: r.behind(), apart: r.Loop != ""}
		p.at = Quantity(r.Achieved, "requests/s")
		if !math.IsNaN(r.Load) {
			p.at += ", load " + Digits(r.Load)
		}
		if r.Loop != "" {
			p.at += ", load " + r.Loop
		}
		c.points = append(c.points, p)
	}
	return c
}
