package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
)

// shownParts bounds the table; claims.csv has them all.
const shownParts = 60

func verdicts(p *page) {
	all := p.Verdicts()
	if len(all) == 0 {
		p.para("The experiment makes no claim, so that there is nothing to judge. What its models differ in is under Numbers, without a claim written down before.")
		return
	}
	p.para("A claim is **supported** where the 95 % interval lies wholly beyond its margin, **reversed** where it lies wholly beyond it on the other side, **equivalent** where the 90 % interval lies inside the margin (two one-sided tests), else **inconclusive**. An estimate with an x is a ratio, turned so that above 1x speaks for the claim. Two estimators must agree, every gate must have passed, and p is adjusted over the claims of the file (Holm). All numbers are in [claims.csv](claims.csv).")
	if slices.ContainsFunc(all, func(v digest.Verdict) bool { return len(v.Parts) > 0 && v.Parts[0].Target.Difference }) {
		p.para("An estimate with a sign is the difference of two shares, turned so that above 0 speaks for the claim.")
	}
	if slices.ContainsFunc(all, coarse) {
		p.para("A control of this run is coarse (“Can it be trusted?” says how much): intervals are judged as that much wider, each way.")
	}
	var rows [][]string
	parts := 0
	for _, v := range all {
		parts += len(v.Parts)
		if len(v.Parts) == 0 {
			rows = append(rows, []string{text(v.Claim.ID), text(v.Claim.Says), "", "", "", "", "", bold(v.Verdict), why(v, v.Reason)})
		}
		for i, part := range v.Parts {
			if len(rows) < shownParts {
				rows = append(rows, partRow(v, i, part))
			}
		}
	}
	p.table(9, []string{"claim", "says", "where", "estimate [95 % CI]", "asked for", "n", "p, adjusted", "verdict", "why"}, rows)
	if parts > shownParts {
		p.para(fmt.Sprintf("%s more: see [claims.csv](claims.csv).", plots.Count(parts-shownParts, "part")))
	}
}

// coarse reports whether the controls left something open that a verdict had to hold beyond.
func coarse(v digest.Verdict) bool {
	return slices.ContainsFunc(v.Parts, func(p digest.Part) bool { return p.Target.Leeway > 1 })
}

// partRow names the claim and its whole verdict once, in its first part.
func partRow(v digest.Verdict, i int, part digest.Part) []string {
	row := []string{text(v.Claim.ID), "", text(part.Title), rangeText(part), targetText(part), fmt.Sprint(part.Primary.N), "", text(part.Verdict), why(v, part.Reason)}
	if i == 0 {
		row[1] = text(v.Claim.Says)
		row[6] = pText(v.Holm)
		if len(v.Parts) > 1 {
			row[7] = text(part.Verdict) + "; all: " + bold(v.Verdict)
			if v.Reason != "" && v.Reason != part.Reason {
				row[8] = strings.TrimPrefix(why(v, part.Reason)+"; all: "+why(v, v.Reason), "; ")
			}
		} else {
			row[7], row[8] = bold(v.Verdict), why(v, v.Reason)
		}
	}
	return row
}

// why is the reason of a verdict; what is broken is named here and told once,
// under the answer.
func why(v digest.Verdict, reason string) string {
	if reason == v.Broken {
		reason, _, _ = strings.Cut(reason, ":")
	}
	return text(reason)
}

func bold(s string) string { return "**" + text(s) + "**" }

// rangeText prints an estimate with its 95 % interval; a ratio with an x, a difference with its sign.
func rangeText(p digest.Part) string {
	if math.IsNaN(p.Primary.Estimate) {
		return ""
	}
	if p.Target.Difference {
		return plots.Difference(p.Primary.Estimate) + interval(p.Primary, plots.Digits)
	}
	if p.Right >= 0 {
		return plots.Times(p.Primary.Estimate) + interval(p.Primary, plots.Digits)
	}
	return plots.Quantity(p.Primary.Estimate, p.Unit) + interval(p.Primary, func(v float64) string { return plots.Quantity(v, p.Unit) })
}

func interval(r digest.Range, number func(float64) string) string {
	if math.IsNaN(r.Lo95) || math.IsNaN(r.Hi95) {
		return " (no interval)"
	}
	bound := func(v float64) string {
		if math.IsInf(v, 0) {
			return "∞"
		}
		return number(v)
	}
	return " [" + bound(r.Lo95) + ", " + bound(r.Hi95) + "]"
}

