package report

import (
	"fmt"
)

// charts shows the author's prose, then each chart with its question and its
// reading, then why others are missing.
func charts(p *page) {
	for _, para := range prose(p.Manifest.Analysis) {
		p.para(para)
	}
	var absent []string
	for _, c := range p.drawn {
		if c.Absent != "" {
			absent = append(absent, fmt.Sprintf("%s: %s.", code(c.Name), text(c.Absent)))
			continue
		}
		p.para("### " + text(c.Question))
		p.para(fmt.Sprintf("![%s](%s)", text(c.Title+". "+c.Reading), c.PNG))
		p.para(fmt.Sprintf("%s Numbers: [%s](%s).", line(c.Reading), c.CSV, c.CSV))
	}
	if len(absent) > 0 {
		p.para("Not drawn:")
		p.list(absent)
	}
	if len(p.drawn) == 0 {
		p.para("No chart was asked for.")
	}
}
