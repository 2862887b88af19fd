package experiments

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// rule picks cells and says what becomes of them.
type rule struct {
	node    *yaml.Node
	key     string // "exclude" or "override"
	where   []condition
	because string // of exclude
	set     patch  // of override
	vague   bool   // a condition has a fault and is left out
}

// condition holds for points that have one of the values on the axis.
type condition struct {
	axis   string
	values []string
}

// patch is what an override changes; zero values change nothing.
type patch struct {
	timeoutS   float64
	amount     amount
	iterations int
	schedule   string
	scaling    string
	params     map[string]map[string]string // workload, parameter: canonical value
	names      []string                     // of the parameters
}

// matches reports whether every condition holds; loosely, those on cores and
// workers are taken to hold, since they may do so on another machine.
func (u *rule) matches(p *point, loosely bool) bool {
	for _, c := range u.where {
		if loosely && (c.axis == "cores" || c.axis == "workers" || c.axis == "processes") {
			continue
		}
		if !p.is(c.axis, c.values) {
			return false
		}
	}
	return true
}

func (r *reader) excludes(n *yaml.Node) {
	r.lenient = r.fromBase["exclude"]
	const example = "exclude: [{model: threads, because: ...}]"
	for _, c := range r.list(n, "exclude", example) {
		if r.tainted(c) || !r.mapping(c, "exclude", example) {
			r.grid.doubt(doubtExclude)
			continue
		}
		before := len(r.faults)
		u := &rule{node: c, key: "exclude", because: fmt.Sprintf("excluded at line %d", c.Line)}
		var axes []pair
		for _, p := range r.pairs(c) {
			if p.key.Value == "because" {
				u.because, _ = r.prose(p.val, "because")
				continue
			}
			axes = append(axes, p)
		}
		if len(axes) == 0 {
			r.fault(c, "exclude: a rule without an axis would leave nothing").Remedy = "name the cells: {model: threads, cores: 1}"
			r.grid.doubt(doubtExclude)
			continue
		}
		u.where, u.vague = r.conditions(axes, []string{"because"})
		r.keep(u, &r.grid.exclude, len(r.faults) > before)
	}
}

// keep adds a rule to its list. One with a fault changes nothing, but what is
// certain of it is judged with the others.
func (r *reader) keep(u *rule, list *[]*rule, faulty bool) {
	if faulty || u.vague {
		r.grid.doubt(u.key)
		list = &r.grid.unclear
	}
	*list = append(*list, u)
}

// conditions reads axes with one value or several each. Those with a fault are
// left out, which makes what is left vague.
func (r *reader) conditions(pairs []pair, beside []string) (out []condition, vague bool) {
	axes := r.grid.axes()
	for _, p := range pairs {
		axis := p.key.Value
		if !slices.Contains(axes, axis) {
			if r.lenient { // no cell of this profile has it
				out = append(out, condition{axis: axis})
				continue
			}
			vague = true
			if !r.mayHave(axis) {
				r.unknown(p.key, "axis", append(r.settings(axes), beside...))
			}
			continue
		}
		before := len(r.faults)
		cond := condition{axis: axis}
		for _, c := range r.either(p.val, axis, axis+": value") {
			values, ok := r.value(axis, c)
			if ok && !r.again(c, axis, slices.Contains(cond.values, values[0])) {
				cond.values = append(cond.values, values...)
			}
		}
		if len(r.faults) > before || cond.values == nil {
			vague = true
			continue
		}
		out = append(out, cond)
	}
	return out, vague
}

