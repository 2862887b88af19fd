// Package work holds the workloads: what a worker does, in one file each.
package work

import "context"

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

// Preparer is a Kernel whose workers have private state to build or memory to
// touch before the gate. Prepare is called once by each worker, on the thread
// that will work.
type Preparer interface {
	Prepare(ctx context.Context, slot int) error
}

// Closer is a Kernel that holds something to be given back after the trial.
type Closer interface {
	Close() error
}

// Env is what a process offers to the kernel that is set up in it.
type Env struct {
	Slots int    // workers of this process
	Rank  int    // number of the first of them within the trial
	Dir   string // scratch folder of the trial, on the results' file system; removed after it
}

// Kind describes a workload: what it is, what it takes, how it is made.
type Kind struct {
	Name     string
	Summary  string // one line for lists
	Doc      string // definition, source, what it stresses, what it does not say
	Item     string // what one item is, in words: "a segment of 65536 numbers"
	Params   []Param
	ItemByte func(Params) int64 // bytes one item moves or writes; nil where throughput in bytes/s says nothing
	New      func(Params, Env) (Kernel, error)
	Hidden   bool // misbehaves on purpose: usable, but not listed as a workload
}
