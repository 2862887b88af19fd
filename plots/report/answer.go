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
	top := topComparisons(plots.Comparisons(p.Digest))
	if len(top) == 0 {
		p.para("No two models were run in the same setting, so that there is nothing to compare. " + p.medians())
		return
	}
	var parts []string
	for _, c := range top {
		parts = append(parts, p.sentence(c))
	}
	parts = append(parts, "Ratios are medians over blocks that hold a trial of both models, with their range over blocks; they are no test of significance.")
	p.para(strings.Join(parts, " "))
}

// shownClaims bounds the answer; the table of verdicts has them all.
const shownClaims = 8

// verdictAnswer is the answer of a run with claims.
func (p *page) verdictAnswer(all []digest.Verdict) {
	var points []string
	for _, v := range all[:min(len(all), shownClaims)] {
		points = append(points, verdictSentence(v))
	}
	if more := len(all) - shownClaims; more > 0 {
		points = append(points, fmt.Sprintf("%s more under Verdicts.", plots.Count(more, "claim")))
	}
	p.list(points)
	if broken := all[0].Broken; broken != "" {
		p.para("**No verdict of this run counts:** " + text(broken) + ".")
	}
}

// topComparisons keeps, for each workload, the setting with most cores.
func topComparisons(all []plots.Comparison) []plots.Comparison {
	var top []plots.Comparison
	at := map[string]int{}
	for _, c := range all {
		i, ok := at[c.Label]
		switch {
		case !ok:
			at[c.Label] = len(top)
			top = append(top, c)
		case c.Cores > top[i].Cores:
			top[i] = c
		}
	}
	return top
}

func (p *page) sentence(c plots.Comparison) string {
	s := fmt.Sprintf("**%s** at %s: %s had %s the throughput of %s (%s)", text(c.Label), text(c.Setting), text(c.A),
		plots.Times(c.Ratio), text(c.B), blocks(c.Lo, c.Hi, c.N))
	memory := struct{ metric, words string }{"mem_high_B", "peak memory by its upper bound"}
	if _, ok := p.ratio("mem_peak_B", c); ok {
		memory.metric, memory.words = "mem_peak_B", "peak memory"
	}
	for _, m := range []struct{ metric, words string }{{"cpu_per_item_s", "CPU time per item"}, memory} {
		if r, ok := p.ratio(m.metric, c); ok {
			s += fmt.Sprintf(", %s their %s (%s)", plots.Times(r.Median), m.words, blocks(r.Min, r.Max, r.N))
		}
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

// medians lists the wall times of at most six cells.
func (p *page) medians() string {
	var parts []string
	for i, c := range p.Cells {
		values := present(c.Values["wall_s"])
		if len(values) == 0 || len(parts) == 6 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: median wall time %s (n = %d, range over trials %s)", text(p.places[i].Title()),
			plots.Quantity(stat.Median(values), "s"), len(values), plots.Interval(slices.Min(values), slices.Max(values), "s")))
	}
	return strings.Join(parts, "; ") + "."
}

// Answer returns the report's answer for a terminal: its text without
// Markdown.
func Answer(d *digest.Digest) string {
	p := &page{Digest: d, places: plots.Places(d)}
	answer(p)
	return plain(p.String())
}
