// Package digest reduces the raw files of a run to the tables that charts and
// reports show. It is a pure function of those files.
package digest

import (
	"forklore/experiments"
	"forklore/metrics/record"
)

// Digest is a run, reduced.
type Digest struct {
	Manifest record.Manifest
	Cells    []Cell    // in the plan's order; only cells with at least one row
	Controls []Cell    // cells that test the run (Control is set): in no table or chart of the question
	Failures []Failure // warm-ups included; at most maxFailures, the first ones
	Lines    []Line

	Iterations []Iterated // of at most maxLines trials; nil where trials do their work once
	Dists      []Dist     // distributions that workloads measured, by cell, trial and name; of at most maxLines trials

	Rows     int      // rows of trials.csv, warm-ups and failures included
	Warnings []string // what a reader must know before believing the numbers
	Gates    []Gate   // what must hold before a verdict counts: the plan's controls, and noise
	Noise    []Noise  // trials that something disturbed, in the file's order; at most maxFailures

	noisy     record.Set // numbers of trials
	resamples int        // of a bootstrap; 0: as many as the number of curves allows
	derived   *derived   // what was derived so far; nil in a Digest not made by Load
}

// Gate is one condition of trust. A verdict of a run with a broken gate is
// inconclusive, whatever its numbers say.
type Gate struct {
	Name   string // "aa", "positive", "canary" or "noise"
	Passed bool
	Detail string  // what was found, in words and numbers
	Leeway float64 // of a control that passed, but too wide to be worth its name: a factor that it could not have told from 1. A verdict must hold beyond it; 0 for none
}

// Cell is one cell of the grid with the values of its trials.
type Cell struct {
	experiments.Cell
	Trials []int                // numbers of its ok, measured trials, in run order
	Blocks []int                // block of each of them
	Values map[string][]float64 // metric name: one value for each of Trials, NaN where absent
	Failed map[string]int       // status: measured trials that did not end ok; nil if all did
	Warmup int                  // rows that were warm-ups, whatever their end

	short bool    // items were lost in an ok trial: its times are those of less work
	dealt float64 // items of a trial's iteration, also where calibration chose them; 0 or NaN where not known
}

// Failure is a trial that did not end ok.
type Failure struct {
	Trial, Block   int
	Cell           string
	Title          string // the cell in words
	Status, Detail string
	Log            string
}

// Line is one trial over time: the sum over its processes at each tick,
// reduced to at most 200 points, in runs of many trials to at least 50, without
// losing a peak.
type Line struct {
	Cell  int // index into Digest.Cells
	Trial int
	T     []float64 // seconds after the gate; all are of one length
	CPUs  []float64 // CPUs in use since the tick before: a rate, NaN at the first tick
	RSS   []float64 // bytes
	PSS   []float64 // bytes, NaN where it was not read

	// The host's share of the same, NaN where it was not read; nil in a trial
	// without worker processes, where the host does the work itself.
	HostCPUs, HostRSS []float64
}

// Dist is one distribution of durations that the workers of one trial measured, in at most
// maxBuckets spans, which are merged from the file's where it has more. Quantiles as metrics are taken
// from the file's own spans.
type Dist struct {
	Cell    int // index into Digest.Cells
	Trial   int
	Name    string // of the measure, with its unit: "latency_s"
	Buckets []Bucket
}

// Bucket is how many durations lie in [LoS, HiS].
type Bucket struct {
	LoS, HiS float64
	Count    int
}

// Iterated is one trial iteration by iteration: every Step-th, at most 200.
type Iterated struct {
	Cell   int // index into Digest.Cells
	Trial  int
	Step   int       // 1 where none is left out
	Number []int     // of the iteration within the trial, from 1, rising
	WallS  []float64 // seconds, one for each Number
}
