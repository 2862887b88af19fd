package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
)

func init() {
	register(Chart{
		Name:     "verdicts",
		Question: "Do the claims made before the run hold?",
		Order:    5,
		Table:    verdictsTable,
		Draw:     func(s *Sheet, t Table) { s.drawForest(rowsOf[forestRow](t)) },
	})
}

func verdictsTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	verdicts := d.Verdicts()
	if len(verdicts) == 0 {
		return Table{}, Absent("the experiment makes no claim")
	}
	places := Places(d)
	var rows []forestRow
	titles := claimTitles(d, verdicts)
	for i, v := range verdicts {
		common := everywhere(places, v)
		for _, p := range v.Parts {
			r := partRow(d, places, v, p, common)
			r.Panel = titles[i]
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no claim has data: " + verdicts[0].Reason)
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, forestEstimator+"; dashed: the bound of a claim")}
	t.Title, t.Reading = verdictsWords(verdicts)
	return t, nil
}

// partRow is the line of a part of a verdict; common are the words that all its parts share.
func partRow(d *digest.Digest, places []Place, v digest.Verdict, p digest.Part, common []string) forestRow {
	left := places[p.Left]
	c := d.Cells[p.Left]
	r := forestRow{Claim: v.Claim.ID, Metric: p.Metric, Title: metricTitle(d, p.Metric), Unit: p.Unit, Ratio: "no", Margin: p.Target.Margin,
		AtLeast: orNaN(p.Target.AtLeast), AtMost: orNaN(p.Target.AtMost), P: p.P, BH: math.NaN(), Verdict: p.Verdict, Reason: p.Reason,
		who: who{c.ID, left.Label, left.named(), c.Model, left.Series, c.Cores, c.Workers}}
	if p.Right >= 0 {
		r.Ratio = "yes"
		if p.Target.Difference {
			r.Ratio = difference
		}
		right := places[p.Right]
		if right.Series != left.Series {
			r.Series += " / " + right.Series
		} else {
			rest := without(both(left, right), common)
			r.Setting = strings.TrimSuffix(apart(left, right)+", "+spoken(rest), ", ")
		}
	}
	r.estimate(p.Primary, p.Companion)
	return r
}

// named is all that the words of a cell's place say of it.
func (p Place) named() string { return strings.TrimSuffix(p.Label+", "+p.Setting, ", ") }

// apart tells two cells of one series apart by what only one of them has: 64 B / 4 KiB. What
// stands first is what a narrow column shows.
func apart(left, right Place) string {
	a, b := words(left.named()), words(right.named())
	return spoken(without(a, b)) + " / " + spoken(without(b, a))
}

// both returns the words that two cells share.
func both(left, right Place) []string {
	return shared(words(left.named()), words(right.named()))
}

// everywhere returns the words that the left sides of all parts of a verdict have.
func everywhere(places []Place, v digest.Verdict) []string {
	var lefts [][]string
	for _, p := range v.Parts {
		lefts = append(lefts, words(places[p.Left].named()))
	}
	return shared(lefts...)
}

// claimTitles are the headings of claims. Where several quote one sentence, the metric tells
// them apart.
func claimTitles(d *digest.Digest, verdicts []digest.Verdict) []string {
	quoted := map[string]int{}
	for _, v := range verdicts {
		quoted[v.Claim.Says]++
	}
	var titles []string
	for _, v := range verdicts {
		if quoted[v.Claim.Says] > 1 && v.Claim.Says != "" {
			v.Claim.Says = strings.TrimRight(v.Claim.Says, ".") + ": " + metricTitle(d, v.Claim.Metric)
		}
		titles = append(titles, claimTitle(v))
	}
	return titles
}

func claimTitle(v digest.Verdict) string {
	says := v.Claim.Says
	if says == "" {
		says = v.Claim.ID
	}
	return strings.TrimRight(says, ".") + " (" + v.Verdict + ")"
}

// verdictsWords counts the verdicts, or tells the only one.
func verdictsWords(verdicts []digest.Verdict) (title, reading string) {
	var parts []string
	for _, name := range []string{digest.Supported, digest.Conditional, digest.Equivalent, digest.Reversed, digest.Inconclusive, digest.NoData} {
		n := 0
		for _, v := range verdicts {
			if v.Verdict == name {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	title = fmt.Sprintf("Of %s: %s", Count(len(verdicts), "claim"), strings.Join(parts, ", "))
	if len(verdicts) == 1 {
		title = claimTitle(verdicts[0])
	}
	var all []string
	for _, v := range verdicts[:min(len(verdicts), 4)] {
		all = append(all, v.Claim.ID+" is "+v.Verdict)
	}
	if len(verdicts) > 4 {
		all = append(all, "the others are in the table of verdicts")
	}
	reading = "An interval wholly right of the grey band speaks for its claim, wholly left of it for the opposite, inside it for no difference that matters"
	if slices.ContainsFunc(verdicts, func(v digest.Verdict) bool { return v.Claim.AtLeast != nil || v.Claim.AtMost != nil }) {
		reading += "; of a claim with a bound, dashed, it must lie wholly on the side that is asked for"
	}
	return title, reading + ": " + strings.Join(all, "; ") + "."
}
