package experiments

import (
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

const (
	extraWork    = 0.1  // of the positive control
	canaryS      = 0.05 // what the canary's calibration aims at
	canaryLimitS = 60
)

func (r *reader) controls(n *yaml.Node) {
	switch {
	case r.bad[n]:
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		r.fault(n, "controls: none is named").Remedy = "write controls: true for all, or for example controls: {aa: true}"
	case n.Kind == yaml.MappingNode:
		r.group(n, "controls.", nil)
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, "controls", "true, false or a mapping").Remedy = "write controls: true for all, or for example controls: {aa: true}"
	default:
		on := r.truth(n, "controls")
		r.e.Controls = Controls{on, on, on}
	}
}

func control(what string, at func(*Controls) *bool) func(*reader, *yaml.Node) {
	return func(r *reader, n *yaml.Node) { *at(&r.e.Controls) = r.truth(n, what) }
}

// controlsWhere reads which cell the controls repeat.
func (r *reader) controlsWhere(n *yaml.Node) {
	before, lenient := r.c, r.lenient
	r.c, r.lenient = &claim{node: n, given: map[string]pair{}}, r.fromBase["controls"] // a profile may have other cells
	r.claimWhere(n)
	r.grid.controlled, r.c, r.lenient = r.c, before, lenient
}

// checkControls reports controls of cells that the grid does not have.
func (r *reader) checkControls(x *expansion) {
	c := r.grid.controlled
	if c == nil || r.fromBase["controls"] {
		return
	}
	before := len(r.faults)
	for _, w := range c.where {
		r.checkWhere(w, x)
	}
	if len(r.faults) > before || r.dependsOnHost(c, x) {
		return
	}
	if !slices.ContainsFunc(x.points, func(p point) bool { return c.meets(&p.Cell, false) }) {
		r.placeless(c, "controls")
	}
}

// truth reads true or false, and nothing that only some readers of YAML take
// for one of them.
func (r *reader) truth(n *yaml.Node, what string) bool {
	if r.bad[n] {
		return false
	}
	if isPlain(n) && (n.Value == "true" || n.Value == "false") {
		return n.Value == "true"
	}
	f := r.wrong(n, what, "true or false")
	f.Nearest = nearest(n.Value, []string{"true", "false"})
	if isSwitch(n) {
		f.Remedy = "write true or false"
	}
	return false
}

// spinOf makes the canary of what the catalogue offers: the same arithmetic
// whatever the experiment is about.
func spinOf(cat Catalogue) *Cell {
	for _, name := range []string{"montecarlo", "sha256", "sieve"} {
		i := slices.IndexFunc(cat.Workloads, func(s WorkloadSpec) bool { return s.Name == name })
		if i < 0 {
			continue
		}
		c := &Cell{
			Workload: name, Label: ControlCanary, Params: map[string]string{}, Model: Sequential, ModelLabel: Sequential,
			Cores: 1, Workers: 1, Processes: 1, Schedule: Static, Scaling: Strong, AutoS: canaryS, Iterations: 1,
			TimeoutS: canaryLimitS, Control: ControlCanary,
		}
		for _, p := range cat.Workloads[i].Params {
			c.Params[p.Name] = p.Default
		}
		return c
	}
	return nil
}

// addControls adds the cells that test the run, the canary last. What cannot
// be had is dropped with its reason.
func (p *Plan) addControls(which Controls, g *grid) {
	if which == (Controls{}) {
		return
	}
	ref := p.Cells[p.reference(g)]
	add := func(c Cell, obstacle string, asked *bool) {
		c.Params = maps.Clone(c.Params)
		c.ID = c.hash()
		if obstacle != "" {
			p.Dropped = append(p.Dropped, Dropped{c, obstacle})
			*asked = false // a gate of it would break without a trial
			return
		}
		p.Cells = append(p.Cells, c)
	}
	if which.AA {
		c := ref
		c.Control = ControlAA
		add(c, "", &p.Controls.AA)
	}
	if which.Positive {
		c := p.extensible(ref)
		c.Control, c.Extra = ControlPositive, extraWork
		add(c, noExtra(c), &p.Controls.Positive)
	}
	p.Controls.Canary = which.Canary && g.spin != nil
	if p.Controls.Canary {
		c := *g.spin
		c.Placement = g.placement
		obstacle := ""
		if p.Order == "sequential" {
			obstacle = "the canary comes before each block, and sequential order has none"
		}
		add(c, obstacle, &p.Controls.Canary)
	}
}

// extensible returns the reference cell, or the first cell that can do more work where
// it cannot.
func (p *Plan) extensible(ref Cell) Cell {
	able := func(c Cell) bool { return c.Control == "" && noExtra(c) == "" }
	if i := slices.IndexFunc(p.Cells, able); !able(ref) && i >= 0 {
		return p.Cells[i]
	}
	return ref
}

// noExtra says why a cell cannot do 10 % more work.
func noExtra(c Cell) string {
	const least = 10 // of which 10 % are one item
	c.Extra = 0
	switch n := c.TotalItems(0); {
	case c.Command != nil && !c.Command.Counts():
		return "the positive control does 10 % more items, and the command of the reference cell has no {{items}}"
	case c.DurationS > 0:
		return "the positive control does 10 % more items, and the work of the reference cell is fixed by time"
	case c.Items > 0 && n < least:
		return fmt.Sprintf("the positive control does 10 %% more items, and the reference cell has only %s", plural(int(n), "item"))
	}
	return ""
}

// reference returns the cell that the controls repeat: the first that the experiment names, or the first goroutines
// cell, on the largest number of cores, that another model stands beside; else
// the first cell.
func (p *Plan) reference(g *grid) int {
	if c := g.controlled; c != nil {
		if i := slices.IndexFunc(p.Cells, func(one Cell) bool { return c.meets(&one, false) }); i >= 0 {
			return i
		}
	}
	beside := map[string]int{}
	t := twin{axis: "model"}
	for i := range p.Cells {
		if p.Cells[i].Model != Goroutines {
			beside[t.key(&p.Cells[i])]++
		}
	}
	best := -1
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Model == Goroutines && beside[t.key(c)] > 0 && (best < 0 || c.Cores > p.Cells[best].Cores) {
			best = i
		}
	}
	return max(best, 0)
}
