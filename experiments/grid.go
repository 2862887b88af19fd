package experiments

import (
	"fmt"
	"maps"
	"slices"
)

// maxCells bounds a plan: more trials than seconds in a week.
const maxCells = 1_000_000

// grid is the product of the axes, with the rules that change it.
type grid struct {
	cpus       int
	room       int             // cores that are asked for beyond cpus, whose fault is told
	hostCores  bool            // the list of cores depends on the machine
	doubted    map[string]bool // see doubt
	workloads  []*workload
	models     []*model
	cores      []int // above cpus and room: left out, with the reason
	workers    []workerCount
	schedules  []string
	scalings   []string
	iterations []int
	timeoutS   float64
	placement  Placement
	claims     []*claim
	controlled *claim   // which cells the controls may repeat: its where; nil for any
	metrics    []string // that commands print
	spin       *Cell    // the canary; nil where the catalogue has nothing to spin with
	include    []*grid
	exclude    []*rule
	override   []*rule
	unclear    []*rule // with a fault: they change nothing
}

// size returns the number of points before anything is left out.
func (g *grid) size() float64 {
	var points float64
	for _, w := range g.workloads {
		n := 1.0
		for _, p := range w.params {
			n *= float64(len(p.values))
		}
		points += n
	}
	var layouts float64
	for _, m := range g.models {
		layouts += float64(max(1, len(m.processes)))
	}
	points *= layouts * float64(len(g.cores)*len(g.workers)) * float64(len(g.schedules)*len(g.scalings)*len(g.iterations))
	for _, inc := range g.include {
		points += inc.size()
	}
	return points
}

// expansion is a grid written out.
type expansion struct {
	points  []point
	dropped []droppedPoint
	groups  map[string]int // reason: index into dropped
	counts  map[int]int    // index into dropped: how many cells it stands for
	exact   map[*rule]bool // rules that matched
	loose   map[*rule]bool // rules that would match on another machine
	rules   []*rule
}

// droppedPoint is a point that is left out.
type droppedPoint struct {
	point
	because string
}

// expand writes the grid out in its declared order: workload, parameters,
// schedule, scaling, iterations, model, cores, workers; included cells last.
func (g *grid) expand() *expansion {
	x := &expansion{groups: map[string]int{}, counts: map[int]int{}, exact: map[*rule]bool{}, loose: map[*rule]bool{}}
	x.rules = slices.Concat(g.exclude, g.override, g.unclear)
	x.points = make([]point, 0, min(int(g.size()), maxCells))
	x.product(g)
	for _, inc := range g.include {
		x.product(inc)
	}
	for i := range x.points {
		for _, u := range g.override {
			if u.matches(&x.points[i], false) {
				u.set.apply(&x.points[i])
			}
		}
	}
	for i, n := range x.counts {
		if n > 1 {
			x.dropped[i].because += fmt.Sprintf(" (%d cells)", n)
		}
	}
	return x
}

// all returns the points and those that rules exclude.
func (x *expansion) all() []point {
	out := slices.Clone(x.points)
	for i := range x.dropped {
		if x.counts[i] == 0 {
			out = append(out, x.dropped[i].point)
		}
	}
	return out
}

func (x *expansion) product(g *grid) {
	for _, w := range g.workloads {
		for _, params := range w.points() {
			for i, schedule := range g.schedules {
				for j, scaling := range g.scalings {
					for _, iterations := range g.iterations {
						p := point{base: w.label, refuse: w.spec.Refuse, commands: w.commands, Cell: Cell{
							Workload: w.use, Label: w.label, Params: params, Schedule: schedule, Scaling: scaling,
							Items: w.amount.items, AutoS: w.amount.autoS, DurationS: w.amount.duration,
							Iterations: iterations, TimeoutS: g.timeoutS, Placement: g.placement,
						}}
						x.layouts(g, p, i == 0 && j == 0)
					}
				}
			}
		}
	}
}

// points writes out the parameters of a workload, the last one fastest.
func (w *workload) points() []map[string]string {
	out := []map[string]string{{}}
	for _, p := range w.params {
		var next []map[string]string
		for _, m := range out {
			for _, v := range p.values {
				one := maps.Clone(m)
				one[p.name] = v
				next = append(next, one)
			}
		}
		out = next
	}
	return out
}

