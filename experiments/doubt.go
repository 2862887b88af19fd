package experiments

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Doubts beside the axes: a rule or a limit of time that could not be read.
const (
	doubtExclude  = "exclude"
	doubtOverride = "override"
	doubtTimeout  = "timeout"
)

// doubt remembers that an axis, or one of the doubts beside the axes, has a
// fault that is told: what depends on it cannot be judged, all else can.
func (g *grid) doubt(names ...string) {
	if g.doubted == nil {
		g.doubted = map[string]bool{}
	}
	for _, name := range names {
		g.doubted[name] = true
	}
}

// doubts reports whether the values that cells have on an axis are uncertain.
func (g *grid) doubts(axis string) bool {
	d := g.doubted
	switch axis {
	case "workers":
		return d["workers"] || d["cores"]
	case "processes":
		return d["processes"] || d["model"] || d["workers"] || d["cores"]
	}
	if !slices.Contains(cellAxes, axis) && d["workload"] {
		return true // it may be a parameter of the unknown one
	}
	return d[axis]
}

// certain reports whether nothing is in doubt, except for what is named.
func (g *grid) certain(except ...string) bool {
	for name := range g.doubted {
		if !slices.Contains(except, name) {
			return false
		}
	}
	return true
}

// doubtKey notes which axes a key of the file with a fault leaves in doubt.
// Lists of workloads and models note it entry by entry.
func (r *reader) doubtKey(name string) {
	switch {
	case name == "workloads" && len(r.grid.workloads) == 0:
		r.grid.doubt("workload")
	case name == "models" && len(r.grid.models) == 0:
		r.grid.doubt("model")
	case name == doubtTimeout, slices.Contains(cellAxes, name):
		r.grid.doubt(name)
	}
}

// doubtKeys notes what the misspelt and repeated keys of the file were to say.
func (r *reader) doubtKeys(n *yaml.Node) {
	var names []string
	for _, k := range keys() {
		if !strings.Contains(k.Name, ".") {
			names = append(names, k.Name)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		name := nearest(k.Value, names)
		switch {
		case slices.Contains(names, k.Value) && !r.bad[k]:
		case name == "workloads" && r.bad[k]:
			r.grid.doubt("workload")
		case name == "models" && r.bad[k]:
			r.grid.doubt("model")
		case name == "include":
			r.grid.doubt(cellAxes...)
		case name == doubtExclude || name == doubtOverride:
			r.grid.doubt(name)
		default:
			r.doubtKey(name)
		}
	}
}

// mayHave reports whether an unknown workload may have the parameter.
func (r *reader) mayHave(name string) bool {
	return r.grid.doubts("workload") && slices.Contains(r.allParams(), name)
}

// allParams returns the parameters of every workload that there is.
func (r *reader) allParams() []string {
	var out []string
	for _, s := range r.cat.Workloads {
		for _, name := range s.paramNames() {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// fill puts something in the place of every list that could not be read, so
// that the values of the others show up in cells. No plan comes of it.
func (g *grid) fill() {
	if len(g.workloads) == 0 {
		g.workloads = []*workload{{}}
	}
	if g.doubted["model"] { // the baseline alone would hide the cores
		g.models = append(g.models, &model{use: Goroutines, label: Goroutines})
	}
	for _, w := range g.workloads {
		for i := range w.params {
			filled(&w.params[i].values, "")
		}
	}
	for _, m := range g.models {
		filled(&m.processes, 1)
	}
	filled(&g.cores, 1)
	filled(&g.workers, workerCount{1, true})
	filled(&g.schedules, Static)
	filled(&g.scalings, Strong)
	filled(&g.iterations, 1)
	for _, inc := range g.include {
		inc.fill()
	}
}

func filled[T any](list *[]T, one T) {
	if len(*list) == 0 {
		*list = []T{one}
	}
}
