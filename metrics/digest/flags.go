package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/stat"
)

// outlierMADs is the distance from the median, in scaled MADs, from which a
// value is flagged (Leys et al. 2013).
const outlierMADs = 3

// Outliers returns the indices into Trials of the values that lie farther from
// the median than 3 x 1.4826 MAD. They are shown and counted like all others.
func (c *Cell) Outliers(metric string) []int {
	var at []int
	var x []float64
	for i, v := range c.Values[metric] {
		if !math.IsNaN(v) {
			at, x = append(at, i), append(x, v)
		}
	}
	var list []int
	for _, k := range stat.Outliers(x, outlierMADs) {
		list = append(list, at[k])
	}
	return list
}

// IsNoisy reports whether something disturbed the trial.
func (d *Digest) IsNoisy(trial int) bool { return d.noisy.Has(trial) }

const (
	leastSeries = 10   // trials below which a cell's order and its outliers say nothing
	alphaFlag   = 0.01 // of a trend in a cell, before it is adjusted over the cells
)

// flags warns of what the values themselves and their order show. Each kind is
// one warning, which names the first cells.
func (d *Digest) flags() []string {
	var outliers, drifts, unsteady, lost, twice kind
	var p, drift []float64
	var at []int
	for i := range d.Cells {
		c := &d.Cells[i]
		if again := len(c.Blocks) - distinct(c.Blocks); again > 0 {
			twice.add(again, fmt.Sprintf("%s (%s)", Title(c.Cell), trials(again)))
		}
		if far := c.Outliers("wall_s"); far != nil && len(c.Trials) >= leastSeries {
			outliers.add(len(far), fmt.Sprintf("%s (%s)", Title(c.Cell), trialNumbers(c, far)))
		}
		x := present(c.Values["wall_s"])
		if len(x) < leastSeries || slices.Min(x) <= 0 {
			continue
		}
		move, chance := trend(x)
		p, drift, at = append(p, chance), append(drift, move), append(at, i)
		if step, k := largestStep(x); math.Abs(step) > marginTime {
			unsteady.add(1, fmt.Sprintf("%s (%s at trial %d)", Title(c.Cell), percent(step), c.Trials[min(k, len(c.Trials)-1)]))
		}
	}
	if adjusted, err := stat.BenjaminiHochberg(p); err == nil {
		for k, v := range adjusted {
			if v < alphaFlag && math.Abs(drift[k]) > marginTime {
				drifts.add(1, fmt.Sprintf("%s (%s)", Title(d.Cells[at[k]].Cell), percent(drift[k])))
			}
		}
	}
	d.lostBlocks(&lost)
	var list []string
	list = twice.say(list, "more than one trial of a cell in its block; comparisons take the first")
	list = outliers.say(list, "outliers of wall_s (beyond 3 x 1.4826 MAD), flagged and kept")
	list = drifts.say(list, "wall_s drifts over the run; pairing by block takes most of it out of comparisons")
	list = unsteady.say(list, "unsteady: wall_s changes its level within the run")
	list = lost.say(list, "trials of comparisons were lost; what is left may be the easier part")
	if _, cut := d.pairings(); cut {
		list = append(list, fmt.Sprintf("the exploratory grid has more than %d comparisons: the others are left out of comparisons.csv", maxGrid))
	}
	return append(list, d.noiseWarnings()...)
}

// lostBlocks finds cells of comparisons without an ok trial in some of the
// blocks that were run: the most that a cell of their group has, whatever the
// end of its trials.
func (d *Digest) lostBlocks(k *kind) {
	for _, group := range d.groups(axisModel) {
		if len(group) < 2 {
			continue
		}
		run := 0
		for _, i := range group {
			blocks := distinct(d.Cells[i].Blocks)
			for _, n := range d.Cells[i].Failed {
				blocks += n
			}
			run = max(run, blocks)
		}
		for _, i := range group {
			if lost := run - distinct(d.Cells[i].Blocks); lost > 0 {
				k.add(lost, fmt.Sprintf("%s (%d of %s)", Title(d.Cells[i].Cell), lost, count(run, "block")))
			}
		}
	}
}

// distinct counts the blocks of a cell.
func distinct(blocks []int) int {
	if !slices.IsSorted(blocks) {
		blocks = slices.Sorted(slices.Values(blocks))
	}
	n := 0
	for i, b := range blocks {
		if i == 0 || b != blocks[i-1] {
			n++
		}
	}
	return n
}

// noiseWarnings warns of disturbed trials and of gates that are broken.
func (d *Digest) noiseWarnings() []string {
	var list []string
	for _, g := range d.Gates {
		if !g.Passed {
			list = append(list, fmt.Sprintf("gate %s broken, so every verdict is inconclusive: %s", g.Name, g.Detail))
		} else if g.Leeway > 1 {
			list = append(list, fmt.Sprintf("control %s is coarse: %s", g.Name, g.Detail))
		}
	}
	if len(d.Noise) == 0 {
		return list
	}
	blocks := map[int]bool{}
	for _, n := range d.Noise {
		blocks[n.Block] = true
	}
	worst := slices.MaxFunc(d.Noise, func(a, b Noise) int {
		return cmp.Or(len(a.Causes)-len(b.Causes), b.Trial-a.Trial)
	})
	return append(list, fmt.Sprintf("noise: %s in %s were disturbed by more than %s of their time, for example %s; flagged and kept",
		trials(len(d.Noise)), count(len(blocks), "block"), percent(maxDisturbed), worst.Words()))
}

// kind gathers the cells of one kind of warning.
type kind struct {
	cells, all int
	words      []string
}

func (k *kind) add(n int, words string) {
	k.cells++
	k.all += n
	if len(k.words) < shownCells {
		k.words = append(k.words, words)
	}
}

const shownCells = 3 // that a warning names

func (k *kind) say(list []string, what string) []string {
	if k.cells == 0 {
		return list
	}
	words := strings.Join(k.words, "; ")
	if k.cells > len(k.words) {
		words += fmt.Sprintf("; and %d more", k.cells-len(k.words))
	}
	return append(list, fmt.Sprintf("%s: %s: %s", what, count(k.cells, "cell"), words))
}

func trialNumbers(c *Cell, at []int) string {
	var words []string
	for _, i := range at[:min(len(at), 5)] {
		words = append(words, fmt.Sprint(c.Trials[i]))
	}
	if len(at) > 5 {
		words = append(words, "...")
	}
	if len(at) == 1 {
		return "trial " + words[0]
	}
	return "trials " + strings.Join(words, ", ")
}
