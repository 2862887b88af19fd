package digest

import (
	"fmt"
	"slices"
	"strings"

	"forklore/experiments"
)

// needs are those that the textbook's conclusion names, each with the sentences that are
// about it.
var needs = []struct {
	name   string
	labels string
}{
	{"resource management", "T1 T2 T5 P1 P2 C1 C2"},
	{"stability", "P3 P5 P7 C4"},
	{"performance", "T3 T4 T6 T7 T8 P4 P6 P8 P9 C3 C5"},
}

// The two sides of the choice. Hybrid is neither.
const (
	sideThreads   = "threads or goroutines"
	sideProcesses = "processes"
)

func side(model string) string {
	switch model {
	case experiments.Goroutines, experiments.Threads:
		return sideThreads
	case experiments.Processes:
		return sideProcesses
	}
	return ""
}

// conclude judges whether the choice depends on the needs, from the claims of the sentences
// that hold one side against the other and are decided: supported where each side wins
// somewhere, reversed where one side wins for every need and the other nowhere.
func conclude(ds []*Digest, sentences []Sentence) (verdict, why string) {
	wins := map[string]int{} // of a side
	var words []string
	decided, claims := 0, 0
	for _, need := range needs {
		of := map[string]int{}
		for _, s := range sentences {
			if !slices.Contains(strings.Fields(need.labels), s.Label) {
				continue
			}
			claims += len(s.Claims)
			for _, q := range s.Claims {
				for _, winner := range winners(ds[q.Run], q.Verdict) {
					of[winner]++
					wins[winner]++
				}
			}
		}
		words = append(words, need.name+": "+tallied(of))
		if len(of) > 0 {
			decided++
		}
	}
	why = "claims won, by need: " + strings.Join(words, "; ")
	switch {
	case claims == 0:
		return Untested, ""
	case len(wins) == 2:
		return Supported, why
	case len(wins) == 1 && decided == len(needs):
		return Reversed, why
	case len(wins) == 1:
		return Inconclusive, fmt.Sprintf("%s; claims about %d of %d needs alone are decided", why, decided, len(needs))
	}
	return Inconclusive, "no claim that holds threads or goroutines against processes is decided for either"
}

func tallied(of map[string]int) string {
	if len(of) == 0 {
		return "none decided"
	}
	return fmt.Sprintf("%s %d, %s %d", sideThreads, of[sideThreads], sideProcesses, of[sideProcesses])
}

// winners names the sides that a claim found better: none where it holds no side against the
// other, is open, or found no difference; both where its cells disagree.
func winners(d *Digest, v Verdict) []string {
	var list []string
	for i := range v.Parts {
		p := &v.Parts[i]
		if v.Claim.Kind != experiments.ClaimCompare || p.Left == none || p.Right == none {
			continue
		}
		verdict := v.Verdict
		if verdict == Conditional {
			verdict = p.Verdict
		}
		left, right := side(d.Cells[p.Left].Model), side(d.Cells[p.Right].Model)
		if left == "" || right == "" || left == right {
			continue
		}
		if w := p.Target.winner(verdict, left, right); w != "" && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}

// winner names the side that a verdict finds better. A claim with a bound finds so only where
// the bound lies beyond what makes no difference: a ratio of 1, a difference of 0.
func (t Target) winner(verdict, left, right string) string {
	neutral := 1.0
	if t.Difference {
		neutral = 0
	}
	bounded := t.AtLeast != nil || t.AtMost != nil
	switch {
	case !bounded && verdict == Supported:
		return left
	case !bounded && verdict == Reversed:
		return right
	case verdict == Supported && t.AtLeast != nil && *t.AtLeast > neutral:
		return left
	case verdict == Supported && t.AtMost != nil && *t.AtMost < neutral:
		return right
	case verdict == Reversed && t.AtLeast != nil && t.AtMost == nil && *t.AtLeast < neutral:
		return right
	}
	return ""
}
