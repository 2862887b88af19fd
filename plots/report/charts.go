package report

import (
	"fmt"
)

const chartsTitle = "Charts"

// charts shows the author's prose, then each chart with its question and its
// reading, then why others are missing.
func charts(p *page) {
	if s := prose(p.Manifest.Analysis); s != "" {
		p.para(s)
	}
	for _, c := range p.drawn {
		if c.Absent != "" {
			continue
		}
		p.para("### " + text(c.Question))
		p.para(fmt.Sprintf("![%s](%s)", text(c.Title+". "+c.Reading), c.PNG))
		p.para(fmt.Sprintf("%s Numbers: [%s](%s).", line(c.Reading), c.CSV, c.CSV))
	}
	p.absentCharts()
}

// absentCharts says why charts are missing.
func (p *page) absentCharts() {
	var absent []string
	for _, c := range p.drawn {
		if c.Absent != "" {
			absent = append(absent, fmt.Sprintf("%s: %s.", code(c.Name), text(c.Absent)))
		}
	}
	if len(absent) > 0 {
		p.para("Not drawn:")
		p.list(absent)
	}
	if len(p.drawn) == 0 {
		p.para("No chart was asked for.")
	}
}
