package experiments

import (
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
)

// model is one entry of the list of models.
type model struct {
	use, label string // label is use unless the author gave one
	processes  []int  // of hybrid
	given      bool   // processes was written
}

const maxProcesses = 4096

func (r *reader) models(n *yaml.Node) {
	for _, c := range r.list(n, "models", "models: [goroutines, processes]") {
		before := len(r.faults)
		r.m = &model{}
		r.entry(c, "models", r.readModel)
		if len(r.faults) > before || r.tainted(c) {
			r.grid.doubt("model")
			continue
		}
		same := func(m *model) bool { return reflect.DeepEqual(m, r.m) }
		if !r.again(c, "models", slices.ContainsFunc(r.grid.models, same)) {
			r.grid.models = append(r.grid.models, r.m)
		}
	}
}

func (r *reader) readModel(n *yaml.Node) {
	r.group(n, "models.", nil)
	m := r.m
	if m.label == "" {
		m.label = m.use
	}
	if m.use == Hybrid && !m.given {
		m.processes = []int{2}
	}
}

func (r *reader) mUse(n *yaml.Node) { r.m.use, _ = r.word(n, "model", Models) }

func (r *reader) mLabel(n *yaml.Node) { r.m.label = r.shortText(n, "label") }

func (r *reader) mProcesses(n *yaml.Node) {
	r.m.given = true
	if r.m.use != Hybrid && r.m.use != "" {
		why := "has one process"
		if r.m.use == Processes {
			why = "has one process for each worker"
		}
		r.fault(n, "processes: %s %s", r.m.use, why).Remedy = fmt.Sprintf("remove it, or use %s", Hybrid)
		return
	}
	for _, c := range r.either(n, "processes", "processes: [2, 4]") {
		v, ok := r.whole(c, "processes", 1, maxProcesses)
		if ok && !r.again(c, "processes", slices.Contains(r.m.processes, int(v))) {
			r.m.processes = append(r.m.processes, int(v))
		}
	}
}
