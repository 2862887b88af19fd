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
	Workload  string      `json:"workload"`
	Params    work.Params `json:"params"`
	Workers   int         `json:"workers"`   // of the whole trial
	Processes int         `json:"processes"` // child processes that hold them; 0: they run in the host
	Locked    bool        `json:"locked"`    // each worker keeps its own OS thread
	Pool      bool        `json:"pool"`      // false: the plain loop over all items, no dealing
	Dynamic   bool        `json:"dynamic"`   // deal by the shared counter instead of equal ranges
	Items     int64       `json:"items"`     // of one iteration; -1: until the stop flag is set
	MaxProcs  int         `json:"max_procs"` // GOMAXPROCS of each process that holds workers
	Dir       string      `json:"dir"`       // scratch folder

	Rank  int `json:"rank"`  // first worker of this process
	Slots int `json:"slots"` // workers of this process
}

// UntilStopped is the Items of a fixed-time job.
const UntilStopped = -1

// Process is what one process of a trial says of itself when it is ready.
type Process struct {
	PID      int     `json:"pid"`
	Role     string  `json:"role"`
	Rank     int     `json:"rank"`     // of its first worker
	Slots    int     `json:"slots"`    // workers it holds; 0 for a host that only supervises
	FirstNS  int64   `json:"first_ns"` // CLOCK_MONOTONIC at the first instruction of its last worker
	ReadyNS  int64   `json:"ready_ns"`
	CPUs     []int   `json:"cpus"` // affinity read back; empty where the system has none
	MaxProcs int     `json:"max_procs"`
	HWMB     float64 `json:"hwm_B"` // peak resident memory so far; 0 where unknown
}

// Finish is what one worker says after an iteration.
type Finish struct {
	Rank  int    `json:"rank"`
	NS    int64  `json:"ns"` // CLOCK_MONOTONIC at its finish
	Items int64  `json:"items"`
	Sum   uint64 `json:"sum,string"`
}

// Spent is what one process used between the gate and its last finish.
type Spent struct {
	CPUS     float64 `json:"cpu_s"`
	GCCycles float64 `json:"gc_cycles"`
	GCCPUS   float64 `json:"gc_cpu_s"`
	GCPauseS float64 `json:"gc_pause_s"`
	AllocB   float64 `json:"alloc_B"`
}

// Usage is what one process used over its whole life, told just before it ends.
type Usage struct {
	PID   int     `json:"pid"`
	UserS float64 `json:"user_s"`
	SysS  float64 `json:"sys_s"`
	HWMB  float64 `json:"hwm_B"`
}

// Report is one iteration of a crew.
type Report struct {
	Finishes []Finish `json:"finishes"`
	Spent    Spent    `json:"spent"` // summed over its processes
}

// Done is one iteration of a trial as its host saw it.
type Done struct {
	GateNS   int64 `json:"gate_ns"`
	MergedNS int64 `json:"merged_ns"`
	Report
}

// Fault names the process that could not go on. It is the one error of a trial
// in which a worker died.
type Fault struct {
	PID    int    `json:"pid"`
	Rank   int    `json:"rank"` // -1 for the host
	Detail string `json:"detail"`
	Signal int    `json:"signal,omitempty"` // that ended it
}

func (f *Fault) Error() string { return f.Detail }

// message is one line on fd 4; exactly one field is set.
type message struct {
	Hello  *hello    `json:"hello,omitempty"`
	Ready  []Process `json:"ready,omitempty"`
	Report *Report   `json:"report,omitempty"`
	Done   *Done     `json:"done,omitempty"`
	Bye    []Usage   `json:"bye,omitempty"`
	Fault  *Fault    `json:"fault,omitempty"`
}

type hello struct {
	PID     int    `json:"pid"`
	Version string `json:"version"`
}
