package experiments

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// workload is one entry of the list of workloads: a name with its parameters,
// each with one value or, as an axis of its own, several.
type workload struct {
	use, label string // label is use unless the author gave one
	spec       WorkloadSpec
	params     []param // in the catalogue's order
	amount     amount
	program    *program // of a command; nil for a kernel
	commands   map[string]*Command
}

type param struct {
	name   string
	values []string // canonical
}

// amount is how much work a trial has; exactly one field is not zero.
type amount struct {
	items           int64
	autoS, duration float64
}

const (
	maxItems    = 1_000_000_000_000
	minAuto     = time.Millisecond
	maxAuto     = 10 * time.Minute
	minDuration = time.Millisecond
	maxDuration = time.Hour
)

func (r *reader) workloads(n *yaml.Node) {
	for _, c := range r.list(n, "workloads", "workloads: [sieve]") {
		before := len(r.faults)
		r.w = &workload{}
		r.entry(c, "workloads", r.readWorkload)
		if len(r.faults) > before || r.tainted(c) {
			r.grid.doubt("workload")
			continue
		}
		same := func(w *workload) bool { return reflect.DeepEqual(w.key(), r.w.key()) }
		if !r.again(c, "workloads", slices.ContainsFunc(r.grid.workloads, same)) {
			r.grid.workloads = append(r.grid.workloads, r.w)
		}
	}
}

// key is what makes two entries equal.
func (w *workload) key() any {
	return []any{w.use, w.label, w.params, w.amount, w.commands}
}

// entry reads a name or a mapping with use, by way of one function.
func (r *reader) entry(n *yaml.Node, what string, read func(*yaml.Node)) {
	switch {
	case r.bad[n]:
	case n.Kind == yaml.MappingNode:
		read(n)
	case n.Kind == yaml.ScalarNode && !isNull(n):
		use := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "use", Line: n.Line, Column: n.Column}
		read(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{use, n}, Line: n.Line, Column: n.Column})
	default:
		r.wrong(n, what, "a name or a mapping with use").Remedy = "write a name, or {use: name, ...}"
	}
}

func (r *reader) readWorkload(n *yaml.Node) {
	if slices.ContainsFunc(r.pairs(n), func(p pair) bool { return p.key.Value == "command" }) {
		r.readCommand(n)
		return
	}
	var names []string // of its parameters; all that are given where it is unknown
	for _, p := range r.pairs(n) {
		names = append(names, p.key.Value)
	}
	for _, p := range r.pairs(n) {
		if spec, ok := r.spec(p.val.Value); ok && p.key.Value == "use" && p.val.Kind == yaml.ScalarNode {
			r.w.spec, names = spec, spec.paramNames()
		}
	}
	for _, c := range r.cat.Companions {
		names = append(names, c.Name)
	}
	given := r.group(n, "workloads.", names)
	if !slices.ContainsFunc(r.pairs(n), func(p pair) bool { return p.key.Value == "use" }) {
		r.fault(n, "workloads.use is missing").Remedy = "add for example use: sieve"
	}
	if r.w.spec.Name != "" {
		r.readParams(given)
	}
	r.companions(given) // these, and the next, are the same beside any workload: also beside one that nobody knows
	r.onlyOne(n)
}

// readParams reads the parameters of a workload that is known, out of the pairs that are no keys of every entry.
func (r *reader) readParams(given []pair) {
	r.w.use = r.w.spec.Name
	if r.w.label == "" {
		r.w.label = r.w.use
	}
	for _, s := range r.w.spec.Params {
		p := param{s.Name, []string{s.Default}}
		if i := slices.IndexFunc(given, func(p pair) bool { return p.key.Value == s.Name }); i >= 0 {
			p.values = r.paramValues(given[i].val, s)
		}
		r.w.params = append(r.w.params, p)
	}
}

// onlyOne refuses items beside duration.
func (r *reader) onlyOne(n *yaml.Node) {
	var items, duration *yaml.Node
	for _, p := range r.pairs(n) {
		switch p.key.Value {
		case "items":
			items = p.key
		case "duration":
			duration = p.key
		}
	}
	if items != nil && duration != nil {
		r.fault(duration, "items and duration exclude each other").Remedy =
			"keep items for fixed work, or duration for fixed time"
	}
}

