package work

import "context"

func init() { describe("nqueens", nqueensKind) }

func nqueensKind() Kind {
	return Kind{
		Name:    "nqueens",
		Summary: "n queens by backtracking: branches, recursion and items of unequal length",
		Doc: `Definition: the prefixes are all placements of queens in the first placed rows of an n
x n board in which none attacks another, in lexicographic order of their columns. Item
i counts the ways to complete prefix i, modulo their number, to n queens: by
backtracking row by row, with the attacked columns and diagonals in the bits of three
words.
Source: the bit-pattern method (Richards, Backtracking Algorithms in MCPL, 1997);
tested against OEIS A000170, the published numbers of solutions.
Unit: prefixes; not bytes.
Stresses: integer units, calls and branches that nothing predicts well; registers and
the stack, no other memory. Items differ by a factor of two and more, which static
dealing feels when there are few for each worker.
Does not say: anything of memory, floating point or communication. There is no
symmetry in use: half of the board would do.`,
		Item: "a prefix of queens completed in all ways",
		Params: []Param{
			{Name: "n", Type: "int", Default: "13", Min: 4, Max: 20, Doc: "rows and columns of the board"},
			{Name: "placed", Type: "int", Default: "2", Min: 1, Max: 4, Doc: "queens of a prefix: more of them make shorter items"},
		},
		New: newQueens,
	}
}

type queens struct {
	full     uint32 // a bit for each column
	prefixes []board
}

// board is what the queens so far attack in the next row.
type board struct{ columns, left, right uint32 }

func newQueens(ps Params, _ Env) (Kernel, error) {
	k := &queens{full: 1<<ps.Int("n") - 1}
	k.extend(board{}, int(ps.Int("placed")))
	return k, nil
}

// extend appends the prefixes that begin with b and hold rows more queens.
func (k *queens) extend(b board, rows int) {
	if rows == 0 {
		k.prefixes = append(k.prefixes, b)
		return
	}
	for free := k.full &^ (b.columns | b.left | b.right); free != 0; free &= free - 1 {
		k.extend(b.with(free&-free), rows-1)
	}
}

// with places a queen in the row and goes on to the next.
func (b board) with(queen uint32) board {
	return board{b.columns | queen, (b.left | queen) << 1, (b.right | queen) >> 1}
}

func (k *queens) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		b := k.prefixes[i%int64(len(k.prefixes))]
		return complete(k.full, b.columns, b.left, b.right), nil
	})
}

// complete counts the ways to fill the rows that are left.
func complete(full, columns, left, right uint32) uint64 {
	if columns == full {
		return 1
	}
	var solutions uint64
	for free := full &^ (columns | left | right); free != 0; free &= free - 1 {
		queen := free & -free
		solutions += complete(full, columns|queen, (left|queen)<<1, (right|queen)>>1)
	}
	return solutions
}
