// Package host is both ends of a trial: the runner's side, which starts a
// fresh process tree and drives it, and the side of the measured program.
//
// The measured program is trialhost. It reads commands on fd 3, answers on
// fd 4 and maps a page that the whole tree shares from fd 5; stdout and stderr
// are the workload's own and are never parsed. The close of fd 3 is the order
// to stop, so orphans end by themselves.
package host

import "forklore/runner/work"

// Roles of the processes of a trial.
const (
	RoleHost   = "host"   // the root of the tree; it holds the workers of the goroutine backend
	RoleWorker = "worker" // a child of the host in the process backend
)

// Job is what a process of a trial is asked to do. The runner sends one to the
// host; the host sends each of its workers a copy with its own share.
type Job struct {
	Workload  string
	Params    work.Params
	Workers   int    // of the whole trial
	Processes int    // child processes that hold them; 0: they run in the host
	Locked    bool   // each worker keeps its own OS thread
	Pool      bool   // false: the plain loop over all items, no dealing
	Dynamic   bool   // deal by the shared counter instead of equal ranges
	Items     int64  // of one iteration; -1: until the stop flag is set
	MaxProcs  int    // GOMAXPROCS of each process that holds workers
	Spread    bool   // MaxProcs is the sum over the child processes instead
	Dir       string // scratch folder
	SharedB   int64  // bytes that all workers share beside the page

	Warmup   int64 // of a server with faults: how many requests are sent before those that are measured; else 0
	Requests int64 // and how many in all

	Beside work.Params // parameters of the companion beside the workload; nil for none
	Seed   uint64      // of what is drawn in the trial
	Again  int         // how often this share was given to another process before

	Command *Command // a program that is run instead of the workload; nil for a kernel

	Rank  int      // first worker of this process
	Slots int      // workers of this process
	Links int      // descriptors of links, or the listening socket, that this process inherits
	Words []string // what they mean
}

// ProcsOf returns the GOMAXPROCS of child process p.
func (j Job) ProcsOf(p int) int {
	if !j.Spread {
		return j.MaxProcs
	}
	lo, hi := share(int64(j.MaxProcs), j.Processes, p)
	return max(1, int(hi-lo))
}

// child is the job of child process p: its share of the workers.
func (j Job) child(p int) Job {
	share := j
	share.Rank = p * j.Workers / j.Processes
	share.Slots = (p+1)*j.Workers/j.Processes - share.Rank
	share.MaxProcs = j.ProcsOf(p)
	return share
}

// UntilStopped is the Items of a fixed-time job.
const UntilStopped = -1

// Process is what one process of a trial says of itself when it is ready.
type Process struct {
	PID      int
	Role     string
	Rank     int   // of its first worker
	Slots    int   // workers it holds; 0 for a host that only supervises
	SpawnNS  int64 // of a command: just before the call that started it; else 0
	FirstNS  int64 // CLOCK_MONOTONIC at the first instruction of its last worker
	ReadyNS  int64
	CPUs     []int // affinity read back; empty where the system has none
	MaxProcs int
	Nice     int     // priority read back from its threads: higher is lower; 0 where the system has none
	HWMB     float64 // peak resident memory so far; 0 where unknown
}

// Finish is what one worker says after an iteration.
type Finish struct {
	Rank  int
	NS    int64 // CLOCK_MONOTONIC at its finish
	Items int64 // or Untold
	Sum   uint64
}

// Spent is what one process used between the gate and its last finish.
type Spent struct {
	CPUS     float64
	GCCycles float64
	GCCPUS   float64
	GCPauseS float64
	AllocB   float64
}

// Usage is what one process used over its whole life, told just before it ends.
type Usage struct {
	PID   int
	UserS float64
	SysS  float64
	HWMB  float64
}

// Report is one iteration of a crew.
type Report struct {
	Finishes []Finish
	Spent    Spent // summed over its processes
}

// Reading is a number that one worker measured of itself, or a distribution.
type Reading struct {
	Rank    int
	Name    string
	Value   float64       // where Buckets is nil
	Buckets []work.Bucket // of a distribution
	Note    string        // why there is no value, which is NaN then
}

// Done is one iteration of a trial as its host saw it.
type Done struct {
	GateNS   int64
	MergedNS int64
	Report
}

// Fault names the process that could not go on. It is the one error of a trial
// in which a worker died.
type Fault struct {
	PID    int
	Rank   int // -1 for the host
	Detail string
	Signal int  // that ended it
	Wrong  bool // a command ended with another code than it must
	Lacks  bool // the system lacks, or limits, what the workload needs: nothing crashed
	Echo   bool // it may have noticed nothing but the end of another worker
}

func (f *Fault) Error() string { return f.Detail }