func (r *reader) spec(name string) (WorkloadSpec, bool) {
	i := slices.IndexFunc(r.cat.Workloads, func(s WorkloadSpec) bool { return s.Name == name })
	if i < 0 {
		return WorkloadSpec{}, false
	}
	return r.cat.Workloads[i], true
}

func (s WorkloadSpec) paramNames() []string {
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	return names
}

func (s WorkloadSpec) param(name string) (ParamSpec, bool) {
	i := slices.IndexFunc(s.Params, func(p ParamSpec) bool { return p.Name == name })
	if i < 0 {
		return ParamSpec{}, false
	}
	return s.Params[i], true
}

// paramValues reads one value of a parameter, or a list of them.
func (r *reader) paramValues(n *yaml.Node, s ParamSpec) []string {
	var out []string
	for _, c := range r.either(n, s.Name, s.Name+": "+s.Default) {
		v, ok := r.paramValue(c, s)
		if ok && !r.again(c, s.Name, slices.Contains(out, v)) {
			out = append(out, v)
		}
	}
	return out
}

func (r *reader) paramValue(n *yaml.Node, s ParamSpec) (string, bool) {
	switch {
	case r.bad[n]:
		return "", false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, s.Name, "one value").Allowed = s.Allowed
		return "", false
	case r.trap(n, s.Name, s.Allowed):
		return "", false
	case isSwitch(n):
		f := r.wrong(n, s.Name, "a value")
		f.Remedy, f.Allowed = fmt.Sprintf("write true or false, or %q for the word", n.Value), s.Allowed
		return "", false
	}
	v, err := s.Check(n.Value)
	if err != nil {
		r.fault(n, "%s: %v", s.Name, err).Allowed = s.Allowed
		return "", false
	}
	return v, true
}

func (r *reader) wUse(n *yaml.Node) {
	var names []string
	for _, s := range r.cat.Workloads {
		if !s.Hidden || s.Name == n.Value {
			names = append(names, s.Name)
		}
	}
	r.word(n, "workload", names)
}

func (r *reader) wLabel(n *yaml.Node) { r.w.label = r.shortText(n, "label") }

// shortText reads a label: it has to fit into a legend.
func (r *reader) shortText(n *yaml.Node, what string) string {
	s, ok := r.prose(n, what)
	s = strings.TrimSpace(s)
	if ok && (len([]rune(s)) > 40 || strings.ContainsAny(s, "\n\r\t")) {
		r.fault(n, "%s: a label is one line of at most 40 characters", what).Remedy = "shorten it: it has to fit into a legend"
	}
	return s
}

func (r *reader) wItems(n *yaml.Node) {
	if a, ok := r.items(n); ok && r.w.amount.duration == 0 {
		r.w.amount = a
	}
}

func (r *reader) items(n *yaml.Node) (a amount, ok bool) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "auto":
		return amount{autoS: 1}, true
	case n.Kind == yaml.SequenceNode && !r.bad[n]:
		r.wrong(n, "items", "one count").Remedy = "for several sizes list the workload once for each, with a label"
		return a, false
	case n.Kind == yaml.MappingNode && !r.bad[n]:
		pairs := r.pairs(n)
		if len(pairs) != 1 || pairs[0].key.Value != "auto" {
			r.fault(n, "items: expected a count, auto, or {auto: duration}").Remedy = "write items: {auto: 300ms}"
			return a, false
		}
		a.autoS, ok = r.span(pairs[0].val, "auto", minAuto, maxAuto)
		return a, ok
	case isPlain(n) && n.Tag == "!!str" && !numberLike.MatchString(n.Value):
		f := r.wrong(n, "items", "a count, auto, or {auto: duration}")
		f.Nearest = nearest(n.Value, []string{"auto"})
		return a, false
	}
	v, ok := r.whole(n, "items", 1, maxItems)
	return amount{items: int64(v)}, ok
}

func (r *reader) wDuration(n *yaml.Node) {
	d, ok := r.span(n, "duration", minDuration, maxDuration)
	if ok {
		r.w.amount = amount{duration: d}
	}
}
