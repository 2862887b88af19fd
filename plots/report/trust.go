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
	var warnings []string
	for _, w := range slices.Concat(p.Manifest.Warnings, p.Warnings) {
		if !slices.Contains(warnings, w) && !strings.HasPrefix(w, "gate ") && !strings.HasPrefix(w, "control ") { // the table has the gates
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
	broken, leeway := 0, 0.0
	for _, g := range ran {
		result := "passed"
		switch {
		case !g.Passed:
			result = "**broken**"
			broken++
		case g.Leeway > 1:
			result = "coarse"
			leeway = max(leeway, g.Leeway)
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
	p.para("A gate is a condition that must hold before a verdict counts. " + gateSentence(len(ran), broken, absent))
	if leeway > 1 {
		p.para(fmt.Sprintf("A coarse control found nothing wrong, but is too wide to have found everything: what it could not have told from no difference, a factor of %s, is taken into account. A verdict on a time holds only where the interval lies so much beyond the margin. More blocks make controls finer.", plots.Digits(leeway)))
	}
	if slices.Contains(absent, "aa") && slices.Contains(absent, "positive") {
		p.para("Nothing tests whether this run would have found a difference, or finds one where there is none: `controls: true` in the experiment does.")
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
		return fmt.Sprintf("**%s broken, so that every verdict is inconclusive**%s.", map[bool]string{true: "One is", false: fmt.Sprintf("%d are", broken)}[broken == 1], missing)
	case ran == 0:
		return "None was run."
	case missing != "":
		return "Every one that was run passed" + missing + "."
	}
	return "Every one passed."
}

// noiseKnown reports whether any trial has a measure of what disturbed it.
func (p *page) noiseKnown() bool {
	return slices.ContainsFunc([]string{"steal_s", "foreign_cpu_s"}, p.has)
}
