package digest

import (
	"math"
	"strconv"

	"forklore/metrics/record"
	"forklore/metrics/stat"
)

// SummaryColumns describes the columns of summary.csv in their order.
var SummaryColumns = []record.Column{
	{Name: "cell", Type: "text", Doc: "as in trials.csv"},
	{Name: "workload", Type: "text", Doc: "as in trials.csv"},
	{Name: "label", Type: "text", Doc: "as in trials.csv"},
	{Name: "params", Type: "text", Doc: "as in trials.csv"},
	{Name: "model", Type: "text", Doc: "as in trials.csv"},
	{Name: "model_label", Type: "text", Doc: "as in trials.csv"},
	{Name: "cores", Type: "whole number", Doc: "as in trials.csv"},
	{Name: "workers", Type: "whole number", Doc: "as in trials.csv"},
	{Name: "processes", Type: "whole number", Doc: "as in trials.csv"},
	{Name: "schedule", Type: "text", Doc: "as in trials.csv"},
	{Name: "scaling", Type: "text", Doc: "as in trials.csv"},
	{Name: "metric", Type: "text", Doc: "name of a metric, see below"},
	{Name: "unit", Type: "text", Doc: "unit of the metric and of all columns from median on; empty for counts and ratios"},
	{Name: "n", Type: "whole number", Doc: "ok, measured trials that have the metric"},
	{Name: "failed", Type: "whole number", Doc: "measured trials of the cell that did not end ok"},
	{Name: "median", Type: "number", Doc: "median"},
	{Name: "ci_lo", Type: "number", Doc: "lower end of the 95 % interval of the median (order statistics); absent for n < 6"},
	{Name: "ci_hi", Type: "number", Doc: "upper end"},
	{Name: "mean", Type: "number", Doc: "arithmetic mean"},
	{Name: "sd", Type: "number", Doc: "standard deviation of the sample; absent for n < 2"},
	{Name: "mad", Type: "number", Doc: "median absolute deviation from the median x 1.4826"},
	{Name: "min", Type: "number", Doc: "smallest value"},
	{Name: "max", Type: "number", Doc: "greatest value"},
	{Name: "p5", Type: "number", Doc: "5 % quantile (type 7)"},
	{Name: "p95", Type: "number", Doc: "95 % quantile (type 7)"},
}

// Summary returns the table of summary.csv: one row for each cell and each
// metric that any cell has. wall_s is always there, so that a cell whose
// trials all failed is seen. For many cells use [Digest.WriteSummary], which
// holds one row at a time.
func (d *Digest) Summary() Table {
	t := Table{Name: "summary", Columns: summaryNames()}
	d.summarize(func(row []string) bool {
		t.Rows = append(t.Rows, row)
		return true
	})
	return t
}

// WriteSummary writes [Digest.Summary] to path.
func (d *Digest) WriteSummary(path string) error {
	return writeRows(path, summaryNames(), d.summarize)
}

func summaryNames() []string {
	var names []string
	for _, c := range SummaryColumns {
		names = append(names, c.Name)
	}
	return names
}

func (d *Digest) summarize(yield func([]string) bool) {
	var shown []Metric
	for _, m := range d.Metrics() {
		if m.Name == "wall_s" || d.has(m.Name) {
			shown = append(shown, m)
		}
	}
	for i := range d.Cells {
		head := cellCells(&d.Cells[i])
		for _, m := range shown {
			if !yield(summaryRow(&d.Cells[i], head, m)) {
				return
			}
		}
	}
}

// has reports whether any cell has a value of the metric.
func (d *Digest) has(metric string) bool {
	for i := range d.Cells {
		for _, v := range d.Cells[i].Values[metric] {
			if !math.IsNaN(v) {
				return true
			}
		}
	}
	return false
}

func cellCells(c *Cell) []string {
	return []string{c.ID, c.Workload, c.Label, paramText(c.Params), c.Model, c.ModelLabel,
		strconv.Itoa(c.Cores), strconv.Itoa(c.Workers), strconv.Itoa(c.Processes), c.Schedule, c.Scaling}
}

func summaryRow(c *Cell, head []string, m Metric) []string {
	row := make([]string, 0, len(SummaryColumns))
	row = append(append(row, head...), m.Name, m.Unit)
	failed := 0
	for _, n := range c.Failed {
		failed += n
	}
	values := present(c.Values[m.Name])
	row = append(row, strconv.Itoa(len(values)), strconv.Itoa(failed))
	s, err := stat.Summarize(values)
	if err != nil { // no value
		return append(row, make([]string, len(SummaryColumns)-len(row))...)
	}
	lo, hi := math.NaN(), math.NaN()
	if i, err := stat.MedianInterval(values, 0.95); err == nil {
		lo, hi = i.Lo, i.Hi
	}
	for _, v := range []float64{s.Median, lo, hi, s.Mean, s.SD, s.MAD, s.Min, s.Max, s.P5, s.P95} {
		row = append(row, Number(v))
	}
	return row
}

// present returns the values that are not NaN; it may return its argument.
func present(values []float64) []float64 {
	for i, v := range values {
		if math.IsNaN(v) {
			kept := append([]float64(nil), values[:i]...)
			for _, v := range values[i:] {
				if !math.IsNaN(v) {
					kept = append(kept, v)
				}
			}
			return kept
		}
	}
	return values
}
