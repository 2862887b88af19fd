package digest

import (
	"errors"
	"math"
	"os"
	"slices"

	"forklore/metrics/record"
)

// thinned is one trial's iterations on their way: every step-th of them, so that
// a trial of any length takes the room of maxPoints.
type thinned struct {
	Iterated
	last int // number of the last iteration seen
}

// add takes the next iteration and reports whether it is one: numbers rise
// from 1 and times are above 0.
func (h *thinned) add(i *record.Iteration) bool {
	if i.Iteration <= h.last || !(i.WallS > 0) || math.IsInf(i.WallS, 0) {
		return false
	}
	h.last = i.Iteration
	if (i.Iteration-1)%h.Step != 0 {
		return true
	}
	for len(h.Number) == maxPoints {
		h.coarser()
	}
	if (i.Iteration-1)%h.Step == 0 {
		h.Number, h.WallS = append(h.Number, i.Iteration), append(h.WallS, i.WallS)
	}
	return true
}

// coarser doubles the step. The numbers kept are those that a longer step
// would have kept from the start, so that trials of one length line up.
func (h *thinned) coarser() {
	h.Step *= 2
	n := 0
	for k, number := range h.Number {
		if (number-1)%h.Step == 0 {
			h.Number[n], h.WallS[n] = number, h.WallS[k]
			n++
		}
	}
	h.Number, h.WallS = h.Number[:n], h.WallS[:n]
}

// loadIterations adds the iterations in one pass; a run whose trials do their
// work once has no such file.
func (l *loader) loadIterations(path string, d *Digest) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		l.tally.noIterations = slices.ContainsFunc(d.Cells, func(c Cell) bool { return c.Iterations > 1 })
		return
	}
	chosen, of := choose(d.Cells), map[int]*thinned{}
	for i, err := range record.ReadIterations(path) {
		if err != nil {
			if !l.tally.aside(err) {
				break
			}
			continue
		}
		if i.Trial < 0 || !l.trials.Has(i.Trial) {
			l.tally.oddIterations++
			continue
		}
		cell, ok := chosen[i.Trial]
		if !ok {
			continue
		}
		h := of[i.Trial]
		if h == nil {
			h = &thinned{Iterated: Iterated{Cell: cell, Trial: i.Trial, Step: 1}}
			of[i.Trial] = h
		}
		if !h.add(i) {
			l.tally.oddIterations++
		}
	}
	for _, h := range of {
		if len(h.Number) > 0 {
			d.Iterations = append(d.Iterations, h.Iterated)
		}
	}
	slices.SortFunc(d.Iterations, func(x, y Iterated) int {
		if x.Cell != y.Cell {
			return x.Cell - y.Cell
		}
		return x.Trial - y.Trial
	})
}
