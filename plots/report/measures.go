package report

import (
	"fmt"
	"slices"

	"forklore/metrics/digest"
	"forklore/plots"
)

// own are metrics that only workloads have which count operations.
var own = []string{"throughput_ops_per_s", "cpu_per_op_s"}

// measured shows what each workload counts and measures of itself: a table for
// each, with the columns that it has.
func (p *page) measured() {
	var labels []string
	of := map[string][]int{}
	for _, i := range plots.ReadingOrder(p.Digest) {
		label := p.places[i].Label
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		of[label] = append(of[label], i)
	}
	for _, label := range labels {
		if metrics := p.ownMetrics(of[label]); len(metrics) > 0 {
			p.measuresOf(label, of[label], metrics)
		}
	}
}

// ownMetrics returns the metrics that cells have besides those of the table of
// all cells.
func (p *page) ownMetrics(cells []int) []digest.Metric {
	var list []digest.Metric
	for _, m := range p.Metrics() {
		if m.Of != nil && !slices.Contains(own, m.Name) {
			continue
		}
		if slices.ContainsFunc(cells, func(i int) bool { return len(present(p.Cells[i].Values[m.Name])) > 0 }) {
			list = append(list, m)
		}
	}
	return list
}

func (p *page) measuresOf(label string, cells []int, metrics []digest.Metric) {
	p.para(fmt.Sprintf("What **%s** counts and measures of itself:", text(label)))
	header := []string{"setting", "model", "n"}
	for _, m := range metrics {
		header = append(header, text(m.Title))
	}
	var rows [][]string
	for _, i := range cells {
		c, pl := p.Cells[i], p.places[i]
		row := []string{text(pl.Setting), text(pl.Series), fmt.Sprint(len(c.Trials))}
		for _, m := range metrics {
			row = append(row, estimate(present(c.Values[m.Name]), m.Unit, len(c.Trials)))
		}
		rows = append(rows, row)
	}
	p.table(2, header, rows)
	var docs []string
	for _, m := range metrics {
		docs = append(docs, fmt.Sprintf("%s (%s): %s.", line(m.Title), code(m.Name), text(m.Doc)))
	}
	p.list(docs)
}
