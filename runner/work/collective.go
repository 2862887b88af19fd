package work

import (
	"math/bits"

	"forklore/runner/link"
)

// Ranks talk along a tree, or each with each other one. Both are sequences of
// matchings, in which a rank has one partner at a time, and the sequence is the same for
// all: nobody can wait in a circle, not even over links that hold nothing.
//
// The tree is the binomial one that MPI's collectives use: a rank's parent is the
// rank without its lowest bit.

// treePairs are the pairs of the tree, both ways.
func treePairs(size int) []link.Pair {
	var pairs []link.Pair
	for rank := 1; rank < size; rank++ {
		parent := rank & (rank - 1)
		pairs = append(pairs, link.Pair{From: rank, To: parent}, link.Pair{From: parent, To: rank})
	}
	return pairs
}

// reduce goes up the tree: take is called for each child, when all below it has
// been taken, then give for the parent.
func (c *courier) reduce(take, give func(rank int) error) error {
	rank, size := c.comm.Rank(), c.comm.Size()
	for bit := 1; bit < size; bit *= 2 {
		if rank&bit != 0 {
			return give(rank - bit)
		}
		if rank+bit < size {
			if err := take(rank + bit); err != nil {
				return err
			}
		}
	}
	return nil
}

// spread goes down the tree: take is called for the parent, then give for each
// child, the one with the most below it first.
func (c *courier) spread(take, give func(rank int) error) error {
	rank, size := c.comm.Rank(), c.comm.Size()
	bit := 1 << bits.Len(uint(size-1))
	if rank != 0 {
		bit = rank & -rank
		if err := take(rank - bit); err != nil {
			return err
		}
	}
	for bit /= 2; bit > 0; bit /= 2 {
		if rank+bit < size {
			if err := give(rank + bit); err != nil {
				return err
			}
		}
	}
	return nil
}

// total adds up the values of all ranks; rank 0 has the sum, the others what
// is below them.
func (c *courier) total(value uint64) (uint64, error) {
	err := c.reduce(
		func(child int) error {
			v, err := c.hear(child)
			value += v
			return err
		},
		func(parent int) error { return c.tell(parent, value) })
	return value, err
}

// barrier returns when all ranks have called it.
func (c *courier) barrier() error {
	if err := c.reduce(c.await, c.signal); err != nil {
		return err
	}
	return c.spread(c.await, c.signal)
}

// allPairs are the pairs of every rank with every other.
func allPairs(size int) []link.Pair {
	var pairs []link.Pair
	for from := range size {
		for to := range size {
			if from != to {
				pairs = append(pairs, link.Pair{From: from, To: to})
			}
		}
	}
	return pairs
}

// trade lets the rank give to and take from every other one. In step s the
// ranks r and s-r, modulo the size, are partners; the lower one gives first.
func (c *courier) trade(give, take func(partner int) error) error {
	rank, size := c.comm.Rank(), c.comm.Size()
	for step := range size {
		partner := (step - rank + size) % size
		if partner == rank {
			continue
		}
		if err := inTurn(rank < partner, partner, give, take); err != nil {
			return err
		}
	}
	return nil
}

// inTurn gives and takes, in this order or the other.
func inTurn(giveFirst bool, partner int, give, take func(partner int) error) error {
	if !giveFirst {
		give, take = take, give
	}
	if err := give(partner); err != nil {
		return err
	}
	return take(partner)
}
