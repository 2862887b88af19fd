package work

import (
	"fmt"
	"math"

	"forklore/runner/link"
)

// linkParam is the parameter of workers that talk in a way that can be chosen.
func linkParam(otherwise string) Param {
	return Param{Name: "link", Type: "choice", Default: otherwise, Choices: link.Names(), Doc: "how the workers talk"}
}

// refuseAcross is the Refuse of workloads that any number of workers can do.
func refuseAcross(ps Params, l Layout) string {
	if l.Processes <= 1 {
		return ""
	}
	return refuseLink(ps.String("link"))
}

// refusePairs is the Refuse of workloads whose workers talk two by two.
func refusePairs(ps Params, l Layout) string {
	if l.Workers%2 != 0 {
		if l.Workers == 1 {
			return "one worker has nobody to talk to; give it workers: 2 or another even number"
		}
		return fmt.Sprintf("of %d workers one has no partner; an even number of them is needed", l.Workers)
	}
	return refuseAcross(ps, l)
}

// twoByTwo returns the channels between ranks 0 and 1, 2 and 3 and so on, both
// ways.
func twoByTwo(workers int) (pairs []link.Pair) {
	for r := 0; r+1 < workers; r += 2 {
		pairs = append(pairs, link.Pair{From: r, To: r + 1}, link.Pair{From: r + 1, To: r})
	}
	return pairs
}

// dealt says which items of a round are part's, of so many parts: count of them
// from first on, step apart. Under fixed time nobody knows how many: count is
// out of reach and Over ends them.
func (r Round) dealt(part, parts int) (first, step, count int64) {
	if r.Items == Endless {
		return int64(part), int64(parts), math.MaxInt64
	}
	lo, hi := portion(r.Items, parts, part)
	return lo, 1, hi - lo
}

// up tells whether the time of a round is up; under fixed work it never is.
func (r Round) up() bool { return r.Over != nil && r.Over() }
