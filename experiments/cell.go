package experiments

import "math"

// The five concurrency models. A model is a layout of workers over the two
// backends: see [Cell.Processes].
const (
	Sequential = "sequential" // one worker, the plain loop, no pool: the baseline
	Goroutines = "goroutines" // W goroutines in one process, GOMAXPROCS = cores
	Threads    = "threads"    // the same, each worker locked to its OS thread; GOMAXPROCS = W, if that is more
	Processes  = "processes"  // W worker processes, GOMAXPROCS = 1 each
	Hybrid     = "hybrid"     // P processes with W/P goroutines each
)

// Models lists the models in the order in which tables and charts show them.
var Models = []string{Sequential, Goroutines, Threads, Processes, Hybrid}

// The two ways of dealing items to workers.
const (
	Static  = "static"  // equal ranges, fixed before the gate
	Dynamic = "dynamic" // one shared atomic counter
)

// The two ways in which work grows with workers.
const (
	Strong = "strong" // the same items for any number of workers
	Weak   = "weak"   // items times workers
)

// Cell is one point of an experiment's grid: everything that is held fixed
// while its trials are repeated. It is plain data; two cells with equal fields
// have equal IDs.
type Cell struct {
	ID         string            `json:"id"`                   // c and 12 hex digits: a hash over all fields below
	Workload   string            `json:"workload"`             // name of the kernel in the registry
	Label      string            `json:"label"`                // what charts call the workload: name, or the author's label, plus the parameters that vary
	Params     map[string]string `json:"params"`               // every parameter of the workload, in canonical spelling, defaults included
	Model      string            `json:"model"`                // one of Models
	ModelLabel string            `json:"model_label"`          // what charts call the model; Model unless the author gave a label
	Cores      int               `json:"cores"`                // CPUs the trial may run on
	Workers    int               `json:"workers"`              // concurrent executors
	Processes  int               `json:"processes"`            // processes that hold workers: 1, Workers, or the hybrid's P
	Schedule   string            `json:"schedule"`             // Static or Dynamic
	Scaling    string            `json:"scaling"`              // Strong or Weak
	Items      int64             `json:"items,omitempty"`      // fixed work: items per trial before weak scaling; 0 if Auto or fixed time
	AutoS      float64           `json:"auto_s,omitempty"`     // items: auto; the trial length in seconds that calibration aims at, else 0
	DurationS  float64           `json:"duration_s,omitempty"` // fixed time: seconds of work, else 0
	Iterations int               `json:"iterations"`           // repetitions of the work inside a trial, at least 1
	TimeoutS   float64           `json:"timeout_s"`            // a trial longer than this is killed
	Placement  Placement         `json:"placement"`
	Control    string            `json:"control,omitempty"` // role of a cell that tests the run, else empty
	Command    *Command          `json:"command,omitempty"` // of a program that runs instead of a kernel; Workload is then its label
	Extra      float64           `json:"extra,omitempty"`   // share of work beside the reference cell's: 0.1 for the positive control
}

// TotalItems returns the items of one iteration of the cell's trial, given the
// calibrated number for cells with AutoS: base times workers under weak
// scaling, plus Extra of them, at least one item, for a positive control. It
// is 0 for a fixed-time cell.
func (c Cell) TotalItems(calibrated int64) int64 {
	base := c.Items
	if c.AutoS > 0 {
		base = calibrated
	}
	if c.Scaling == Weak {
		base *= int64(c.Workers)
	}
	if c.Extra > 0 && base > 0 {
		base += max(1, int64(math.Round(float64(base)*c.Extra)))
	}
	return base
}

// Placement says which CPUs a cell's core count stands for.
type Placement struct {
	Policy string `json:"policy"` // "compact", "scatter" or "none" (no affinity is set)
	SMT    string `json:"smt"`    // "avoid" (physical cores first) or "allow" (siblings count as cores)
	NUMA   string `json:"numa"`   // "any" or "local" (refuse to cross a node)
	Runner string `json:"runner"` // "spare" (keep the runner off the trial's CPUs where there is one to spare) or "any"
}

// Sample says how a trial is watched while it runs.
type Sample struct {
	EveryS  float64  `json:"every_s"`           // seconds between two readings; 0 turns the sampler off
	Metrics []string `json:"metrics,omitempty"` // which of SampleMetrics; empty means all
}

// SampleMetrics lists what a sample can hold besides its time and process.
var SampleMetrics = []string{"cpu", "rss", "pss", "threads"}

// Dropped is a point of the grid that is not run, and why.
type Dropped struct {
	Cell    Cell   `json:"cell"`
	Because string `json:"because"` // "sequential has one worker; 4 were asked for", or the author's words
}

// Plan is what an experiment and a seed amount to: which cells, in which
// order. It is a pure function of both.
type Plan struct {
	Seed    uint64    `json:"seed"`
	Hash    string    `json:"hash"` // 16 hex digits over seed, cells, trials, warmup, order and the rule of adaptive trials
	Cells   []Cell    `json:"cells"`
	Dropped []Dropped `json:"dropped"`
	Trials  int       `json:"trials"` // measured trials per cell; the most there can be with Adaptive
	Warmup  int       `json:"warmup"` // trials per cell that are run first and discarded from every statistic
	Order   string    `json:"order"`  // "blocks" or "sequential"
	Sample  Sample    `json:"sample"`

	Claims   []Claim   `json:"claims,omitempty"`
	Controls Controls  `json:"controls,omitzero"`
	Adaptive *Adaptive `json:"adaptive,omitempty"` // nil: Trials blocks, no more and no less
}

// Step is one trial to be run.
type Step struct {
	Trial    int  `json:"trial"`    // 1-based number in the run
	Block    int  `json:"block"`    // 1-based; one trial of every cell
	Position int  `json:"position"` // 1-based place within the block
	Warmup   bool `json:"warmup"`
	Cell     int  `json:"cell"` // index into Plan.Cells
}
