package report

import (
	"fmt"
	"slices"

	"forklore/metrics/digest"
	"forklore/metrics/record"
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
	header := append([]string{"setting", "model", "n"}, headings(metrics)...)
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
	p.list(p.meanings(metrics))
}

// meanings says what metrics are; the quantiles of a distribution are told
// together.
func (p *page) meanings(metrics []digest.Metric) []string {
	has := func(name string) bool {
		return slices.ContainsFunc(metrics, func(m digest.Metric) bool { return m.Name == name })
	}
	var docs []string
	for _, m := range metrics {
		if m.Of != nil {
			docs = append(docs, fmt.Sprintf("%s (%s): %s.", line(m.Title), code(m.Name), text(m.Doc)))
		}
	}
	for _, m := range p.Manifest.Measures {
		switch {
		case m.Hist && slices.ContainsFunc(digest.MeasureMetrics([]record.Measure{m}), func(q digest.Metric) bool { return has(q.Name) }):
			docs = append(docs, fmt.Sprintf("%s (%s to %s): quantiles of a trial: %s.", line(m.Title),
				code(digest.QuantileName(m.Name, "p50")), code(digest.QuantileName(m.Name, "max")), text(m.Doc)))
		case has(m.Name):
			docs = append(docs, fmt.Sprintf("%s (%s): %s.", line(m.Title), code(m.Name), text(m.Doc)))
		}
	}
	return docs
}

// headings are the titles of metrics, with their units where titles are alike.
func headings(metrics []digest.Metric) []string {
	count := map[string]int{}
	for _, m := range metrics {
		count[m.Title]++
	}
	list := make([]string, len(metrics))
	for i, m := range metrics {
		if list[i] = text(m.Title); count[m.Title] > 1 {
			list[i] += " (" + text(m.Unit) + ")"
		}
	}
	return list
}
