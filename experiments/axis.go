package experiments

import (
	"slices"
	"strconv"
	"strings"
)

// point is a cell on its way into the plan.
type point struct {
	Cell
	base string // label of the workload before the parameters that vary are added

	refuse   func(Cell) string   // see WorkloadSpec
	commands map[string]*Command // by model; nil for a kernel
}

// refused returns why the workload of a point cannot run in its layout, or "".
func (p *point) refused() string {
	if p.refuse == nil {
		return ""
	}
	if because := p.refuse(p.Cell); because != "" {
		return p.Workload + ": " + because
	}
	return ""
}

// cellAxes are the axes that every cell has. The parameters of its workload
// are axes too.
var cellAxes = []string{"workload", "model", "processes", "cores", "workers", "schedule", "scaling", "iterations"}

// spellings returns every way to name the point's value on an axis, the
// plainest first; none where the point lacks the axis.
func (p *point) spellings(axis string) []string {
	if axis == "workload" {
		return []string{p.Workload, p.base}
	}
	return p.Spellings(axis)
}

// Spellings returns every way in which a file may name the cell's value on an
// axis, the plainest first: a workload by its name, its whole label, and the
// author's label without the parameters that were added to it; four workers on
// two cores as 4 and 2x. It returns none where the cell lacks the axis.
func (c *Cell) Spellings(axis string) []string {
	switch axis {
	case "workload":
		return append([]string{c.Workload}, shortened(c.Label)...)
	case "model":
		return append([]string{c.Model}, shortened(c.ModelLabel)...)
	case "processes":
		return []string{strconv.Itoa(c.Processes)}
	case "cores":
		return []string{strconv.Itoa(c.Cores)}
	case "workers":
		if times := c.perCore(); times != "" {
			return []string{strconv.Itoa(c.Workers), times}
		}
		return []string{strconv.Itoa(c.Workers)}
	case "schedule":
		return []string{c.Schedule}
	case "scaling":
		return []string{c.Scaling}
	case "iterations":
		return []string{strconv.Itoa(c.Iterations)}
	}
	if v, ok := c.Params[axis]; ok {
		return []string{v}
	}
	return nil
}

// perCore returns the workers as a multiple of the cores, "4x", or "".
func (c *Cell) perCore() string {
	if c.Cores < 1 || c.Workers%c.Cores != 0 {
		return ""
	}
	return strconv.Itoa(c.Workers/c.Cores) + "x"
}

// shortened returns a label, and what is left of it as the words name=value at
// its end are taken away one by one: the plan has added them.
func shortened(label string) []string {
	out := []string{label}
	for {
		at := strings.LastIndexByte(label, ' ')
		if at < 0 || !strings.Contains(label[at:], "=") {
			return out
		}
		label = label[:at]
		out = append(out, label)
	}
}

// on reports whether the cell has one of the values on an axis.
func (c *Cell) on(axis string, values []string) bool {
	return slices.ContainsFunc(c.Spellings(axis), func(s string) bool { return slices.Contains(values, s) })
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
			same := func(s WorkloadSpec) bool { return s.Name == w.use && len(s.Params) == len(w.spec.Params) } // the companion may differ
			if !slices.ContainsFunc(out, same) {
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

// form says in words how to write a value of a parameter.
func (g *grid) form(name string) string {
	for _, s := range g.specs() {
		if p, ok := s.param(name); ok {
			return p.Allowed
		}
	}
	return "one value"
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
