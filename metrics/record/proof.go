package record

import (
	"math"

	"forklore/experiments"
)

// Proof compares the checksums of trials that must agree: those of the same
// workload, parameters, items and iterations, whatever their model, cores or
// schedule. Trials of fixed time do different amounts of work and are not
// compared. The zero Proof is ready; it is not safe for concurrent use.
//
// The reference is the checksum of the first ok sequential trial of the group,
// for the plain loop has the least that can go wrong, and until there is one
// that of the group's first ok trial. No majority is taken: three models that
// share a bug would outvote the loop.
type Proof struct {
	// Overturned counts the groups whose first reference a sequential trial
	// has contradicted: trials accepted before it were wrong. Checking all
	// trials again with the same Proof finds them.
	Overturned int

	groups map[proofKey]reference
}

type proofKey struct {
	workload, params string
	items            float64
	iterations       int
}

type reference struct {
	sum        string
	sequential bool
}

// Check reports whether the checksum of an ok trial is the one of its group,
// and which one that is. A trial that did not end ok, or has no checksum or no
// fixed number of items, passes.
func (p *Proof) Check(t *Trial) (ok bool, want string) {
	if t.Status != OK || t.Checksum == "" || math.IsNaN(t.Items) || t.DurationS > 0 {
		return true, ""
	}
	if p.groups == nil {
		p.groups = map[proofKey]reference{}
	}
	key := proofKey{t.Workload, t.Params, t.Items, t.Iterations}
	have, met := p.groups[key]
	sequential := t.Model == experiments.Sequential
	if !met || sequential && !have.sequential {
		if met && have.sum != t.Checksum {
			p.Overturned++
		}
		have = reference{t.Checksum, sequential}
		p.groups[key] = have
	}
	return have.sum == t.Checksum, have.sum
}
