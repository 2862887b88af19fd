// Package work holds the workloads: what a worker does, in one file each.
package work

import (
	"context"
	"os"
	"time"

	"forklore/runner/link"
)

// Task is a range of items dealt to one worker.
type Task struct {
	Lo, Hi int64 // items [Lo, Hi)
	Slot   int   // which of this process's workers runs it, from 0: private state lives in slots
}

// Kernel is a data-parallel workload, set up in one process. Do is called by
// several workers at once, each with its own Slot. It returns the sum, modulo
// 2^64, of the checksums of its items; an item's checksum depends on nothing
// but the parameters and the item's number, so any partition of the items adds
// up to the same total. When ctx ends Do may return early with ctx's error.
type Kernel interface {
	Do(ctx context.Context, t Task) (sum uint64, err error)
}

// Round is one iteration of a trial, as a peer sees it.
type Round struct {
	Items int64           // of all workers together; [Endless] under fixed time
	Slot  int             // which of this process's workers runs it, from 0
	Over  func() bool     // fixed time: whether it is up; nil under fixed work. All workers read the same flag, but not at the same moment
	End   <-chan struct{} // of a Server: closed when it is up
}

// Endless is the Items of a round under fixed time.
const Endless = -1

// Peer is a workload whose workers talk to each other. Run is called once by
// every worker of the trial, at the same time; comm has its rank. It returns
// how many items it counts as its own and the sum of their checksums: over all
// ranks they must add up to the round's items, and to one sum whatever the
// model or the link. Under fixed time the workers must agree among themselves on
// the end (the rank that counts looks at Over and tells the others in a message), so
// that none waits for a message that never comes.
//
// A process whose rank fails takes the trial with it: Run need not be able to
// give up while it waits.
type Peer interface {
	Run(ctx context.Context, comm link.Comm, r Round) (items int64, sum uint64, err error)
}

// Server is a workload that answers requests from outside its trial. Its process has a
// listening socket, [Env].Listener, and takes connections from it since it was made: before the gate they
// wait. Serve is called once by every worker of the trial, at the same time. It answers
// requests, or waits while the process does, until r.End is closed and every request that had
// been taken is answered; it returns how many the worker has handled since it was last asked.
// Where it is the process that handles them, and no worker by itself, its first worker returns all.
//
// Requests are counted when they are answered, rightly or not: what the clients got is theirs to say.
type Server interface {
	Serve(ctx context.Context, r Round) (handled int64, err error)
}

// Load is what requests a Server is sent.
type Load struct {
	Path        string        // request target; {n} in it stands for the running number of the request
	Connections int           // kept alive, one request in flight on each
	Share       float64       // of the capacity: what is offered, on a schedule; 0: the next request is sent when the last one is answered
	Search      bool          // the greatest rate that meets the objective is looked for
	Quantile    float64       // the objective: so large a share of the requests
	Limit       time.Duration // is answered within that
	Group       string        // cells that are equal in it, and in their cores, are offered the same rate
}

// Preparer is a Kernel, Peer or Server whose workers have private state to build or memory to
// touch before the gate. Prepare is called once by each worker, on the thread
// that will work.
type Preparer interface {
	Prepare(ctx context.Context, slot int) error
}

// Closer is a Kernel, Peer or Server that holds something to be given back after the trial.
type Closer interface {
	Close() error
}

// Measurer is a Kernel, Peer or Server with numbers of its own beside time and items: those that
// its Kind declares as Measures. Measure is called once by each worker after
// every iteration, outside all times, and returns what the worker has measured since it
// was last asked.
type Measurer interface {
	Measure(slot int) Readings
}

// Readings are what one worker measured in one iteration. What it did not measure is not in
// the maps.
type Readings struct {
	Values map[string]float64    // by the name of a Measure
	Hists  map[string]*Histogram // by the name of a Measure whose Hist is set
	Notes  map[string]string     // why there is no value, by the name of the Measure that lacks it
}

// Ways in which the values of workers and iterations become the one of a trial.
const (
	MergeSum  = "sum"
	MergeMax  = "max"
	MergeMin  = "min"
	MergeMean = "mean"

	// MergeShare is for a share of a count: workers tell how many they have, and that of the trial
	// is the sum of those over the sum of another measure. Shares are never averaged.
	MergeShare = "share"
)

