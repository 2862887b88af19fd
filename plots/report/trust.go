package report

import (
	"fmt"
	"slices"

	"forklore/plots"
)

func trust(p *page) {
	p.gates()
	warnings := append([]string(nil), p.Manifest.Warnings...)
	for _, w := range p.Warnings {
		if !slices.Contains(warnings, w) {
			warnings = append(warnings, w)
		}
	}
	if len(warnings) == 0 {
		p.para("No check of this run raised a warning.")
		return
	}
	p.para("Read these before believing the numbers:")
	for i, w := range warnings {
		warnings[i] = line(w)
	}
	p.list(warnings)
}

var gateWords = map[string]string{
	"aa":       "the reference cell twice in each block: no difference may be found",
	"positive": "a cell with 10 % more work: it must be found",
	"canary":   "a short spin at each block's start: it must stay the same",
	"noise":    "trials that something else disturbed",
}

// gates says which conditions of trust hold.
func (p *page) gates() {
	if len(p.Gates) == 0 {
		p.para("The run has no controls and no disturbed trial: nothing tests whether it could have found a difference, or finds one where there is none.")
		return
	}
	var rows [][]string
	broken := 0
	for _, g := range p.Gates {
		result := "passed"
		if !g.Passed {
			result = "**broken**"
			broken++
		}
		rows = append(rows, []string{text(g.Name), text(gateWords[g.Name]), result, text(g.Detail)})
	}
	if broken > 0 {
		p.para(fmt.Sprintf("**No:** %s broken, so that every verdict is inconclusive.", plots.Count(broken, "gate")))
	} else {
		p.para("Every gate passed.")
	}
	p.table(9, []string{"gate", "what it tests", "result", "found"}, rows)
}
