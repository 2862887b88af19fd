package experiments

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxFilter      = 4096 // characters
	maxFilterDepth = 50   // of parentheses
)

// filter is a parsed --filter: which points are run. Its words are
// benchproc's: key:value, key:(a OR b), AND (which may be left out), OR, - for
// not, parentheses, "quotes", and * for any characters.
type filter struct {
	source string
	test   func(*point) bool
	terms  []*term
}

// term is one value of one key.
type term struct {
	key, value   string
	keyAt, valAt int // columns
	glob         bool
	values       []string // canonical spellings of value, known after check
}

func (t *term) matches(p *point) bool {
	return slices.ContainsFunc(p.spellings(t.key), func(s string) bool {
		if t.glob {
			return globs(t.value, s)
		}
		return slices.Contains(t.values, s)
	})
}

// globs matches a pattern in which * stands for any characters.
func globs(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

// check resolves values such as max and 64KiB, and reports keys that no cell
// has and values that no cell has on their key.
func (f *filter) check(g *grid, points []point) Faults {
	var faults Faults
	axes := g.axes()
	for _, t := range f.terms {
		if !slices.Contains(axes, t.key) {
			one := f.fault(t.keyAt, fmt.Sprintf("unknown key %q", t.key), "")
			one.Allowed, one.Nearest = strings.Join(axes, ", "), nearest(t.key, axes)
			faults = append(faults, one)
			continue
		}
		if values, _, err := g.canonical(t.key, t.value); err == nil && !t.glob {
			t.values = values
		}
		if slices.ContainsFunc(points, func(p point) bool { return t.matches(&p) }) {
			continue
		}
		have := valuesOf(points, t.key)
		one := f.fault(t.valAt, fmt.Sprintf("no cell has %s %q", t.key, t.value), "")
		one.Nearest = nearest(t.value, have)
		one.Allowed = some(have)
		faults = append(faults, one)
	}
	return faults
}

// valuesOf lists what points have on an axis, in order.
func valuesOf(points []point, axis string) []string {
	var out []string
	seen := map[string]bool{}
	for i := range points {
		for j, s := range points[i].spellings(axis) {
			if !seen[s] && (j == 0 || axis == "workload" || axis == "model") {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// some joins the first of many values.
func some(values []string) string {
	if len(values) > 20 {
		return strings.Join(values[:20], ", ") + ", ..."
	}
	return strings.Join(values, ", ")
}