// Measure describes a number of a workload's own. Names of scalars are metrics,
// in claims and in tables, so they end with their unit; a histogram
// called latency_s becomes the metrics latency_p50_s, latency_p90_s, latency_p95_s, latency_p99_s,
// latency_p999_s and latency_max_s. Histograms of workers are merged, never averaged.
type Measure struct {
	Name  string // moved_B, first_s, latency_s; the same name means the same thing in every workload
	Title string // on axes: "bytes moved"
	Unit  string // "B", "s", "" for counts and ratios
	Doc   string // one line
	Less  bool   // less is better
	Merge string // one of Merge...; of a scalar
	Of    string // of MergeShare: the Name of the measure that it is a share of
	Total bool   // grows with the work that was done: iterations add up, and sides that did different amounts are not compared in it
	Hist  bool   // a distribution instead of one number
	Aside bool   // about how it was measured: in tables and claims, but in no chart
}

// Layout is the shape of a trial: what decides whether a workload can run in it.
type Layout struct {
	Model      string // sequential, goroutines, threads, processes or hybrid
	Cores      int
	Workers    int
	Processes  int // processes that hold workers, at least 1
	FixedTime  bool
	Dynamic    bool // items are dealt by a shared counter
	Iterations int  // of a trial; 0 stands for 1
}

// Env is what a process offers to the kernel or peer that is set up in it.
type Env struct {
	Slots     int    // workers of this process
	Rank      int    // number of the first of them within the trial
	Workers   int    // of the whole trial
	Processes int    // child processes that hold the workers; 0: all are in one process, the host
	Locked    bool   // each worker keeps its own OS thread: the model threads
	Alone     bool   // the plain loop: a server handles one request at a time
	Dir       string // scratch folder of the trial, on the results' file system; removed after it
	Shared    []byte // memory of the whole trial, zeroed and page-aligned, of Kind.Shared bytes; nil where that asks for none

	Listener *os.File // of a Server: the listening TCP socket of this process; the host closes it
	Watch    Watch    // of a Server: whom it tells of each request; nil for nobody
}

// Watch is told of the requests of a Server one of whose workers is to fail. Its methods are called by
// whoever handles the request, from several goroutines at once.
type Watch interface {
	// Begin is called when request n is in hand. It returns false where the process cannot handle it: it is
	// answered with an error.
	Begin(slot int, n uint64) bool

	// End is called when its answer is made and, unless that is long, not yet sent. Where it panics
	// the request has no answer; it may never return, and the process may end.
	End(slot int, n uint64)
}

// Kind describes a workload: what it is, what it takes, how it is made. Exactly one of
// New, Peer and Server is set.
type Kind struct {
	Name     string
	Summary  string // one line for lists
	Doc      string // definition, source, what it stresses, what it does not say
	Item     string // what one item is, in words: "a segment of 65536 numbers"
	Params   []Param
	ItemByte func(Params) int64 // bytes one item moves or writes; nil where throughput in bytes/s says nothing
	ItemOps  func(Params) int64 // operations in one item; nil where an item is the operation
	Measures []Measure
	New      func(Params, Env) (Kernel, error)
	Peer     func(Params, Env) (Peer, error)
	Server   func(Params, Env) (Server, error)
	Hidden   bool // misbehaves on purpose: usable, but not listed as a workload

	// Allocates says that Do allocates memory, which no other workload may: because
	// allocation is the experiment, or because the library under test does.
	Allocates bool

	// Spawns says that workers in processes of their own create processes that no meter
	// watches. Such a trial's memory is what its cgroup says, or not known.
	Spawns bool

	// Shared returns how many bytes all workers of a trial share, also across
	// processes; nil: none.
	Shared func(ps Params, workers int) int64

	// Heavy reports whether the workload needs a package whose start every process would pay for:
	// then its trials, in all models, are run by trialhost-heavy, and its file
	// has the build constraint !light. nil: never. Trials of a Server are run by trialhost-server in any case:
	// its files have the constraint !light && !heavy.
	Heavy func(Params) bool

	// Links says which pairs of a Peer's workers talk, and how; nil for a Kernel.
	Links func(ps Params, workers int) link.Plan

	// Load says what requests a Server is sent; nil for all others. Measures of a Server are
	// those of [ServerMeasures], which whoever sends them takes.
	Load func(Params) Load

	// Apart reports whether each process of a Server has a listening socket of its own on the one port
	// (SO_REUSEPORT), instead of one that all inherit. nil: never.
	Apart func(Params) bool

	// Refuse returns why the workload has no counterpart in a layout, as
	// a sentence without a full stop, or "" if it can run. Such cells are dropped
	// from the grid with that reason. nil refuses nothing.
	Refuse func(ps Params, l Layout) string
}

// Unavailable is an error of New, Peer, Server or Prepare: the system lacks, or limits, what the workload needs.
// The trial is skipped instead of crashed. Its text names the
// limit, its present value and how to raise it.
type Unavailable = link.Unavailable
