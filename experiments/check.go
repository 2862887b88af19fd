package experiments

import (
	"fmt"
	"slices"
	"strings"
)

// checkGrid reports what only the written-out grid shows.
func (r *reader) checkGrid() {
	g := r.grid
	if !g.certain() {
		g.fill()
	}
	if g.size() > maxCells {
		if n := r.nodes["workloads"]; n != nil {
			r.fault(n, "the grid has %.0f cells; %d is the limit", g.size(), maxCells).Remedy = "shorten a list: " + g.lengths()
		}
		return
	}
	x := g.expand()
	if len(x.points) == 0 && g.certain(doubtExclude, doubtOverride, doubtTimeout) {
		r.nothingLeft(x)
	}
	for _, u := range x.rules {
		if x.exact[u] || g.hostCores && x.loose[u] || r.fromBase[u.key] {
			continue
		}
		r.unmatched(u, x)
	}
	if g.certain(doubtOverride, doubtTimeout) {
		r.checkPatches(x)
	}
	if g.certain() {
		r.checkTimeouts(x)
	}
	if g.certain(doubtTimeout) {
		r.checkClaims(x)
		r.checkControls(x)
	}
}

// nothingLeft reports a grid that the rules or the machine have emptied.
func (r *reader) nothingLeft(x *expansion) {
	n := r.nodes["exclude"]
	if n == nil {
		n = r.nodes["cores"]
	}
	var reasons []string
	for _, d := range x.dropped {
		if !slices.Contains(reasons, d.because) && len(reasons) < 5 {
			reasons = append(reasons, d.because)
		}
	}
	report := r.fault
	if slices.ContainsFunc(x.dropped, func(d droppedPoint) bool { return d.Cores > r.grid.cpus }) {
		report = r.lack
	}
	report(n, "no cell is left to run").Remedy = "because: " + strings.Join(reasons, "; ")
}

func (g *grid) lengths() string {
	return fmt.Sprintf("workloads %d, models %d, cores %d, workers %d, schedule %d, scaling %d, iterations %d, and the parameters",
		len(g.workloads), len(g.models), len(g.cores), len(g.workers), len(g.schedules), len(g.scalings), len(g.iterations))
}

// unmatched reports a rule that picks no cell: nearly always a typo.
func (r *reader) unmatched(u *rule, x *expansion) {
	told, points := false, x.all()
	for _, c := range u.where {
		if r.grid.doubts(c.axis) || r.grid.hostCores && slices.Contains(hostAxes, c.axis) {
			continue
		}
		any := slices.ContainsFunc(points, func(p point) bool { return p.is(c.axis, c.values) })
		if !any {
			told = true
			f := r.fault(u.node, "%s: no cell has %s %s", u.key, c.axis, strings.Join(c.values, " or "))
			f.Remedy, f.Allowed = "correct or remove the rule", some(valuesOf(points, c.axis))
		}
	}
	if told || u.vague || !r.grid.certain(doubtExclude, doubtOverride, doubtTimeout) {
		return
	}
	r.fault(u.node, "%s: no cell is all of this: %s", u.key, u.title()).Remedy = "correct or remove the rule"
}

// checkPatches refuses an override that sets a parameter of cells that do not
// have it: it would be lost without a word.
func (r *reader) checkPatches(x *expansion) {
	for _, u := range r.grid.override {
		for i := range x.points {
			p := &x.points[i]
			if !u.matches(p, false) {
				continue
			}
			if because := p.misfit(); because != "" {
				r.fault(u.node, "override: %s: %s", p.base, because).Remedy = "add workload: ... to where, or set what the command is told"
				return
			}
			for _, name := range u.set.names {
				if _, ok := p.Params[name]; !ok {
					r.fault(u.node, "override: where matches %s too, which has no parameter %s", p.Workload, name).Remedy =
						"add workload: ... to where"
					return
				}
			}
		}
	}
}

// checkTimeouts refuses cells whose every trial would be killed.
func (r *reader) checkTimeouts(x *expansion) {
	n := r.nodes["timeout"]
	if n == nil {
		n = r.nodes["workloads"]
	}
	told := map[string]bool{}
	for i := range x.points {
		p := &x.points[i]
		length := max(p.AutoS, p.DurationS) * float64(p.Iterations)
		if length < p.TimeoutS || told[p.base] {
			continue
		}
		told[p.base] = true
		for _, u := range r.grid.override {
			if u.matches(p, false) && (u.set.timeoutS > 0 || u.set.amount != (amount{}) || u.set.iterations > 0) {
				n = u.node
			}
		}
		r.fault(n, "a trial of %s takes %s; the timeout of %s would kill every one", p.base, seconds(length), seconds(p.TimeoutS)).Remedy =
			"raise timeout, or shorten the trial (items, duration, iterations)"
	}
}
