//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("futex", futexKind) }

func futexKind() Kind {
	return Kind{
		Name:    "futex",
		Summary: "the system call under every lock, where nobody sleeps",
		Doc: `Definition: a word of 32 bits holds 0 for ever. call: wake makes one operation
of one FUTEX_WAKE of at most one waiter, which must answer that there was none;
call: wait of one FUTEX_WAIT for the value 1, which must fail at once with
EAGAIN, because the word holds 0. So nobody ever sleeps. With private the calls
carry FUTEX_PRIVATE_FLAG. Each worker has a word of its own, in a cache line of
its own; contended gives all workers of the trial, in all processes, one word,
in memory that they share. An item is batch operations; its result is their
number.
Source: will-it-scale, test cases futex1 (call: wake, private: false), futex2
(wait, false), futex3 (wake, true) and futex4 (wait, true); contended is ours.
Unit: operations.
Stresses: finding the word: with private its address will do, which a process
has to itself; without, the kernel looks up the page behind it, which counts
references to the page. Then the bucket of the kernel's table of waiters where
the word falls; wait takes the bucket's lock, wake looks only whether anyone
waits there. With contended all workers take the same lock and count the same
page. Words that are not contended may fall into one bucket by chance. Since
Linux 6.16 a process has a table of its own for private words.
In a process of Go the runtime's idle threads sleep in futexes as well: where a
worker's word falls into the bucket of one, which is chance, a wake takes the
lock too and is slower (150 and not 130 ns). Enough trials even that out.
Does not say: what sleeping, waking up and handing over cost.` + aboutLevel + `
Here go is unix.Syscall6, since x/sys/unix has no wrapper.`,
		Item: "batch calls",
		Params: []Param{
			oneOf("call", "wake: wake nobody; wait: for a value that is not there", "wake", "wait"),
			{Name: "private", Type: "bool", Default: "true", Doc: "the word is known to be of this process alone (FUTEX_PRIVATE_FLAG)"},
			{Name: "contended", Type: "bool", Default: "false", Doc: "all workers use one word"},
			levelParam("raw", "go"), batchParam("512"),
		},
		ItemOps: batchOps,
		Shared:  futexShared,
		Refuse:  refuseBareFutex,
		New:     newFutex,
	}
}

// Of linux/futex.h; x/sys/unix has them not.
const (
	futexWaitCall    = 0
	futexWakeCall    = 1
	futexPrivateFlag = 128
)

func futexShared(ps Params, _ int) int64 {
	if ps.Bool("contended") {
		return 4096 // a page: the word has its cache line to itself
	}
	return 0
}

func refuseBareFutex(ps Params, l Layout) string {
	if ps.Bool("contended") && ps.Bool("private") && l.Processes > 1 {
		return "a private word is looked for within its process, so workers of several processes would not meet at one: use private: false"
	}
	return ""
}

type futexCall struct {
	own  [2]uint32 // the first is the worker's word; beside it is only its own state
	word *uint32
	op   uintptr
}

func newFutex(ps Params, env Env) (Kernel, error) {
	f := futexCall{op: futexWakeCall}
	loop := map[string]sysLoop[*futexCall]{"raw": (*futexCall).wakeRaw, "go": (*futexCall).wakeGo}
	if ps.String("call") == "wait" {
		f.op = futexWaitCall
		loop = map[string]sysLoop[*futexCall]{"raw": (*futexCall).waitRaw, "go": (*futexCall).waitGo}
	}
	if ps.Bool("private") {
		f.op |= futexPrivateFlag
	}
	if ps.Bool("contended") {
		if len(env.Shared) < 4 {
			return nil, errors.New("futex: the trial has no shared memory for the word that all workers use")
		}
		f.word = (*uint32)(unsafe.Pointer(&env.Shared[0]))
	}
	return newBatches(env, batchOps(ps), f, loop[ps.String("level")]), nil
}

func (f *futexCall) open(Env, int) error {
	if f.word == nil {
		f.word = &f.own[0]
	}
	*f.word = 0 // of a page that is not there the kernel would know no reference
	return nil
}

func (f *futexCall) close() error { return nil }

func (f *futexCall) wakeRaw(n int64) (done int64, err error) {
	word, op := uintptr(unsafe.Pointer(f.word)), f.op
	for ; done < n; done++ {
		if woken, _, errno := syscall.RawSyscall6(unix.SYS_FUTEX, word, op, 1, 0, 0, 0); errno != 0 || woken != 0 {
			return done, unexpected("FUTEX_WAKE", int64(woken), 0, errno)
		}
	}
	return done, nil
}

func (f *futexCall) wakeGo(n int64) (done int64, err error) {
	word, op := uintptr(unsafe.Pointer(f.word)), f.op
	for ; done < n; done++ {
		if woken, _, errno := unix.Syscall6(unix.SYS_FUTEX, word, op, 1, 0, 0, 0); errno != 0 || woken != 0 {
			return done, unexpected("FUTEX_WAKE", int64(woken), 0, errno)
		}
	}
	return done, nil
}

func (f *futexCall) waitRaw(n int64) (done int64, err error) {
	word, op := uintptr(unsafe.Pointer(f.word)), f.op
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_FUTEX, word, op, 1, 0, 0, 0); errno != unix.EAGAIN {
			return done, slept(errno)
		}
	}
	return done, nil
}

func (f *futexCall) waitGo(n int64) (done int64, err error) {
	word, op := uintptr(unsafe.Pointer(f.word)), f.op
	for ; done < n; done++ {
		if _, _, errno := unix.Syscall6(unix.SYS_FUTEX, word, op, 1, 0, 0, 0); errno != unix.EAGAIN {
			return done, slept(errno)
		}
	}
	return done, nil
}

// slept is the error of a wait that did not fail as it should.
func slept(errno unix.Errno) error {
	if errno == 0 {
		return errors.New("FUTEX_WAIT slept and was woken: somebody has written to the word")
	}
	return fmt.Errorf("FUTEX_WAIT: %w", errno)
}
