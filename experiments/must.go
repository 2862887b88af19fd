package experiments

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Must is a requirement on a model, beside which its speed does not count.
type Must struct {
	Text    string // as it was written
	Isolate bool   // what befalls one worker must not reach the others
	Share   bool   // workers must have one memory

	Metric   string   // of a number: "memory", a quantile as "p99", or the name of a metric
	AtLeast  *float64 // in the metric's SI base unit
	AtMost   *float64
	Quantile bool // Metric is a quantile of what the workload measures
}

// MustForms says which requirements there are.
const MustForms = "isolate, share, memory<1GiB, p99<20ms (or p50, p90, p999, max), or the name of a metric with < or > and a number, as cpu_share>90%"

// The memory of a model, by the best authority that a run has.
const MustMemory = "memory"

var (
	mustNumber   = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_]*) ?(<=?|>=?) ?(.+)$`)
	mustQuantile = regexp.MustCompile(`^(p50|p90|p99|p999|max)$`)
)

// ParseMust reads a requirement.
func ParseMust(s string) (Must, error) {
	m := Must{Text: strings.Join(strings.Fields(s), "")}
	switch m.Text {
	case "isolate":
		m.Isolate = true
		return m, nil
	case "share":
		m.Share = true
		return m, nil
	}
	g := mustNumber.FindStringSubmatch(strings.TrimSpace(s))
	if g == nil {
		hint := ""
		if near := nearest(m.Text, []string{"isolate", "share", MustMemory}); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return m, fmt.Errorf("%q is no requirement%s; there are %s", s, hint, MustForms)
	}
	m.Metric, m.Quantile = g[1], mustQuantile.MatchString(g[1])
	of := m.measure()
	v, ok := of.parse(g[3])
	if of == times {
		d, err := time.ParseDuration(g[3])
		v, ok = d.Seconds(), err == nil && d >= 0
	}
	if !ok {
		return m, fmt.Errorf("%q: %q is not %s; allowed is %s", s, g[3], measureForms[of].noun, measureForms[of].allowed)
	}
	if g[2][0] == '<' {
		m.AtMost = &v
	} else {
		m.AtLeast = &v
	}
	return m, nil
}

// measure is what the number of the requirement is.
func (m Must) measure() measure {
	switch {
	case m.Quantile:
		return times
	case m.Metric == MustMemory:
		return sizes
	}
	return measureOf(m.Metric)
}
