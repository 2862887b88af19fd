package experiments

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var metricName = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,39}$`)

func (r *reader) cMetrics(n *yaml.Node) {
	if !r.mapping(n, "metrics", "metrics: {requests_per_s: {match: '^rps ([0-9.]+)$', less: false}}") {
		return
	}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		switch {
		case !metricName.MatchString(name):
			r.fault(p.key, "metrics: %s is not a name", quote(name)).Allowed = "at most 40 letters, digits and _, beginning with a letter in lower case; the unit stands at the end: wait_s, sent_B"
		case name == "ok" || slices.Contains(r.cat.Metrics, name) || slices.ContainsFunc(r.cat.Workloads, func(s WorkloadSpec) bool { return slices.Contains(s.Measures, name) }):
			r.fault(p.key, "metrics: %s is measured by forklore", name).Remedy = "choose another name"
		case r.mapping(p.val, "metrics."+name, name+": {match: '^rps ([0-9.]+)$', less: false}"):
			r.metric(p)
		}
	}
}

// metric reads one number that a command prints.
func (r *reader) metric(p pair) {
	m := CommandMetric{Name: p.key.Value, Title: strings.ReplaceAll(p.key.Value, "_", " ")}
	r.w.program.metric = &m
	r.group(p.val, "workloads.metrics.", nil)
	for _, w := range r.grid.workloads {
		if w.program == nil {
			continue
		}
		for _, o := range w.program.all.Metrics {
			if o.Name == m.Name && (o.Unit != m.Unit || o.Less != m.Less || o.Title != m.Title) {
				r.fault(p.key, "metrics: %s means something else in %s", m.Name, w.label).Remedy = "give both the same unit, title and less, or another name"
			}
		}
	}
	r.w.program.all.Metrics = append(r.w.program.all.Metrics, m)
	if !slices.Contains(r.grid.metrics, m.Name) {
		r.grid.metrics = append(r.grid.metrics, m.Name)
	}
}

func (r *reader) cMatch(n *yaml.Node) {
	text, groups := r.expression(n, "metrics.match")
	if groups != 1 {
		r.fault(n, "metrics.match: the expression has %s", plural(groups, "group")).Remedy = "put the number, and nothing else, into parentheses; (?:...) groups without catching"
	}
	r.w.program.metric.Match = text
}

func (r *reader) cUnit(n *yaml.Node)  { r.w.program.metric.Unit = r.shortText(n, "unit") }
func (r *reader) cTitle(n *yaml.Node) { r.w.program.metric.Title = r.shortText(n, "title") }
func (r *reader) cLess(n *yaml.Node)  { r.w.program.metric.Less = r.truth(n, "less") }
