package experiments

import (
	"slices"
	"strconv"
)

// point is a cell on its way into the plan.
type point struct {
	Cell
	base string // label of the workload before the parameters that vary are added
}

// cellAxes are the axes that every cell has. The parameters of its workload
// are axes too.
var cellAxes = []string{"workload", "model", "processes", "cores", "workers", "schedule", "scaling", "iterations"}

// spellings returns every way to name the point's value on an axis, the
// plainest first; none where the point lacks the axis.
func (p *point) spellings(axis string) []string {
	switch axis {
	case "workload":
		return []string{p.Workload, p.base}
	case "model":
		return []string{p.Model, p.ModelLabel}
	case "processes":
		return []string{strconv.Itoa(p.Processes)}
	case "cores":
		return []string{strconv.Itoa(p.Cores)}
	case "workers":
		if p.Workers%p.Cores == 0 {
			return []string{strconv.Itoa(p.Workers), strconv.Itoa(p.Workers/p.Cores) + "x"}
		}
		return []string{strconv.Itoa(p.Workers)}
	case "schedule":
		return []string{p.Schedule}
	case "scaling":
		return []string{p.Scaling}
	case "iterations":
		return []string{strconv.Itoa(p.Iterations)}
	}
	if v, ok := p.Params[axis]; ok {
		return []string{v}
	}
	return nil
}

// is reports whether the point has one of the values on an axis.
func (p *point) is(axis string, values []string) bool {
	return slices.ContainsFunc(p.spellings(axis), func(s string) bool { return slices.Contains(values, s) })
}

// specs returns the workloads of a grid and of the cells included in it, each
// once.
func (g *grid) specs() []WorkloadSpec {
	var out []WorkloadSpec
	add := func(ws []*workload) {
		for _, w := range ws {
			if !slices.ContainsFunc(out, func(s WorkloadSpec) bool { return s.Name == w.use }) {
				out = append(out, w.spec)
			}
		}
	}
	add(g.workloads)
	for _, inc := range g.include {
		add(inc.workloads)
	}
	return out
}

// axes returns the names of all axes of a grid.
func (g *grid) axes() []string {
	out := slices.Clone(cellAxes)
	for _, s := range g.specs() {
		for _, name := range s.paramNames() {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// canonical returns the spellings that text may have as a value of an axis,
// and what is wrong with it if there is none.
func (g *grid) canonical(axis, text string) (values []string, allowed string, err error) {
	if axis == "cores" && text == "max" {
		return []string{strconv.Itoa(g.cpus)}, "", nil
	}
	if slices.Contains(cellAxes, axis) {
		return []string{text}, "", nil
	}
	for _, s := range g.specs() {
		p, ok := s.param(axis)
		if !ok {
			continue
		}
		v, fault := p.Check(text)
		if fault == nil {
			values = append(values, v)
		} else if err == nil {
			allowed, err = p.Allowed, fault
		}
	}
	if len(values) > 0 {
		return values, "", nil
	}
	return nil, allowed, err
}

// names returns how workloads and models can be called in rules: names and
// labels.
func (g *grid) names(axis string) []string {
	var out []string
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	for _, one := range append([]*grid{g}, g.include...) {
		for _, w := range one.workloads {
			if axis == "workload" {
				add(w.use, w.label)
			}
		}
		for _, m := range one.models {
			if axis == "model" {
				add(m.use, m.label)
			}
		}
	}
	return out
}
