package experiments

import (
	"slices"

	"gopkg.in/yaml.v3"
)

const includeForm = "include: [{workload: sieve, model: processes, cores: max}]"

// includes reads whole cells. Each entry is a small grid of its own: values
// may be lists. What it does not say, it takes from the file: of a workload
// that is listed there the first value of each parameter, and the first
// schedule, scaling and iterations.
func (r *reader) includes(n *yaml.Node) {
	main := r.grid
	if n.Kind != yaml.SequenceNode {
		main.doubt(cellAxes...)
	}
	for _, c := range r.list(n, "include", includeForm) {
		if r.bad[c] || !r.mapping(c, "include", includeForm) {
			main.doubt(cellAxes...)
			continue
		}
		sub := &grid{
			cpus: main.cpus, workers: []workerCount{{1, true}}, timeoutS: main.timeoutS, placement: main.placement,
			schedules: atMost1(main.schedules), scalings: atMost1(main.scalings), iterations: atMost1(main.iterations),
			hostCores: main.hostCores,
		}
		before := len(r.faults)
		r.grid = sub
		r.includeOne(c, main)
		r.grid = main
		if len(r.faults) > before || r.tainted(c) {
			sub.doubt(doubtTimeout) // it takes from where the fault may be
		}
		for name := range sub.doubted {
			main.doubt(name)
		}
		main.include = append(main.include, sub)
	}
}

// atMost1 returns the first value of a list, or none where its fault is told.
func atMost1[T any](list []T) []T { return list[:min(1, len(list))] }

func (r *reader) includeOne(n *yaml.Node, main *grid) {
	at := map[string]pair{}
	for _, p := range r.pairs(n) {
		at[p.key.Value] = p
	}
	for _, name := range []string{"workload", "model", "cores"} {
		if at[name].key == nil {
			r.fault(n, "include: %s is missing; an included cell is a whole one", name).Remedy = "write " + includeForm
			r.grid.doubt(name)
		}
	}
	params := r.includeWorkloads(at["workload"].val, main)
	r.includeModels(at["model"].val, main)
	readers := map[string]func(*reader, *yaml.Node){
		"workers": (*reader).workers, "schedule": (*reader).schedule, "scaling": (*reader).scaling,
		"iterations": (*reader).iterations, "timeout": (*reader).timeout,
		"cores": (*reader).includeCores, "processes": (*reader).includeProcesses,
		"items": (*reader).includeItems, "duration": (*reader).includeDuration,
	}
	known := append(slices.Clone(cellAxes), "items", "duration", "timeout")
	for _, p := range r.pairs(n) {
		name, before := p.key.Value, len(r.faults)
		read := readers[name]
		switch {
		case name == "workload" || name == "model":
		case read != nil:
			read(r, p.val)
		case slices.Contains(params, name):
			r.includeParam(name, p.val)
		case !r.mayHave(name):
			known := append(known, params...)
			r.unknown(p.key, "axis", r.settings(known))
			name = nearest(name, known)
		}
		if len(r.faults) > before || r.tainted(p.val) {
			r.grid.doubt(name)
		}
	}
	r.onlyOne(n)
	r.includeBaseline(n)
}

// includeBaseline refuses the one layout that a model cannot have.
func (r *reader) includeBaseline(n *yaml.Node) {
	for _, m := range r.grid.models {
		for _, c := range r.grid.cores {
			for _, w := range r.grid.workers {
				if m.use == Sequential && (c != 1 || w.of(c) != 1) {
					r.grid.doubt("model", "cores", "workers")
					r.fault(n, "include: sequential is one worker on one core; this asks for %s on %s",
						plural(w.of(c), "worker"), plural(c, "core")).Remedy = "write cores: 1, without workers; or use goroutines"
					return
				}
			}
		}
	}
}

// includeWorkloads returns the parameters that the named workloads have.
func (r *reader) includeWorkloads(n *yaml.Node, main *grid) []string {
	if n == nil {
		return nil
	}
	known := main.names("workload")
	for _, s := range r.cat.Workloads {
		if !s.Hidden && !slices.Contains(known, s.Name) {
			known = append(known, s.Name)
		}
	}
	var params []string
	before := len(r.faults)
	for _, c := range r.either(n, "workload", "workload: sieve") {
		if main.doubted["workload"] && c.Kind == yaml.ScalarNode && !slices.Contains(known, c.Value) {
			r.grid.doubt("workload") // it may be the label of an entry with a fault
			continue
		}
		name, ok := r.word(c, "workload", known)
		if !ok {
			continue
		}
		w := main.workloadFor(name)
		if w == nil {
			spec, _ := r.spec(name)
			w = &workload{use: name, label: name, spec: spec, amount: amount{autoS: 1}}
			for _, p := range spec.Params {
				w.params = append(w.params, param{p.Name, []string{p.Default}})
			}
		}
		r.grid.workloads = append(r.grid.workloads, w)
		params = append(params, w.spec.paramNames()...)
	}
	if len(r.faults) > before || len(r.grid.workloads) == 0 {
		r.grid.doubt("workload")
	}
	return params
}

// workloadFor copies the first entry with a name or label, each parameter
// reduced to its first value.
func (g *grid) workloadFor(name string) *workload {
	for _, w := range g.workloads {
		if w.use != name && w.label != name {
			continue
		}
		out := *w
		out.params = slices.Clone(w.params)
		for i := range out.params {
			out.params[i].values = out.params[i].values[:min(1, len(out.params[i].values))]
		}
		return &out
	}
	return nil
}

func (r *reader) includeModels(n *yaml.Node, main *grid) {
	if n == nil {
		return
	}
	known := main.names("model")
	for _, name := range Models {
		if !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	before := len(r.faults)
	for _, c := range r.either(n, "model", "model: processes") {
		if main.doubted["model"] && c.Kind == yaml.ScalarNode && !slices.Contains(known, c.Value) {
			r.grid.doubt("model")
			continue
		}
		name, ok := r.word(c, "model", known)
		if !ok {
			continue
		}
		m := &model{use: name, label: name, processes: []int{2}}
		for _, listed := range main.models {
			if listed.use == name || listed.label == name {
				one := *listed
				m = &one
				break
			}
		}
		r.grid.models = append(r.grid.models, m)
	}
	if len(r.faults) > before || len(r.grid.models) == 0 {
		r.grid.doubt("model")
	}
}

func (r *reader) includeCores(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		n = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{n}, Line: n.Line, Column: n.Column}
	}
	r.cores(n)
}

func (r *reader) includeProcesses(n *yaml.Node) {
	for _, m := range r.grid.models {
		r.m = m
		m.processes = nil
		r.mProcesses(n)
	}
}

func (r *reader) includeItems(n *yaml.Node) {
	a, _ := r.items(n)
	for _, w := range r.grid.workloads {
		w.amount = a
	}
}

func (r *reader) includeDuration(n *yaml.Node) {
	d, _ := r.span(n, "duration", minDuration, maxDuration)
	for _, w := range r.grid.workloads {
		w.amount = amount{duration: d}
	}
}

func (r *reader) includeParam(name string, n *yaml.Node) {
	for _, w := range r.grid.workloads {
		for i, p := range w.params {
			if spec, ok := w.spec.param(name); ok && p.name == name {
				w.params[i].values = r.paramValues(n, spec)
			}
		}
	}
}
