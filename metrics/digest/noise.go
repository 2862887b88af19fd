package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/record"
)

// Noise is a trial that something other than its own work disturbed. It is
// flagged and stays in every summary, chart, comparison, fit and claim: a
// cause is found as a share of the trial's time, so that to leave trials out
// for it would take the fast ones first.
type Noise struct {
	Trial, Block int
	Cell         string
	Causes       []string // "steal 7 %", "foreign CPU 12 %": shares of the trial's time
}

const (
	// A cause is worth a flag when it alone could move a time by the margin of
	// a verdict.
	maxDisturbed = 0.05
	// Counters of /proc/stat move in steps of 10 ms, one for each CPU: below
	// two of them nothing can be told.
	leastTickS = 0.02
	// Reading a page back from a fast disk takes about 0.1 ms.
	swapPageS = 1e-4
	// The share of disturbed trials above which a run decides nothing, and a
	// cell no comparison or claim: medians and rank intervals bear that much
	// disturbance and hardly more.
	maxNoisy = 0.25
)

// noiseLog collects the disturbed trials while the rows pass.
type noiseLog struct {
	cpus  int // of the machine; 0 where unknown
	list  []Noise
	noisy record.Set
}

// watch looks at one ok, measured trial.
func (l *noiseLog) watch(c *experiments.Cell, t *record.Trial) {
	causes := disturbances(c, t, l.cpus)
	if causes == nil {
		return
	}
	l.noisy.Add(t.Trial)
	if len(l.list) < maxFailures {
		l.list = append(l.list, Noise{Trial: t.Trial, Block: t.Block, Cell: t.Cell, Causes: causes})
	}
}

// disturbances returns what may have moved a trial by more than maxDisturbed.
func disturbances(c *experiments.Cell, t *record.Trial, cpus int) (causes []string) {
	check := func(what string, timeS, ofS float64) {
		if share := ratio(timeS, ofS); share > maxDisturbed && !math.IsInf(share, 0) {
			causes = append(causes, what+" "+percent(share))
		}
	}
	capacity := t.WallS * float64(t.Cores)
	above := func(timeS float64) float64 { // what the clock's steps can tell
		if timeS > leastTickS {
			return timeS
		}
		return 0
	}
	check("steal", above(t.StealS), capacity)
	taken := above(t.ForeignCPUS)
	if cpus > t.Cores { // others may have used the CPUs beside the trial's
		taken = max(0, taken-t.WallS*float64(cpus-t.Cores))
	}
	check("foreign CPU", taken, capacity)
	// Run delay is recorded but is no cause: on idle CPUs it was 2 % of the time
	// of one worker and 5 to 20 % of that of two processes, all of it the
	// runtime's service threads waiting behind workers of their own.
	check("throttled", t.ThrottledS, t.WallS)
	check("swapping", t.SwapPages*swapPageS, t.WallS)
	check("memory pressure", t.PSIMemS, t.WallS)
	if t.InBlocks == 0 && t.OutBlocks == 0 { // else the pressure is the trial's own
		check("IO pressure", t.PSIIOS, t.WallS)
	}
	return causes
}

// Words says what disturbed the trial.
func (n Noise) Words() string {
	return fmt.Sprintf("trial %d: %s", n.Trial, strings.Join(n.Causes, ", "))
}

// tooNoisy says which of the cells has more disturbed trials than a verdict
// bears, or nothing.
func (d *Digest) tooNoisy(cells ...int) string {
	for _, i := range cells {
		c := &d.Cells[i]
		if n := d.disturbed(c); float64(n) > maxNoisy*float64(len(c.Trials)) {
			words := fmt.Sprintf("%d of %s of %s disturbed", n, trials(len(c.Trials)), Title(c.Cell))
			if k := slices.IndexFunc(d.Noise, func(n Noise) bool { return n.Cell == c.ID }); k >= 0 {
				words += ", for example " + d.Noise[k].Words()
			}
			return words
		}
	}
	return ""
}

// tooSaturated says in which of the cells the load generator was the bottleneck more often than a
// verdict bears, or nothing: those trials measure the generator.
func (d *Digest) tooSaturated(cells ...int) string {
	for _, i := range cells {
		c, n := &d.Cells[i], 0
		for _, v := range c.Values[record.Saturated] {
			if v > 0 { // not where it is absent
				n++
			}
		}
		if float64(n) > maxNoisy*float64(len(c.Trials)) {
			return fmt.Sprintf("the load generator was saturated in %d of %s of %s: they measure it and not the server", n, trials(len(c.Trials)), Title(c.Cell))
		}
	}
	return ""
}

// unfit says why cells bear no verdict, or nothing.
func (d *Digest) unfit(cells ...int) string {
	return cmp.Or(d.tooNoisy(cells...), d.tooSaturated(cells...))
}

// disturbed counts the cell's disturbed trials.
func (d *Digest) disturbed(c *Cell) (n int) {
	for _, t := range c.Trials {
		if d.noisy.Has(t) {
			n++
		}
	}
	return n
}
