package report

import (
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// headline is the question, or the best that stands for one.
func headline(d *digest.Digest) string {
	for _, title := range []string{d.Manifest.Question, d.Manifest.Name} {
		if title = oneLine(title); title != "" {
			return title
		}
	}
	return "A run without a name"
}

func question(p *page) {
	m := p.Manifest
	p.para("# " + text(headline(p.Digest)))
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
