package report

import (
	"fmt"
	"slices"
	"strings"

	"forklore/metrics/digest"
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

// fullGates are the gates of a run with all controls.
var fullGates = []string{"aa", "positive", "canary", "noise"}

var gateWords = map[string]string{
	"aa":       "the reference cell twice in each block: no difference may be found",
	"positive": "a cell with 10 % more work: it must be found",
	"canary":   "a short spin at each block's start: it must stay the same",
	"noise":    "trials that something else disturbed",
}

// gates says which conditions of trust hold, and which nobody tested.
func (p *page) gates() {
	ran := slices.Clone(p.Gates)
	has := func(name string) bool {
		return slices.ContainsFunc(ran, func(g digest.Gate) bool { return g.Name == name })
	}
	if !has("noise") && p.noiseKnown() {
		ran = append(ran, digest.Gate{Name: "noise", Passed: true, Detail: "no disturbed trial, controls aside"})
	}
	var rows [][]string
	broken := 0
	for _, g := range ran {
		result := "passed"
		if !g.Passed {
			result = "**broken**"
			broken++
		}
		rows = append(rows, []string{text(g.Name), text(gateWords[g.Name]), result, text(g.Detail)})
	}
	var absent []string
	for _, name := range fullGates {
		if !has(name) {
			absent = append(absent, name)
			rows = append(rows, []string{name, text(gateWords[name]), "not run", map[bool]string{true: "noise unknown: neither steal nor foreign CPU was measured"}[name == "noise"]})
		}
	}
	p.para(gateSentence(len(ran), broken, absent))
	if slices.Contains(absent, "aa") && slices.Contains(absent, "positive") {
		p.para("Nothing tests whether the run could have found a difference, or finds one where there is none.")
	}
	p.table(9, []string{"gate", "what it tests", "result", "found"}, rows)
}

func gateSentence(ran, broken int, absent []string) string {
	missing := ""
	if len(absent) > 0 {
		missing = "; not run: " + strings.Join(absent, ", ")
	}
	switch {
	case broken > 0:
		return fmt.Sprintf("**No:** %s broken, so that every verdict is inconclusive%s.", plots.Count(broken, "gate"), missing)
	case ran == 0:
		return "No gate was run."
	case missing != "":
		return "Every gate that was run passed" + missing + "."
	}
	return "Every gate passed."
}

// noiseKnown reports whether any trial has a measure of what disturbed it.
func (p *page) noiseKnown() bool {
	return slices.ContainsFunc([]string{"steal_s", "foreign_cpu_s"}, p.has)
}
