package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// arm is one side of a comparison: the values of a metric in a cell, one for a
// block, by block. NaN is left out; nothing is for noise.
type arm struct {
	blocks    []int
	values    []float64
	trials    []int
	disturbed int // of them
	again     int // second trials of a block, left out too
}

func (d *Digest) arm(c *Cell, metric string) arm {
	values := c.Values[metric]
	a := arm{}
	order := make([]int, 0, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	byBlock := func(x, y int) int { return cmp.Or(c.Blocks[x]-c.Blocks[y], c.Trials[x]-c.Trials[y]) }
	if !slices.IsSortedFunc(order, byBlock) {
		slices.SortFunc(order, byBlock)
	}
	a.blocks, a.values = make([]int, 0, len(order)), make([]float64, 0, len(order))
	a.trials = make([]int, 0, len(order))
	for _, i := range order {
		if n := len(a.blocks); n > 0 && a.blocks[n-1] == c.Blocks[i] {
			a.again++
			continue
		}
		if d.noisy.Has(c.Trials[i]) {
			a.disturbed++
		}
		a.blocks, a.values, a.trials = append(a.blocks, c.Blocks[i]), append(a.values, values[i]), append(a.trials, c.Trials[i])
	}
	return a
}

// lacking says why an arm has no value, or nil if it has one.
func (a arm) lacking(side string) error {
	if len(a.values) > 0 {
		return nil
	}
	return fmt.Errorf("no value on the %s side", side)
}

// positive names the first value that has no logarithm.
func (a arm) positive(side string) error {
	for i, v := range a.values {
		if !(v > 0) {
			return fmt.Errorf("trial %d of the %s side has the value %g: a ratio needs positive ones", a.trials[i], side, v)
		}
	}
	return nil
}

// pairs joins two arms by block, and counts the blocks that one of them lacks.
func pairs(left, right arm) (l, r []float64, lostLeft, lostRight int) {
	i, j := 0, 0
	for i < len(left.blocks) && j < len(right.blocks) {
		switch x, y := left.blocks[i], right.blocks[j]; {
		case x < y:
			i++
			lostRight++
		case x > y:
			j++
			lostLeft++
		default:
			l, r = append(l, left.values[i]), append(r, right.values[j])
			i++
			j++
		}
	}
	return l, r, lostLeft + len(right.blocks) - j, lostRight + len(left.blocks) - i
}
