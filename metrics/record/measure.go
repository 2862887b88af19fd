package record

import "strings"

// Measure describes a number that workloads take of themselves: a metric in
// claims and tables. A distribution called latency_s stands in histograms.csv and
// becomes the metrics latency_p50_s, latency_p90_s, latency_p95_s, latency_p99_s, latency_p999_s and
// latency_max_s.
type Measure struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Unit  string `json:"unit,omitempty"`
	Doc   string `json:"doc"`
	Less  bool   `json:"less,omitempty"` // less is better
	Merge string `json:"merge,omitempty"`
	Of    string `json:"of,omitempty"`    // name of the measure that a share is one of
	Total bool   `json:"total,omitempty"` // grows with the work that was done
	Hist  bool   `json:"hist,omitempty"`
	Aside bool   `json:"aside,omitempty"` // about how it was measured: in tables and claims, but in no chart
}

// Saturated is the measure that is 1 in trials whose load generator was the bottleneck: they are about
// it, and no verdict rests on them.
const Saturated = "generator_saturated"

// Quantile is what becomes of a distribution: one number for each trial.
type Quantile struct {
	Name  string // in the names of metrics
	Title string
	Q     float64 // 1 is the greatest
}

// Quantiles are those of every distribution.
var Quantiles = []Quantile{
	{"p50", "median", 0.5}, {"p90", "90 % quantile", 0.9}, {"p95", "95 % quantile", 0.95}, {"p99", "99 % quantile", 0.99}, {"p999", "99.9 % quantile", 0.999}, {"max", "maximum", 1},
}

// Metric returns the name of a distribution's metric: latency_p99_s for latency_s
// and p99.
func (q Quantile) Metric(distribution string) string {
	stem, ok := strings.CutSuffix(distribution, "_s")
	if !ok {
		return distribution + "_" + q.Name
	}
	return stem + "_" + q.Name + "_s"
}

// Metrics returns the names of the metrics that a measure becomes.
func (m Measure) Metrics() []string {
	if !m.Hist {
		return []string{m.Name}
	}
	var names []string
	for _, q := range Quantiles {
		names = append(names, q.Metric(m.Name))
	}
	return names
}
