package report

import (
	"fmt"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
	"forklore/plots"
)

// answer says in one paragraph what was found where most cores were used:
// medians and ratios with their ranges. It claims nothing of significance.
func answer(p *page) {
	ok, _ := p.okTrials()
	if ok == 0 {
		p.para("There is none: no trial of this run ended ok.")
		return
	}
	if all := p.Verdicts(); len(all) > 0 {
		p.verdictAnswer(all)
		return
	}
	p.para(p.seen())
}

// seen says what the models differed in where most cores and workers were
// used, without judging it.
func (p *page) seen() string {
	top := topComparisons(plots.Comparisons(p.Digest))
	if len(top) == 0 {
		return "No two models were run in the same setting, so that there is nothing to compare. " + p.medians()
	}
	var parts []string
	for _, c := range top {
		parts = append(parts, p.sentence(c))
	}
	parts = append(parts, "Ratios are medians over blocks that hold a trial of both models, with their range over blocks; they are no test of significance.")
	return strings.Join(parts, " ")
}

// shownClaims bounds the answer; the table of verdicts has them all.
const shownClaims = 8

// verdictAnswer is the answer of a run with claims.
func (p *page) verdictAnswer(all []digest.Verdict) {
	var points []string
	for _, v := range all[:min(len(all), shownClaims)] {
		points = append(points, verdictSentence(p.Digest, v))
	}
	if more := len(all) - shownClaims; more > 0 {
		points = append(points, fmt.Sprintf("%s more under Verdicts.", plots.Count(more, "claim")))
	}
	p.list(points)
	if i := slices.IndexFunc(all, func(v digest.Verdict) bool { return v.Broken != "" }); i >= 0 {
		which := "No verdict of this run counts:"
		if slices.ContainsFunc(all, func(v digest.Verdict) bool { return v.Broken == "" }) {
			which = "No verdict of this run counts but those on what was counted, not timed:"
		}
		p.para("**" + which + "** " + text(all[i].Broken) + ". A gate is what must hold before a number is worth a verdict; “Can it be trusted?” says more.")
	}
	if !slices.ContainsFunc(all, decided) {
		p.para("What was seen, without a verdict: " + p.seen())
	}
}

func decided(v digest.Verdict) bool {
	return v.Verdict != digest.Inconclusive && v.Verdict != digest.NoData
}

// topComparisons keeps, for each workload, the setting with most cores, and of
// those the last: lists of workers grow.
func topComparisons(all []plots.Comparison) []plots.Comparison {
	var top []plots.Comparison
	at := map[string]int{}
	for _, c := range all {
		i, ok := at[c.Label]
		switch {
		case !ok:
			at[c.Label] = len(top)
			top = append(top, c)
		case c.Cores >= top[i].Cores:
			top[i] = c
		}
	}
	return top
}

func (p *page) sentence(c plots.Comparison) string {
	s := fmt.Sprintf("**%s** at %s: %s had %s the %s of %s (%s)", text(c.Label), text(c.Setting), text(c.A),
		plots.Times(c.Ratio), c.What, text(c.B), blocks(c.Lo, c.Hi, c.N))
	if r, ok := p.ratio("cpu_per_item_s", c); ok {
		s += fmt.Sprintf(", %s their CPU time per item (%s)", plots.Times(r.Median), blocks(r.Min, r.Max, r.N))
	}
	if r, ok := p.ratio("mem_peak_B", c); ok {
		return s + fmt.Sprintf(", %s their peak memory (%s).", plots.Times(r.Median), blocks(r.Min, r.Max, r.N))
	}
	low, known := p.ratio("mem_low_B", c)
	high, ok := p.ratio("mem_high_B", c)
	switch {
	case ok && known:
		host := ", the supervising host included"
		if p.isCommand(c.Label) {
			host = ""
		}
		s += fmt.Sprintf(", between %s and %s their peak memory (by the bounds that are known of it%s; n = %s)",
			plots.Times(min(low.Median, high.Median)), plots.Times(max(low.Median, high.Median)), host, plots.Count(high.N, "block"))
	case ok:
		s += fmt.Sprintf(", %s their peak memory by its upper bound (%s)", plots.Times(high.Median), blocks(high.Min, high.Max, high.N))
	}
	return s + "."
}

// blocks says how far a ratio's blocks lie apart.
func blocks(lo, hi float64, n int) string {
	if n == 1 {
		return "n = 1 block"
	}
	return fmt.Sprintf("n = %d blocks, range ", n) + plots.TimesRange(lo, hi)
}

// ratio finds the ratio of another metric for the cells of a comparison.
func (p *page) ratio(metric string, c plots.Comparison) (digest.Ratio, bool) {
	for _, r := range p.Ratios(metric) {
		a, b := p.places[r.Num], p.places[r.Den]
		if a.Label == c.Label && a.Setting == c.Setting && a.Series == c.A && b.Series == c.B {
			return r, true
		}
	}
	return digest.Ratio{}, false
}

// medians lists at most six cells by their wall times, or by their throughputs where
// calibration gave them different work: there a shorter time says nothing.
func (p *page) medians() string {
	metric, what, unit := "wall_s", "wall time", "s"
	if p.calibratedApart() {
		metric, what, unit = "throughput_items_per_s", "throughput", "items/s"
	}
	var parts []string
	for i, c := range p.Cells {
		values := present(c.Values[metric])
		if len(values) == 0 || len(parts) == 6 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: median %s %s (n = %d, range over trials %s)", text(p.places[i].Title()), what,
			plots.Quantity(stat.Median(values), unit), len(values), plots.Interval(slices.Min(values), slices.Max(values), unit)))
	}
	return strings.Join(parts, "; ") + "."
}

// calibratedApart tells whether items: auto chose the work of more than one workload or
// set of its parameters.
func (p *page) calibratedApart() bool {
	works := map[string]bool{}
	for _, c := range p.Cells {
		if c.AutoS > 0 {
			works[c.Workload+" "+c.ParamText()] = true
		}
	}
	return len(works) > 1
}

// Answer returns the report's answer for a terminal: its text without
// Markdown.
func Answer(d *digest.Digest) string {
	p := &page{Digest: d, places: plots.Places(d)}
	answer(p)
	return plain(p.String())
}
