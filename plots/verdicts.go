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
	for _, v := range verdicts {
		for _, p := range v.Parts {
			rows = append(rows, partRow(d, places, v, p))
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no claim has data: " + verdicts[0].Reason)
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, forestEstimator+"; dashed: the bound of a claim")}
	t.Title, t.Reading = verdictsWords(verdicts)
	return t, nil
}

func partRow(d *digest.Digest, places []Place, v digest.Verdict, p digest.Part) forestRow {
	left := places[p.Left]
	c := d.Cells[p.Left]
	r := forestRow{Claim: v.Claim.ID, Panel: claimTitle(v), Metric: p.Metric, Title: metricTitle(d, p.Metric), Unit: p.Unit, Ratio: "no", Margin: p.Target.Margin,
		AtLeast: orNaN(p.Target.AtLeast), AtMost: orNaN(p.Target.AtMost), P: p.P, BH: math.NaN(), Verdict: p.Verdict, Reason: p.Reason,
		who: who{c.ID, left.Label, left.Label + ", " + left.Setting, c.Model, left.Series, c.Cores, c.Workers}}
	if p.Right >= 0 {
		r.Ratio = "yes"
		right := places[p.Right]
		if right.Series != left.Series {
			r.Series += " / " + right.Series
		} else {
			r.Setting = left.Label + ", " + left.Setting + " / " + right.Setting
		}
	}
	r.estimate(p.Primary, p.Companion)
	return r
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
