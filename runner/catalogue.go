package runner

import (
	"forklore/experiments"
	"forklore/runner/work"
)

// Catalogue returns what the reader of experiment files must know: the
// workloads with their parameters, the charts by name, and the CPUs this
// process may use.
func Catalogue(charts []string, cpus int) experiments.Catalogue {
	cat := experiments.Catalogue{Charts: charts, CPUs: cpus}
	for _, k := range work.All() {
		spec := experiments.WorkloadSpec{Name: k.Name, Summary: k.Summary, Hidden: k.Hidden}
		if k.Refuse != nil {
			spec.Refuse = func(c experiments.Cell) string { return k.Refuse(work.Params(c.Params), layoutOf(c)) }
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
			spec.Params = append(spec.Params, experiments.ParamSpec{
				Name: p.Name, Default: p.Default, Allowed: p.Allowed(), Check: p.Check,
			})
		}
		cat.Workloads = append(cat.Workloads, spec)
	}
	return cat
}

func layoutOf(c experiments.Cell) work.Layout {
	return work.Layout{Model: c.Model, Cores: c.Cores, Workers: c.Workers, Processes: max(1, c.Processes), FixedTime: c.DurationS > 0}
}
