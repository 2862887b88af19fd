package report

import (
	"fmt"
	"math"
	"slices"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
	"forklore/plots"
)

// tabled are the metrics of the table of cells; a column without any value is
// left out.
var tabled = []string{"wall_s", "throughput_items_per_s", "throughput_B_per_s", "cpu_work_s", "mem_peak_B", "mem_high_B", "cold_s"}

func numbers(p *page) {
	if ok, _ := p.okTrials(); ok == 0 {
		p.para("There are none.")
		return
	}
	p.para("Medians over the ok trials of each cell. In [brackets] the 95 % interval of the median from order statistics where n ≥ 6, in (parentheses) the range over trials where n is less, nothing where n = 1; exact where every trial gave the same number. All metrics are in [summary.csv](summary.csv).")
	var metrics []digest.Metric
	for _, name := range tabled {
		if m, err := p.Metric(name); err == nil && p.has(name) {
			metrics = append(metrics, m)
		}
	}
	header := append([]string{"workload", "setting", "model", "n"}, headings(metrics)...)
	var rows [][]string
	for _, i := range plots.ReadingOrder(p.Digest) {
		c, pl := p.Cells[i], p.places[i]
		row := []string{text(pl.Label), text(pl.Setting), text(pl.Series), fmt.Sprint(len(c.Trials))}
		for _, m := range metrics {
			row = append(row, estimate(present(c.Values[m.Name]), m.Unit, len(c.Trials)))
		}
		rows = append(rows, row)
	}
	p.table(3, header, rows)
	p.measured()
	p.ratios()
}

func (p *page) has(metric string) bool {
	return slices.ContainsFunc(p.Cells, func(c digest.Cell) bool { return len(present(c.Values[metric])) > 0 })
}

// estimate prints a median with its interval or range, and its n where that
// is not the one given.
func estimate(values []float64, unit string, n int) string {
	if len(values) == 0 {
		return ""
	}
	median := stat.Median(values)
	s := plots.Quantity(median, unit)
	if len(values) > 1 && slices.Min(values) == slices.Max(values) {
		s += ", exact"
	} else if i, err := stat.MedianInterval(values, 0.95); err == nil {
		s += " [" + plots.Bounds(median, i.Lo, i.Hi, unit, ", ") + "]"
	} else if len(values) > 1 {
		s += " (" + plots.Bounds(median, slices.Min(values), slices.Max(values), unit, " to ") + ")"
	}
	if len(values) != n {
		s += fmt.Sprintf(" (n = %d)", len(values))
	}
	return s
}

func present(values []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// ratios compares the models setting by setting.
func (p *page) ratios() {
	var rows [][]string
	for _, metric := range []string{"wall_s", "throughput_items_per_s", "cpu_per_item_s", "mem_peak_B", "mem_high_B"} {
		m, err := p.Metric(metric)
		if err != nil || metric == "wall_s" && p.has("throughput_items_per_s") { // one is the other's inverse
			continue
		}
		for _, r := range p.Ratios(metric) {
			a, b := p.places[r.Num], p.places[r.Den]
			rows = append(rows, []string{text(m.Title), text(a.Label), text(a.Setting), text(a.Series + " / " + b.Series),
				plots.Times(r.Median), plots.TimesRange(r.Min, r.Max), fmt.Sprint(r.N)})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.para("Ratios between models, paired by block: median and range over the n blocks that hold a trial of both.")
	p.table(4, []string{"metric", "workload", "setting", "models", "ratio", "range over blocks", "n"}, rows)
}