// settings adds what unknown workloads may have to a list of names.
func (r *reader) settings(names []string) []string {
	names = slices.Clone(names)
	if r.grid.doubts("workload") {
		for _, name := range r.allParams() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// value reads one value of an axis in its canonical spellings.
func (r *reader) value(axis string, n *yaml.Node) ([]string, bool) {
	one := func(s string, ok bool) ([]string, bool) { return []string{s}, ok }
	switch axis {
	case "workload", "model":
		if (r.lenient || r.grid.doubts(axis)) && n.Kind == yaml.ScalarNode && !isNull(n) {
			return []string{n.Value}, true
		}
		return one(r.named(n, axis))
	case "schedule":
		return one(r.word(n, axis, []string{Static, Dynamic}))
	case "scaling":
		return one(r.word(n, axis, []string{Strong, Weak}))
	case "cores":
		c := &coresReader{reader: r}
		v, ok := c.count(n, "cores")
		return one(strconv.Itoa(v), ok)
	case "workers":
		w, ok := r.worker(n)
		if w.times {
			return one(strconv.Itoa(w.n)+"x", ok)
		}
		return one(strconv.Itoa(w.n), ok)
	case "iterations", "processes":
		v, ok := r.whole(n, axis, 1, maxIterations)
		return one(strconv.FormatUint(v, 10), ok)
	}
	return r.paramIn(axis, n)
}

// named reads the name or label of a workload or model of the experiment.
func (r *reader) named(n *yaml.Node, axis string) (string, bool) {
	known := r.grid.names(axis)
	if n.Kind == yaml.ScalarNode && !isNull(n) && !slices.Contains(known, n.Value) {
		f := r.fault(n, "this experiment has no %s %s", axis, quote(n.Value))
		f.Allowed, f.Nearest = some(known), nearest(n.Value, known)
		return "", false
	}
	return r.word(n, axis, known)
}

// paramIn reads the value of a parameter that one or several workloads have.
func (r *reader) paramIn(name string, n *yaml.Node) ([]string, bool) {
	switch {
	case r.bad[n]:
		return nil, false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, name, "one value")
		return nil, false
	case r.trap(n, name, r.grid.form(name)):
		return nil, false
	}
	values, allowed, err := r.grid.canonical(name, n.Value)
	if err != nil {
		r.fault(n, "%s: %v", name, err).Allowed = allowed
		return nil, false
	}
	return values, true
}

const overrideForm = "override: [{where: {workload: sieve}, set: {timeout: 5m}}]"

func (r *reader) overrides(n *yaml.Node) {
	r.lenient = r.fromBase["override"]
	for _, c := range r.list(n, "override", overrideForm) {
		if r.tainted(c) || !r.mapping(c, "override", overrideForm) {
			r.grid.doubt(doubtOverride)
			continue
		}
		before := len(r.faults)
		u := &rule{node: c, key: "override"}
		parts := map[string]*yaml.Node{}
		for _, p := range r.pairs(c) {
			if p.key.Value != "where" && p.key.Value != "set" {
				r.unknown(p.key, "key of override", []string{"where", "set"})
				continue
			}
			parts[p.key.Value] = p.val
		}
		for _, name := range []string{"where", "set"} {
			if parts[name] == nil && len(parts) == len(r.pairs(c)) {
				r.fault(c, "override: %s is missing", name).Remedy = "write " + overrideForm
			}
		}
		u.vague = true
		if n := parts["where"]; n != nil && r.mapping(n, "where", "where: {workload: sieve}") {
			u.where, u.vague = r.conditions(r.pairs(n), nil)
		}
		if n := parts["set"]; n != nil && r.mapping(n, "set", "set: {timeout: 5m}") {
			u.set = r.patch(n)
		}
		r.keep(u, &r.grid.override, len(r.faults) > before)
	}
}

// patch reads what an override sets.
func (r *reader) patch(n *yaml.Node) patch {
	out := patch{params: map[string]map[string]string{}}
	r.onlyOne(n)
	params := slices.DeleteFunc(r.grid.axes(), func(s string) bool { return slices.Contains(cellAxes, s) })
	known := append([]string{"timeout", "items", "duration", "iterations", "schedule", "scaling"}, params...)
	for _, p := range r.pairs(n) {
		switch name := p.key.Value; name {
		case "timeout":
			out.timeoutS, _ = r.span(p.val, "timeout", minTimeout, maxTimeout)
		case "items":
			out.amount, _ = r.items(p.val)
		case "duration":
			out.amount.duration, _ = r.span(p.val, "duration", minDuration, maxDuration)
		case "iterations":
			v, _ := r.whole(p.val, name, 1, maxIterations)
			out.iterations = int(v)
		case "schedule":
			out.schedule, _ = r.word(p.val, name, []string{Static, Dynamic})
		case "scaling":
			out.scaling, _ = r.word(p.val, name, []string{Strong, Weak})
		default:
			r.patchParam(&out, p, params, known)
		}
	}
	if len(n.Content) == 0 {
		r.fault(n, "override: set changes nothing").Remedy = "write for example set: {timeout: 5m}"
	}
	return out
}

func (r *reader) patchParam(out *patch, p pair, params, known []string) {
	name := p.key.Value
	switch {
	case slices.Contains(cellAxes, name):
		r.fault(p.key, "override: %s says which cell it is and cannot be changed", name).Remedy = "use exclude and include"
		return
	case !slices.Contains(params, name):
		if !r.lenient && !r.mayHave(name) {
			r.unknown(p.key, "setting", r.settings(known))
		}
		return
	}
	if _, ok := r.paramIn(name, p.val); !ok {
		return
	}
	out.names = append(out.names, name)
	for _, s := range r.grid.specs() {
		spec, ok := s.param(name)
		if !ok {
			continue
		}
		if v, err := spec.Check(p.val.Value); err == nil {
			if out.params[s.Name] == nil {
				out.params[s.Name] = map[string]string{}
			}
			out.params[s.Name][name] = v
		}
	}
}

// title says in words what a rule looks for.
func (u *rule) title() string {
	var parts []string
	for _, c := range u.where {
		parts = append(parts, c.axis+" "+strings.Join(c.values, " or "))
	}
	return strings.Join(parts, ", ")
}
