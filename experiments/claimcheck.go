package experiments

import (
	"slices"
	"strings"
)

// hostAxes depend on the machine where the list of cores does.
var hostAxes = []string{"cores", "workers", "processes"}

// checkClaims reports claims about cells that the grid does not have. One about
// cells that only this machine lacks stays, for want of a better machine.
func (r *reader) checkClaims(x *expansion) {
	if len(r.grid.claims) == 0 {
		return
	}
	told := map[*claim]bool{}
	for _, c := range r.grid.claims {
		before := len(r.faults)
		for _, w := range c.where {
			r.checkWhere(w, x)
		}
		told[c] = len(r.faults) > before
	}
	x.name()
	p := &Plan{Cells: make([]Cell, 0, len(x.points))}
	for i := range x.points {
		p.Cells = append(p.Cells, x.points[i].Cell)
	}
	for _, c := range r.grid.claims {
		if !told[c] && !r.dependsOnHost(c, x) {
			r.checkClaim(c, p)
		}
	}
}

// checkWhere reports values that no cell has.
func (r *reader) checkWhere(w whereClause, x *expansion) {
	if r.grid.hostCores && slices.Contains(hostAxes, w.axis) {
		return
	}
	for _, n := range w.nodes {
		values, _, err := r.grid.canonical(w.axis, n.Value)
		has := func(p point) bool { return p.is(w.axis, values) }
		if err != nil || slices.ContainsFunc(x.points, has) {
			continue
		}
		have := valuesOf(x.points, w.axis)
		f := r.fault(n, "where: no cell has %s %s", w.axis, n.Value)
		f.Remedy, f.Allowed, f.Nearest = "correct or remove it", some(have), nearest(n.Value, have)
	}
}

// dependsOnHost reports that another machine may have the cells of a claim.
func (r *reader) dependsOnHost(c *claim, x *expansion) bool {
	if !r.grid.hostCores {
		return false
	}
	where := func(w whereClause) bool { return slices.Contains(hostAxes, w.axis) }
	missing := func(d droppedPoint) bool { return d.Cores > r.grid.cpus }
	return slices.Contains(hostAxes, c.Axis) || slices.ContainsFunc(c.where, where) || slices.ContainsFunc(x.dropped, missing)
}

// checkMeasure reports a claim about a number that none of its workloads takes
// of itself.
func (r *reader) checkMeasure(c *claim, p *Plan) {
	if len(r.cat.Metrics) == 0 || c.Metric == "" || c.Metric == "ok" {
		return
	}
	if slices.Contains(r.cat.Metrics, c.Metric) {
		r.checkCounted(c, p)
		return
	}
	var have []string
	for i := range p.Cells {
		if !c.Covers(&p.Cells[i]) {
			continue
		}
		measures := r.measures(&p.Cells[i])
		if slices.Contains(measures, c.Metric) {
			return
		}
		have = append(have, measures...)
	}
	slices.Sort(have)
	f := r.fault(c.given["metric"].val, "claims: no workload of this claim measures %s", c.Metric)
	f.Remedy = "name a metric of every trial (forklore list metrics)"
	if have = slices.Compact(have); len(have) > 0 {
		f.Remedy, f.Allowed = "name what its workloads measure, or a metric of every trial", strings.Join(have, ", ")
	}
}

// checkCounted reports a claim about something that none of its workloads counts:
// the run would end without data to judge by.
func (r *reader) checkCounted(c *claim, p *Plan) {
	var lacking []string
	for i := range p.Cells {
		if !c.Covers(&p.Cells[i]) {
			continue
		}
		spec, ok := r.spec(p.Cells[i].Workload)
		if !ok || !slices.Contains(spec.Lacks, c.Metric) {
			return
		}
		if !slices.Contains(lacking, spec.Name) {
			lacking = append(lacking, spec.Name)
		}
	}
	if len(lacking) > 0 {
		r.fault(c.given["metric"].val, "claims: %s would stay empty: it is about what %s does not count", c.Metric, strings.Join(lacking, ", ")).Remedy =
			"every workload counts its items: throughput_items_per_s, cpu_per_item_s"
	}
}

// unlike reports that calibration will give two cells different amounts of work, with
// which the metric grows.
func (r *reader) unlike(metric string, a, b *Cell) bool {
	grows := []string{"wall_s", "cold_s", "cpu_s", "cpu_work_s", "alloc_B"}
	return slices.Contains(grows, metric) && a.AutoS > 0 && b.AutoS > 0 && a.Scaling == Strong && b.Scaling == Strong &&
		(a.Workload != b.Workload || r.cat.alone(a).ParamText() != r.cat.alone(b).ParamText())
}

// measures names the metrics that the workload of a cell takes of itself.
func (r *reader) measures(c *Cell) []string {
	if c.Command == nil {
		spec, _ := r.spec(c.Workload)
		return slices.Concat(spec.Measures, r.cat.companionMeasures(c))
	}
	var names []string
	for _, m := range c.Command.Metrics {
		names = append(names, m.Name)
	}
	return names
}

func (r *reader) checkClaim(c *claim, p *Plan) {
	r.checkMeasure(c, p)
	covered := slices.ContainsFunc(p.Cells, func(one Cell) bool { return c.Covers(&one) })
	pairs := p.Pairs(c.Claim)
	switch {
	case c.Kind == ClaimCompare && slices.ContainsFunc(pairs, func(pair Pair) bool { return r.unlike(c.Metric, &p.Cells[pair.Left], &p.Cells[pair.Right]) }):
		r.fault(c.given["metric"].val, "claims: items: auto gives each %s its own number of items, so their %s says nothing", c.Axis, c.Metric).Remedy =
			"compare throughput_items_per_s or cpu_per_item_s, or write items: with a number"
	case c.Kind != ClaimCompare && covered, c.Kind == ClaimCompare && len(pairs) > 0:
		return
	case c.Kind == ClaimCompare && covered:
		r.fault(c.given["compare"].val, "claims: no cell with %s %s has a twin with %s that is equal otherwise%s", c.Axis, c.Left, c.Right, c.places()).Remedy =
			"forklore plan lists the cells"
	default:
		r.placeless(c, "claims")
	}
}

// placeless reports a where that no cell meets.
func (r *reader) placeless(c *claim, key string) {
	r.fault(c.node, "%s: no cell is all of this: %s", key, strings.TrimPrefix(c.places(), ", ")).Remedy = "correct or remove where"
}

// places says in words which cells a claim is about.
func (c *claim) places() string {
	u := rule{}
	for _, w := range c.where {
		u.where = append(u.where, w.condition)
	}
	if c.Model != "" {
		u.where = append(u.where, condition{"model", []string{c.Model}})
	}
	if len(u.where) == 0 {
		return ""
	}
	return ", " + u.title()
}
