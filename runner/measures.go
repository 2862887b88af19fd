package runner

import (
	"slices"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/work"
)

// measuresOf lists what the workloads of a plan measure of themselves, each name once.
func measuresOf(p *experiments.Plan) []record.Measure {
	var list []record.Measure
	for _, cell := range p.Cells {
		kind, err := work.Lookup(cell.Workload)
		if err != nil {
			continue
		}
		for _, m := range Measures(kind) {
			if !slices.ContainsFunc(list, func(o record.Measure) bool { return o.Name == m.Name }) {
				list = append(list, m)
			}
		}
	}
	return list
}

// Measures describes what a workload measures of itself in the words of a manifest.
func Measures(k work.Kind) []record.Measure {
	var list []record.Measure
	for _, m := range k.Measures {
		list = append(list, record.Measure{Name: m.Name, Title: m.Title, Unit: m.Unit, Doc: m.Doc, Less: m.Less, Merge: m.Merge, Hist: m.Hist})
	}
	return list
}