// targetText says what the claim asks for.
func targetText(p digest.Part) string {
	bounds := boundsText(p)
	if bounds == "" && p.Target.Margin > 0 {
		bounds = "more than " + plots.Given(100*p.Target.Margin, "") + " % better"
		if p.Target.Difference {
			bounds = "better by more than " + plots.Given(p.Target.Margin, "")
		}
	}
	return text(bounds)
}

// boundsText says which bounds a claim names, if it names any.
func boundsText(p digest.Part) string {
	unit := p.Unit
	if p.Right >= 0 && !p.Target.Difference {
		unit = "x"
	}
	var parts []string
	if v := p.Target.AtLeast; v != nil {
		parts = append(parts, "at least "+plots.Given(*v, unit))
	}
	if v := p.Target.AtMost; v != nil {
		parts = append(parts, "at most "+plots.Given(*v, unit))
	}
	return strings.Join(parts, ", ")
}

// verdictSentence puts one verdict in plain words: what, by how much, how
// sure, and when not.
func verdictSentence(d *digest.Digest, v digest.Verdict) string {
	says := strings.TrimRight(oneLine(v.Claim.Says), ".")
	if says == "" {
		says = v.Claim.ID
	}
	lead := map[string]string{
		digest.Supported: "holds", digest.Reversed: "does not hold; the opposite does", digest.Conditional: "holds only in part",
		digest.Equivalent: "does not hold; there is no difference that matters", digest.Inconclusive: "remains open", digest.NoData: "could not be judged",
	}[v.Verdict]
	s := fmt.Sprintf("“%s”: **%s** (%s)", text(says), text(lead), text(v.Verdict))
	if span := spanOf(d, v); span != "" {
		s += ": " + span
	}
	if v.Reason != "" && v.Reason != v.Broken { // what is broken is said once, below all of them
		s += "; " + text(v.Reason)
	}
	if v.Trials > 0 {
		s += fmt.Sprintf("; about %s would decide it", plots.Count(v.Trials, "block"))
	}
	return s + "."
}

// spanOf gives the estimate of a claim, or the least and the greatest of its
// parts, each with its interval.
func spanOf(d *digest.Digest, v digest.Verdict) string {
	lo, hi := extremes(v)
	if lo == nil {
		return ""
	}
	what, favours := "", ""
	if m, err := d.Metric(lo.Metric); err == nil {
		what = text(m.Title) + " "
	}
	if v.Claim.Kind == experiments.ClaimCompare {
		side, even := v.Claim.Left, "1x"
		if v.Claim.Axis != "model" {
			side = v.Claim.Axis + " " + side
		}
		if lo.Target.Difference {
			even = "0"
		}
		favours = "; above " + even + " favours " + text(side)
	}
	if bounds := boundsText(*lo); bounds != "" {
		favours += "; asked for is " + text(bounds)
	}
	where := func(p *digest.Part) string { return text(fmt.Sprintf("(%s, n = %d)", p.Title, p.Primary.N)) }
	if lo == hi && len(v.Parts) > 1 {
		return what + rangeText(*lo) + " " + text(fmt.Sprintf("in each of %d parts (n = %d)", len(v.Parts), lo.Primary.N)) + favours
	}
	if lo == hi {
		return what + rangeText(*lo) + " " + where(lo) + favours
	}
	return what + "from " + rangeText(*lo) + " " + where(lo) + " to " + rangeText(*hi) + " " + where(hi) + favours
}

// extremes returns the parts of a claim with the least and the greatest
// estimate; nil where none has one.
func extremes(v digest.Verdict) (lo, hi *digest.Part) {
	for i := range v.Parts {
		p := &v.Parts[i]
		if math.IsNaN(p.Primary.Estimate) {
			continue
		}
		if lo == nil || p.Primary.Estimate < lo.Primary.Estimate {
			lo = p
		}
		if hi == nil || p.Primary.Estimate > hi.Primary.Estimate {
			hi = p
		}
	}
	return lo, hi
}

// pText prints a probability.
func pText(p float64) string {
	switch {
	case math.IsNaN(p):
		return ""
	case p < 0.0001:
		return "&lt; 0.0001"
	}
	return plots.Digits(p)
}