// layouts adds one point for every model, core count and worker count. The
// schedule and scaling of the baseline mean nothing: it is run once, first.
func (x *expansion) layouts(g *grid, p point, first bool) {
	if p.commands != nil && p.Schedule != g.schedules[0] {
		p.Model, p.ModelLabel, p.Cores, p.Workers, p.Processes = g.models[0].use, g.models[0].label, g.cores[0], 1, 1
		because := p.base + ": a command deals its own items, so it is run under the first schedule alone"
		x.drop(p, because, because)
		return
	}
	for _, m := range g.models {
		p.Model, p.ModelLabel, p.Command = m.use, m.label, p.commands[m.use]
		if m.use == Sequential {
			if first {
				x.baseline(g, p)
			}
			continue
		}
		processes := m.processes
		if m.use != Hybrid {
			processes = []int{1}
		}
		for _, n := range processes {
			p.Processes = n
			for _, cores := range g.cores {
				x.staff(g, p, cores)
			}
		}
	}
}

// baseline adds the sequential cell, whatever the lists of cores and workers
// say; that it is not repeated for them is told once.
func (x *expansion) baseline(g *grid, p point) {
	p.Cores, p.Workers, p.Processes = 1, 1, 1
	x.add(g, p)
	for _, cores := range g.cores {
		for _, w := range g.workers {
			if cores == 1 && w.of(1) == 1 {
				continue
			}
			if _, told := x.groups["baseline"]; !told {
				p.Cores, p.Workers = cores, w.of(cores)
				x.drop(p, "baseline", "sequential is one worker on one core: it is run once per workload, as the baseline")
				x.counts[x.groups["baseline"]] = 1
			}
			return
		}
	}
}

// staff adds one point for every worker count on some cores.
func (x *expansion) staff(g *grid, p point, cores int) {
	p.Cores = cores
	layout := p.Processes
	for i, w := range g.workers {
		p.Workers = w.of(cores)
		if repeated(g.workers[:i], cores, p.Workers) {
			continue
		}
		p.Processes = layout
		if p.Model == Processes {
			p.Processes = p.Workers
		}
		switch {
		case cores > max(g.cpus, g.room):
			x.note(&p)
			x.drop(p, fmt.Sprint("cores ", cores), fmt.Sprintf("%d cores are asked for; this machine has %s", cores, plural(g.cpus, "usable CPU")))
		case p.Model == Hybrid && p.Workers%layout != 0:
			x.note(&p)
			because := fmt.Sprintf("hybrid with %d processes needs a multiple of %d workers; %d asked for", layout, layout, p.Workers)
			x.drop(p, because, because)
		default:
			x.add(g, p)
		}
	}
}

// repeated reports that an earlier entry comes to the same number of workers
// on these cores: 4 and 2x do on two.
func repeated(earlier []workerCount, cores, n int) bool {
	for _, w := range earlier {
		if w.of(cores) == n {
			return true
		}
	}
	return false
}

// add takes a point into the plan unless a rule excludes it.
func (x *expansion) add(g *grid, p point) {
	x.note(&p)
	if because := p.refused(); because != "" {
		x.drop(p, because, because)
		return
	}
	for _, u := range g.exclude {
		if u.matches(&p, false) {
			x.dropped = append(x.dropped, droppedPoint{p, u.because})
			return
		}
	}
	x.points = append(x.points, p)
}

// note remembers which rules have something to match.
func (x *expansion) note(p *point) {
	for _, u := range x.rules {
		if !x.exact[u] && u.matches(p, false) {
			x.exact[u] = true
		}
		if !x.loose[u] && u.matches(p, true) {
			x.loose[u] = true
		}
	}
}

// drop leaves a point out. Points of one group share an entry, which shows the
// first of them.
func (x *expansion) drop(p point, group, because string) {
	i, ok := x.groups[group]
	if !ok {
		i = len(x.dropped)
		x.groups[group] = i
		x.dropped = append(x.dropped, droppedPoint{p, because})
	}
	x.counts[i]++
}

// apply changes a point. The parameters are copied: points share them.
func (s *patch) apply(p *point) {
	if s.timeoutS > 0 {
		p.TimeoutS = s.timeoutS
	}
	if s.amount != (amount{}) {
		p.Items, p.AutoS, p.DurationS = s.amount.items, s.amount.autoS, s.amount.duration
	}
	if s.iterations > 0 {
		p.Iterations = s.iterations
	}
	if s.schedule != "" {
		p.Schedule = s.schedule
	}
	if s.scaling != "" {
		p.Scaling = s.scaling
	}
	if changed := s.params[p.Workload]; len(changed) > 0 {
		p.Params = maps.Clone(p.Params)
		maps.Copy(p.Params, changed)
	}
}
