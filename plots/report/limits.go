package report

import (
	"fmt"

	"forklore/experiments"
	"forklore/plots"
)

// limits says what this run cannot tell.
func limits(p *page) {
	m := p.Manifest
	points := []string{"One machine, one boot and one build: another processor, kernel or version of Go may turn the order of the models round."}
	if m.Machine.Virtual != "" || m.Machine.Container != "" {
		points = append(points, "It ran "+text(hosted(m.Machine.Virtual, m.Machine.Container))+": neighbours and the host's scheduler are part of every number.")
	}
	if labels := p.workloads(); labels == 1 {
		points = append(points, "One workload: nothing here speaks of others.")
	}
	most := 0
	for _, c := range p.Cells {
		most = max(most, c.Cores)
	}
	if usable := len(m.Machine.UsableCPUs); most > 0 {
		point := fmt.Sprintf("At most %s", plots.Count(most, "core"))
		if usable > most {
			point += fmt.Sprintf(" of %d", usable)
		}
		points = append(points, point+": what lies beyond is not measured, and no law is drawn beyond it.")
	}
	refused := map[string]bool{}
	for _, f := range p.Fits() {
		if f.Refused != "" && !refused[f.Refused] {
			refused[f.Refused] = true
			points = append(points, "To some curves no scaling law is fitted: "+text(f.Refused)+".")
		}
	}
	if m.Plan.Controls == (experiments.Controls{}) {
		points = append(points, "The run has no controls: nothing shows that it would have found a difference of 10 %, and none between equal cells.")
	}
	if _, few := fewTrials(p.Cells); few > 0 {
		points = append(points, fmt.Sprintf("%s of %d with fewer than six trials, which gives no interval.", plots.Count(few, "cell"), len(p.Cells)))
	}
	if m.Plan.Order == "sequential" {
		points = append(points, "Cells ran one after the other: a drift of the machine cannot be told from a difference between them.")
	}
	p.list(points)
}

func hosted(virtual, container string) string {
	switch {
	case virtual != "" && container != "":
		return "in a container on a virtual machine"
	case virtual != "":
		return "on a virtual machine"
	}
	return "in a container"
}

func (p *page) workloads() int {
	seen := map[string]bool{}
	for _, pl := range p.places {
		seen[pl.Label] = true
	}
	return len(seen)
}
