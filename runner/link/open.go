package link

import "fmt"

// Longest is the longest message that a plan may ask for, in bytes.
const Longest = 1 << 30

// Open makes the channels of a plan for workers of ranks 0 to ranks-1. Links
// that keep files put them into dir. The error is an [Unavailable] where the
// system does not allow that much.
func Open(p Plan, ranks int, dir string) (Fabric, error) {
	k, err := p.check(ranks)
	if err != nil {
		return nil, err
	}
	f, err := k.Open(p, ranks, dir)
	if err != nil {
		return nil, fmt.Errorf("open %d channels over %s: %w", len(p.Pairs), p.Link, err)
	}
	return f, nil
}

// Join takes up a share in the child process that inherited its files, in the
// same order. The files are the joint's from then on, also after an error.
func Join(p Plan, ranks, lo, hi int, s Share) (Joint, error) {
	k, err := p.check(ranks)
	if err != nil {
		return nil, err
	}
	j, err := k.join(p, ranks, lo, hi, s)
	if err != nil {
		return nil, fmt.Errorf("join ranks %d to %d over %s: %w", lo, hi-1, p.Link, err)
	}
	return j, nil
}

// check returns the plan's link, or what is wrong with the plan.
func (p Plan) check(ranks int) (Kind, error) {
	k, err := Lookup(p.Link)
	if err != nil {
		return Kind{}, err
	}
	if p.Max < 1 || p.Max > Longest {
		return Kind{}, fmt.Errorf("the longest message of a plan has %d bytes; allowed are 1 to %d", p.Max, Longest)
	}
	seen := map[Pair]bool{}
	for _, c := range p.Pairs {
		switch {
		case c.From < 0 || c.From >= ranks || c.To < 0 || c.To >= ranks:
			return Kind{}, fmt.Errorf("a plan of %d ranks has a channel from %d to %d", ranks, c.From, c.To)
		case c.From == c.To:
			return Kind{}, fmt.Errorf("a plan has a channel from rank %d to itself", c.From)
		case seen[c]:
			return Kind{}, fmt.Errorf("a plan has the channel from %d to %d twice", c.From, c.To)
		}
		seen[c] = true
	}
	return k, nil
}
