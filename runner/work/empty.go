package work

import "context"

func init() { describe("empty", emptyKind) }

func emptyKind() Kind {
	return Kind{
		Name:    "empty",
		Summary: "items without work: what dealing and supervising cost",
		Doc: `Definition: the sum of the item numbers, one addition an item.
Source: own; the test knows n*(n-1)/2.
Unit: items; not bytes.
Stresses: everything around the work.
Does not say: anything of work.`,
		Item:   "one addition",
		New:    func(Params, Env) (Kernel, error) { return &empty{}, nil },
		Hidden: true,
	}
}

type empty struct{}

// Do returns a single item, which is what dealing deals, without a call: what is
// left to measure is the dealing.
func (*empty) Do(ctx context.Context, t Task) (uint64, error) {
	if t.Hi-t.Lo == 1 {
		return uint64(t.Lo), nil
	}
	return sumNumbers(ctx, t)
}

// sumNumbers looks for the end of ctx once in 65536 items: a look costs more
// than an item.
func sumNumbers(ctx context.Context, t Task) (sum uint64, err error) {
	for lo := t.Lo; ; {
		hi := min(t.Hi, lo+1<<16)
		for ; lo < hi; lo++ {
			sum += uint64(lo)
		}
		if lo == t.Hi {
			return sum, nil
		}
		if err := ctx.Err(); err != nil {
			return sum, err
		}
	}
}
