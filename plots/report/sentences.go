package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
)

func (b *book) overview() {
	var rows [][]string
	for _, s := range b.sentences {
		label := s.Label
		if b.inPage {
			label = "[" + label + "](#" + strings.ToLower(label) + ")"
		}
		rows = append(rows, []string{label, text(s.Text), bold(s.Verdict), text(Reason(&s) + apart(&s))})
	}
	b.table(4, []string{"label", "sentence", "verdict", "why"}, rows)
}

// Reason says why a sentence has its verdict: of one that is not tested, which experiment would.
func Reason(s *digest.Sentence) string {
	if s.Verdict == digest.Untested {
		return remedy(*s)
	}
	return s.Why
}

// apart tells the verdicts by runtime, where they differ.
func apart(s *digest.Sentence) string {
	var words, verdicts []string
	for _, r := range s.Runtimes {
		words = append(words, r.Runtime+" "+r.Verdict)
		if !slices.Contains(verdicts, r.Verdict) {
			verdicts = append(verdicts, r.Verdict)
		}
	}
	if len(verdicts) < 2 {
		return ""
	}
	return ". By runtime: " + strings.Join(words, ", ")
}

// remedy says how a sentence without a claim comes to one.
func remedy(s digest.Sentence) string {
	names := experiments.Quoting(s.Text)
	switch {
	case s.Concluded():
		return "no sentence that it sums up is tested"
	case names == nil:
		return "no shipped experiment tests it"
	}
	return "no run on this page tests it; forklore run " + strings.Join(names, " or ") + " would"
}

// part writes the sentences of one part of the textbook.
func (b *book) part(section string) {
	for i := range b.sentences {
		s := &b.sentences[i]
		if s.Section != section {
			continue
		}
		b.para("### " + s.Label)
		b.para("> " + line(s.Text))
		b.para(bold(s.Verdict) + ": " + text(Reason(s)) + ".")
		b.byRuntime(s)
		if len(s.Claims) > 0 {
			b.quotes(s.Claims)
		}
	}
}

func (b *book) byRuntime(s *digest.Sentence) {
	var notes []string
	for _, r := range s.Runtimes {
		notes = append(notes, text(r.Runtime)+": "+bold(r.Verdict)+", "+text(r.Why))
	}
	if notes != nil {
		b.list(notes)
	}
}

func (b *book) quotes(list []digest.Quote) {
	var rows [][]string
	for _, q := range list {
		effect, n := spread(q.Verdict)
		rows = append(rows, []string{text(q.Runtime), b.links[q.Run] + ": " + code(q.Claim.ID), b.claimed(q), bold(q.Verdict.Verdict), effect, n, b.otherwise(q)})
	}
	b.table(7, []string{"runtime", "experiment: claim", "claimed", "verdict", "effect [95 % CI]", "n", "when it is otherwise"}, rows)
}

// claimed says what a claim asks for: "wall time: processes better than goroutines".
func (b *book) claimed(q digest.Quote) string {
	c, what := q.Claim, q.Claim.Metric
	if m, err := b.runs[q.Run].Metric(c.Metric); err == nil {
		what = m.Title
	}
	if c.Kind == experiments.ClaimScaling {
		what = c.Quantity + " of " + c.Law + ", " + c.Model
	}
	var words []string
	if c.Kind == experiments.ClaimCompare {
		axis := ""
		if c.Axis != "" && c.Axis != "model" {
			axis = c.Axis + " "
		}
		words = append(words, axis+c.Left+" better than "+c.Right)
		if c.AtLeast != nil || c.AtMost != nil {
			words[0] = axis + c.Left + " over " + c.Right
		}
	}
	if len(q.Parts) > 0 {
		if bounds := boundsText(q.Parts[0]); bounds != "" {
			words = append(words, bounds)
		}
	}
	return text(strings.TrimSuffix(what+": "+strings.Join(words, ", "), ": ") + where(c.Where))
}

// where names the cells that a claim is about: "; cores 1, workload ring".
func where(axes map[string][]string) string {
	var words []string
	for _, axis := range slices.Sorted(maps.Keys(axes)) {
		words = append(words, axis+" "+strings.Join(axes[axis], " or "))
	}
	if words == nil {
		return ""
	}
	return "; " + strings.Join(words, ", ")
}

// otherwise says what bounds a verdict: the factor that flips it, why it is open, and the
// verdicts on the claims that its author named.
func (b *book) otherwise(q digest.Quote) string {
	var notes []string
	if reason := why(q.Verdict, q.Reason); reason != "" {
		if q.Trials > 0 {
			reason += fmt.Sprintf("; about %s would decide it", plots.Count(q.Trials, "block"))
		}
		notes = append(notes, reason)
	}
	for _, v := range q.Otherwise {
		effect, _ := spread(v)
		note := "“" + text(strings.TrimSuffix(v.Claim.Says, ".")) + "”: " + bold(v.Verdict)
		if effect != "" {
			note += ", " + effect
		}
		notes = append(notes, note)
	}
	return strings.Join(notes, ". ")
}
