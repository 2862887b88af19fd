package work

import (
	"maps"
	"slices"
	"strings"
)

// Companion is something that goes beside a kernel's own work: an event loop whose
// lateness is measured, a worker that fails. It is no workload: it composes with one. An entry
// of an experiment's workloads has a key of its name, and its parameters are axes of the cell
// like those of the workload.
type Companion struct {
	Name     string // the key
	Summary  string // one line
	Doc      string // definition, what it stresses, what it does not say
	Params   []Param
	Short    string // the parameter that a plain value or list in place of the mapping stands for; "": true stands for the defaults
	Measures []Measure

	// Refuse returns why it cannot go beside a workload in a layout, as a sentence without
	// a full stop, or "". ps are the workload's parameters, own are its own.
	Refuse func(k Kind, ps, own Params, l Layout) string
}

var companions = map[string]func() Companion{}

// accompany adds a companion; its file calls it from init.
func accompany(name string, make func() Companion) {
	if _, taken := companions[name]; taken {
		panic("work: two companions are named " + name)
	}
	companions[name] = make
}

// Companions returns all of them, sorted by name.
func Companions() []Companion {
	var list []Companion
	for _, name := range slices.Sorted(maps.Keys(companions)) {
		list = append(list, companions[name]())
	}
	return list
}

// Key is how a parameter is called within the mapping of its companion: probe_rate is
// rate in probe.
func (c Companion) Key(param string) string { return strings.TrimPrefix(param, c.Name+"_") }

// Parse checks raw values of c's own parameters, and fills in the defaults of those not given.
func (c Companion) Parse(raw map[string]string) (Params, error) {
	return Kind{Name: c.Name, Params: c.Params}.Parse(raw)
}

// Beside returns the companion that a cell's parameters name, and which of them
// are its own; none for a workload alone. There is one at the most.
func Beside(cell Params) (c Companion, own Params, ok bool) {
	if len(cell) == 0 { // of most jobs, in each of their processes: to look takes time
		return Companion{}, nil, false
	}
	for _, c := range Companions() {
		own := Params{}
		for _, p := range c.Params {
			if v, given := cell[p.Name]; given {
				own[p.Name] = v
			}
		}
		if len(own) > 0 {
			return c, own, true
		}
	}
	return Companion{}, nil, false
}

// Alone returns the parameters of a cell without those of a companion.
func Alone(cell Params) Params {
	own := maps.Clone(cell)
	if c, _, ok := Beside(cell); ok {
		for _, p := range c.Params {
			delete(own, p.Name)
		}
	}
	return own
}

// In returns the workload of a cell as it is there, by its name and all its parameters: with
// what its companion measures and refuses.
func In(name string, cell Params) (Kind, error) {
	k, err := Lookup(name)
	if err != nil {
		return k, err
	}
	return k.With(cell), nil
}

// With returns k with the measures and refusals of the companion that a cell's parameters name.
func (k Kind) With(cell Params) Kind {
	c, own, ok := Beside(cell)
	if !ok {
		return k
	}
	alone := k
	k.Measures = slices.Concat(k.Measures, c.Measures)
	k.Refuse = func(ps Params, l Layout) string {
		if alone.Refuse != nil {
			if because := alone.Refuse(ps, l); because != "" {
				return because
			}
		}
		if c.Refuse != nil {
			return c.Refuse(alone, ps, own, l)
		}
		return ""
	}
	return k
}
