package experiments

import (
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

const compareForm = "compare: {processes: goroutines}, or compare: {axis: workers, left: 4x, right: 1x}"

// claimCompare reads both forms of compare.
func (r *reader) claimCompare(n *yaml.Node) {
	if !r.mapping(n, "compare", compareForm) {
		return
	}
	parts := map[string]*yaml.Node{}
	for _, p := range r.pairs(n) {
		parts[p.key.Value] = p.val
	}
	long := parts["axis"] != nil || parts["left"] != nil || parts["right"] != nil
	switch {
	case long:
		r.compareLong(n, parts)
	case len(r.pairs(n)) != 1:
		r.fault(n, "compare: expected one pair, better: worse").Remedy = "write " + compareForm
	default:
		p := r.pairs(n)[0]
		r.compareShort(p.key, p.val)
	}
	r.compareSides()
}

func (r *reader) compareLong(n *yaml.Node, parts map[string]*yaml.Node) {
	known := []string{"axis", "left", "right"}
	for _, p := range r.pairs(n) {
		if !slices.Contains(known, p.key.Value) {
			r.unknown(p.key, "key of compare", known)
		}
	}
	for _, name := range known {
		if parts[name] == nil {
			r.fault(n, "compare: %s is missing", name).Remedy = "write " + compareForm
			return
		}
	}
	if r.mayHave(parts["axis"].Value) && !slices.Contains(r.grid.axes(), parts["axis"].Value) {
		return
	}
	axis, ok := r.word(parts["axis"], "axis", r.grid.axes())
	if ok {
		r.c.Axis, r.c.left, r.c.right = axis, parts["left"], parts["right"]
	}
}

// compareShort finds the axis that has both values: the model, or the first
// other one.
func (r *reader) compareShort(left, right *yaml.Node) {
	c := r.c
	if right.Kind != yaml.ScalarNode || isNull(right) {
		r.wrong(right, "compare", "the value that "+quote(left.Value)+" is held against").Remedy = "write " + compareForm
		return
	}
	if r.grid.blind(left.Value, right.Value) {
		return
	}
	axes := append([]string{"model"}, r.grid.axes()...)
	var half string
	for _, axis := range axes {
		l, r := r.grid.hasValue(axis, left.Value), r.grid.hasValue(axis, right.Value)
		if l && r {
			c.Axis = axis
			break
		}
		if half == "" && (l || r) {
			half = axis
		}
	}
	switch {
	case c.Axis != "":
	case half == "":
		r.noValue(left, "model")
	case r.grid.hasValue(half, left.Value):
		r.noValue(right, half)
	default:
		r.noValue(left, half)
	}
	if c.Axis != "" {
		c.left, c.right = left, right
	}
}

// blind reports that a value may be one that could not be read: a name or a
// parameter, or a number on any axis.
func (g *grid) blind(values ...string) bool {
	if slices.ContainsFunc(values, numberLike.MatchString) {
		return !g.certain(doubtExclude, doubtOverride, doubtTimeout)
	}
	return g.doubted["workload"] || g.doubted["model"]
}

// noValue reports a side of a comparison that no cell has.
func (r *reader) noValue(n *yaml.Node, axis string) {
	have := r.grid.values(axis)
	f := r.fault(n, "compare: no cell has %s %s", axis, quote(n.Value))
	f.Allowed, f.Nearest = some(have), nearest(n.Value, have)
	f.Remedy = "for another axis write compare: {axis: ..., left: ..., right: ...}"
}

// compareSides reads both sides as values of the axis.
func (r *reader) compareSides() {
	c := r.c
	if c.left == nil || c.right == nil {
		return
	}
	left, ok1 := r.value(c.Axis, c.left)
	right, ok2 := r.value(c.Axis, c.right)
	if !ok1 || !ok2 {
		return
	}
	c.Left, c.Right = left[0], right[0]
	// Workers and processes follow from other axes: only cells can tell.
	listed := !slices.Contains(hostAxes, c.Axis) || c.Axis == "cores" && !r.grid.hostCores
	listed = listed && !r.grid.doubts(c.Axis)
	for _, n := range []*yaml.Node{c.left, c.right} {
		if listed && !r.grid.hasValue(c.Axis, n.Value) {
			r.noValue(n, c.Axis)
		}
	}
	if c.left.Value == c.right.Value || c.Left == c.Right && !r.grid.hostCores {
		r.fault(c.right, "compare: both sides are %s", c.Right).Remedy = "write " + compareForm
	}
}

// claimWhere reads the cells that a claim is about. It comes after compare.
func (r *reader) claimWhere(n *yaml.Node) {
	if !r.mapping(n, "where", "where: {cores: max}") {
		return
	}
	c := r.c
	if len(n.Content) == 0 {
		r.fault(n, "where: no axis is named").Remedy = "write for example where: {cores: max}, or remove it for all cells"
	}
	for _, p := range r.pairs(n) {
		axis := p.key.Value
		if axis == c.Axis {
			r.fault(p.key, "where: the claim compares two values of %s", axis).Remedy = "remove it"
			continue
		}
		if axis == "model" && c.Kind == ClaimScaling {
			r.fault(p.key, "where: the claim names its model already").Remedy = "remove it"
			continue
		}
		conditions, _ := r.conditions([]pair{p}, nil)
		for _, cond := range conditions {
			one := whereClause{condition: cond, nodes: []*yaml.Node{p.val}}
			if p.val.Kind == yaml.SequenceNode {
				one.nodes = p.val.Content
			}
			c.where = append(c.where, one)
			if c.Where == nil {
				c.Where = map[string][]string{}
			}
			c.Where[one.axis] = one.values
		}
	}
}

// hasValue reports whether text names one of the values of an axis.
func (g *grid) hasValue(axis, text string) bool {
	known := g.values(axis)
	values, _, err := g.canonical(axis, text)
	return err == nil && slices.ContainsFunc(values, func(v string) bool { return slices.Contains(known, v) })
}

// values lists what the file gives an axis: in its lists, in included cells
// and in overrides.
func (g *grid) values(axis string) []string {
	var out []string
	add := func(values ...string) {
		for _, v := range values {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	for _, one := range append([]*grid{g}, g.include...) {
		add(one.listed(axis)...)
	}
	for _, u := range g.override {
		switch axis {
		case "schedule":
			add(u.set.schedule)
		case "scaling":
			add(u.set.scaling)
		case "iterations":
			add(strconv.Itoa(u.set.iterations))
		}
		for _, params := range u.set.params {
			add(params[axis])
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" || s == "0" && axis == "iterations" })
}

// listed is what the lists of one grid say of an axis.
func (g *grid) listed(axis string) []string {
	var out []string
	switch axis {
	case "workload", "model":
		return (&grid{workloads: g.workloads, models: g.models}).names(axis)
	case "schedule":
		return g.schedules
	case "scaling":
		return g.scalings
	case "cores":
		return decimals(g.cores)
	case "iterations":
		return decimals(g.iterations)
	case "processes":
		for _, m := range g.models {
			out = append(out, decimals(m.processes)...)
		}
		return out
	case "workers":
		for _, w := range g.workers {
			out = append(out, w.String())
		}
		return out
	}
	for _, w := range g.workloads {
		for _, p := range w.params {
			if p.name == axis {
				out = append(out, p.values...)
			}
		}
	}
	return out
}

func decimals(values []int) []string {
	var out []string
	for _, v := range values {
		out = append(out, strconv.Itoa(v))
	}
	return out
}
