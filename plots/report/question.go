package report

import "forklore/metrics/record"

func question(p *page) {
	m := p.Manifest
	title := m.Question
	if oneLine(title) == "" {
		title = m.Name
	}
	if oneLine(title) == "" {
		title = "A run without a name"
	}
	p.para("# " + text(title))
	switch m.Ended {
	case "complete", "":
	case "running":
		p.para("**This run has not ended:** what follows covers the trials that were on disk.")
	default:
		p.para("**This run is not complete** (" + text(m.Ended) + "): what follows covers the trials that were on disk.")
	}
}

// okTrials counts the trials that statistics use, and the others by status.
func (p *page) okTrials() (ok int, others map[string]int) {
	others = map[string]int{}
	for _, c := range p.Cells {
		ok += len(c.Trials)
		for status, n := range c.Failed {
			if status != record.OK {
				others[status] += n
			}
		}
	}
	return ok, others
}
