//go:build amd64 || arm64

package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// The sys_ files hold the kernels of the kernel: one operation of the operating
// system, over and over, after the test case of will-it-scale that has its
// name. They exist on Linux alone, and there on the machines whose system calls
// take their arguments in the same registers and order.

// sysWorker is what one worker of such a workload needs.
type sysWorker interface {
	open(env Env, rank int) error // makes it, before the gate
	close() error                 // gives it back, also after an open that failed half-way
}

// sysLoop does n operations, each of which it verifies, and nothing else. It
// returns how many it has done before the first that failed.
type sysLoop[P any] func(w P, n int64) (done int64, err error)

// batches is a kernel whose item is a batch of ops equal operations.
type batches struct {
	env     Env
	ops     int64
	workers []sysSlot // nobody writes to it between the gate and the end
}

type sysSlot struct {
	worker sysWorker
	loop   func(n int64) (done int64, err error)
	opened bool
}

// newBatches returns a kernel whose workers all begin as copies of blank. It
// alone is generic: the rest would be in the measured program once for every
// workload.
func newBatches[W any, P interface {
	*W
	sysWorker
}](env Env, ops int64, blank W, loop sysLoop[P]) *batches {
	k := &batches{env: env, ops: ops, workers: make([]sysSlot, env.Slots)}
	states := newSlots[W](env)
	for slot := range k.workers {
		w := P(states.of(slot))
		*w = blank
		k.workers[slot] = sysSlot{worker: w, loop: func(n int64) (int64, error) { return loop(w, n) }}
	}
	return k
}

func (k *batches) Prepare(_ context.Context, slot int) error {
	k.workers[slot].opened = true
	return k.workers[slot].worker.open(k.env, k.env.Rank+slot)
}

func (k *batches) Do(ctx context.Context, t Task) (uint64, error) {
	loop := k.workers[t.Slot].loop
	return sumItems(ctx, t, func(i int64) (uint64, error) { return k.batch(loop, i) })
}

// batch returns the number of operations that succeeded, which is k.ops. A call
// that a signal interrupted has done nothing and is made again: Go's runtime
// preempts by signals, and a few calls stop for them in spite of SA_RESTART.
func (k *batches) batch(loop func(int64) (int64, error), i int64) (uint64, error) {
	all := int64(0)
	for {
		done, err := loop(k.ops - all)
		all += done
		switch {
		case err == nil:
			return uint64(all), nil
		case !errors.Is(err, unix.EINTR):
			return uint64(all), fmt.Errorf("operation %d of the batch of item %d: %w", all, i, err)
		}
	}
}

func (k *batches) Close() error {
	var faults []error
	for slot := range k.workers {
		if s := &k.workers[slot]; s.opened {
			s.opened = false
			faults = append(faults, s.worker.close())
		}
	}
	return errors.Join(faults...)
}

// unexpected is the error of a call that failed with err, or that returned got
// and should have returned want.
func unexpected(call string, got, want int64, err error) error {
	if err != nil && err != unix.Errno(0) {
		return fmt.Errorf("%s: %w", call, err)
	}
	return fmt.Errorf("%s returned %d and not %d", call, got, want)
}

// batchParam is the number of operations in an item: enough of them that the
// dealing of items does not count.
func batchParam(ops string) Param {
	return Param{Name: "batch", Type: "int", Default: ops, Min: 1, Max: 1 << 20, Doc: "operations in an item"}
}

// wholePages rounds size up to pages of the machine.
func wholePages(size int64) int64 {
	page := int64(os.Getpagesize())
	return pieces(size, page) * page
}

// pieces is how many pieces of size it takes to make length.
func pieces(length, size int64) int64 { return (length + size - 1) / size }

func batchOps(ps Params) int64 { return ps.Int("batch") }

// aboutLevel ends the Doc of a workload with a level. Raw calls are made by
// RawSyscall6 of package syscall, the shortest way that there is: that of
// x/sys/unix leads to it through two wrappers between calling conventions, and
// RawSyscall calls it. Each costs a few ns of the 110 that getppid takes.
const aboutLevel = `
Level: raw is the system call alone, which is what a program in C pays; a worker
that waits in the kernel then keeps its share of Go's scheduler. go tells the
scheduler before and after (entersyscall, exitsyscall), as the wrappers of
golang.org/x/sys/unix do: what programs in Go pay. os, where there is one, is
the call of Go's standard library that one would write. At any level a process
in Go has several threads, also with one worker in it: the kernel takes the
locks and counts the references of what threads share, which it spares a C
program of one thread.`

var levelDocs = map[string]string{
	"raw":     "raw: the system call alone",
	"go":      "go: with Go's scheduler told, as x/sys/unix does",
	"os":      "os: Go's package os",
	"gosched": "gosched: runtime.Gosched in its place",
}

// levelParam is the way in which the system call is made; the first level is
// the default.
func levelParam(levels ...string) Param {
	var docs []string
	for _, level := range levels {
		docs = append(docs, levelDocs[level])
	}
	return Param{Name: "level", Type: "choice", Default: levels[0], Choices: levels, Doc: strings.Join(docs, "; ")}
}

// oneOf is a parameter with the given choices, the first of them the default.
func oneOf(name, doc string, choices ...string) Param {
	return Param{Name: name, Type: "choice", Default: choices[0], Choices: choices, Doc: doc}
}
