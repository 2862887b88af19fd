package digest

import (
	"fmt"
	"math"
	"strings"

	"forklore/experiments"
	"forklore/metrics/record"
)

// Noise is a trial that something other than its own work disturbed. It is
// flagged and stays in every summary and chart. An invalid one is left out of
// comparisons, fits and claims, for a cause that was measured beside its
// value, never for the value.
type Noise struct {
	Trial, Block int
	Cell         string
	Causes       []string // "steal 7 %", "foreign CPU 12 %": shares of the trial's time
	Invalid      bool
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
	// CPU time that others cannot have had beside the trial they had in its
	// place. From 25 % on a trial of fixed work takes a third longer: that is no
	// trial on so many cores.
	maxTaken = 0.25
)

// noiseLog collects the disturbed trials while the rows pass.
type noiseLog struct {
	cpus           int // of the machine; 0 where unknown
	list           []Noise
	noisy, invalid record.Set
	swapped        record.Set // of the invalid
}

// watch looks at one ok, measured trial.
func (l *noiseLog) watch(c *experiments.Cell, t *record.Trial) {
	causes, invalid := disturbances(c, t, l.cpus)
	if causes == nil {
		return
	}
	l.noisy.Add(t.Trial)
	if invalid {
		l.invalid.Add(t.Trial)
	}
	if ratio(t.SwapPages*swapPageS, t.WallS) > maxDisturbed {
		l.swapped.Add(t.Trial)
	}
	if len(l.list) < maxFailures {
		l.list = append(l.list, Noise{Trial: t.Trial, Block: t.Block, Cell: t.Cell, Causes: causes, Invalid: invalid})
	}
}

// disturbances returns what may have moved a trial by more than maxDisturbed,
// and whether that makes it invalid: it was throttled, it was swapped, or
// others took its CPUs.
func disturbances(c *experiments.Cell, t *record.Trial, cpus int) (causes []string, invalid bool) {
	check := func(what string, timeS, ofS float64) bool {
		share := ratio(timeS, ofS)
		if !(share > maxDisturbed) || math.IsInf(share, 0) {
			return false
		}
		causes = append(causes, what+" "+percent(share))
		return true
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
	if check("foreign CPU", taken, capacity) && cpus > 0 && taken > maxTaken*capacity {
		invalid = true
	}
	invalid = check("throttled", t.ThrottledS, t.WallS) || invalid
	invalid = check("swapping", t.SwapPages*swapPageS, t.WallS) || invalid
	check("memory pressure", t.PSIMemS, t.WallS)
	if t.Workers <= c.Cores { // else waiting is what was asked for
		check("run delay", t.RunDelayS, t.WallS*float64(t.Workers))
	}
	if t.InBlocks == 0 && t.OutBlocks == 0 { // else the pressure is the trial's own
		check("IO pressure", t.PSIIOS, t.WallS)
	}
	return causes, invalid
}

// Words says what disturbed the trial.
func (n Noise) Words() string {
	words := fmt.Sprintf("trial %d: %s", n.Trial, strings.Join(n.Causes, ", "))
	if n.Invalid {
		words += " (invalid)"
	}
	return words
}
