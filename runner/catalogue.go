package runner

import (
	"forklore/experiments"
	"forklore/runner/work"
)

// Catalogue returns what the reader of experiment files must know: the
// workloads with their parameters, the charts by name, and the CPUs this
// process may use.
func Catalogue(charts []string, cpus int) experiments.Catalogue {
	cat := experiments.Catalogue{Charts: charts, CPUs: cpus, Companions: companions()}
	for _, k := range work.All() {
		spec := experiments.WorkloadSpec{Name: k.Name, Summary: k.Summary, Hidden: k.Hidden}
		spec.Refuse = func(c experiments.Cell) string {
			if k := k.With(c.Params); k.Refuse != nil {
				return k.Refuse(work.Alone(c.Params), layoutOf(c))
			}
			return ""
		}
		if k.ItemOps == nil {
			spec.Lacks = append(spec.Lacks, "throughput_ops_per_s", "cpu_per_op_s")
		}
		if k.ItemByte == nil {
			spec.Lacks = append(spec.Lacks, "throughput_B_per_s")
		}
		for _, m := range Measures(k) {
			spec.Measures = append(spec.Measures, m.Metrics()...)
		}
		for _, p := range k.Params {
			spec.Params = append(spec.Params, paramSpec(p))
		}
		cat.Workloads = append(cat.Workloads, spec)
	}
	return cat
}

func paramSpec(p work.Param) experiments.ParamSpec {
	return experiments.ParamSpec{Name: p.Name, Default: p.Default, Allowed: p.Allowed(), Check: p.Check}
}

// companions returns what may go beside any workload.
func companions() []experiments.CompanionSpec {
	var list []experiments.CompanionSpec
	for _, c := range work.Companions() {
		spec := experiments.CompanionSpec{Name: c.Name, Summary: c.Summary, Short: c.Short}
		for _, p := range c.Params {
			spec.Params = append(spec.Params, experiments.CompanionParam{Key: c.Key(p.Name), ParamSpec: paramSpec(p)})
		}
		for _, m := range Measures(work.Kind{Measures: c.Measures}) {
			spec.Measures = append(spec.Measures, m.Metrics()...)
		}
		list = append(list, spec)
	}
	return list
}

func layoutOf(c experiments.Cell) work.Layout {
	return work.Layout{Model: c.Model, Cores: c.Cores, Workers: c.Workers, Processes: max(1, c.Processes), FixedTime: c.DurationS > 0,
		Dynamic: c.Schedule == experiments.Dynamic, Iterations: c.Iterations}
}
