package report

import (
	"fmt"
	"slices"

	"forklore/experiments"
)

const shownCommands = 50

// commands lists the programs of other languages that ran, and says what their phases are.
func (p *page) commands() {
	var texts []string
	plain := false
	for _, c := range p.Manifest.Plan.Cells {
		if c.Command == nil {
			continue
		}
		plain = plain || c.Command.Protocol == 0
		one := fmt.Sprintf("%s, %s: %s", line(c.Workload+p.versionOf(c.Workload)), text(c.ModelLabel), code(oneLine(shell(c.Command.Argv))))
		if !slices.Contains(texts, one) {
			texts = append(texts, one)
		}
	}
	if len(texts) == 0 {
		return
	}
	says := "Programs that are no part of forklore, with what stands between double braces filled in; a supervising host starts each and is no part of its memory."
	if plain {
		says += " A plain program starts when the gate opens: its wall time is exec to exit, and its own start is in it."
	}
	p.para(says)
	if more := len(texts) - shownCommands; more > 0 {
		texts = append(texts[:shownCommands], fmt.Sprintf("and %d more, in manifest.json", more))
	}
	p.list(texts)
}

// versionOf returns what a program said of its version, in parentheses.
func (p *page) versionOf(workload string) string {
	for _, one := range p.Manifest.Programs {
		if one.Workload == workload {
			return " (" + one.Version + ")"
		}
	}
	return ""
}

// isCommand reports whether a workload is a program that is no part of forklore.
func (p *page) isCommand(label string) bool {
	return slices.ContainsFunc(p.Manifest.Plan.Cells, func(c experiments.Cell) bool { return c.Command != nil && c.Label == label })
}
