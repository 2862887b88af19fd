//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("signal", signalKind) }

func signalKind() Kind {
	return Kind{
		Name:    "signal",
		Summary: "a signal that a worker sends to its own thread",
		Doc: `Definition: one operation is one tgkill of the worker's own thread and what
follows:
  how: taken    the real-time signal 64, blocked in the thread, then one
                rt_sigtimedwait, which must take it from the queue;
  how: ignored  SIGUSR2, which the process ignores: the kernel throws it away;
  how: handled  SIGUSR1, which calls the handler that is installed: before
                tgkill returns the handler has run.
After each batch no signal may be left waiting. A worker holds its OS thread
during an item, also where workers are goroutines. An item is batch operations;
its result is their number.
Source: will-it-scale, test case signal1, which is how: handled, by raise; raise
asks for the process's and the thread's number each time, which is left out
here. taken and ignored are ours.
Unit: operations.
Stresses: the lock of the table of signal handlers, which threads share and
processes have each for itself; for taken, the allocation of an entry in the
queue, and the counter of waiting signals, which all processes of one user
share; for handled, the frame of the handler on its stack and the return from
it.
Does not say: how long a signal takes to another thread.
What Go cannot: in a Go program every handler is the runtime's, which saves all
registers, looks up its thread and finds that nobody has asked for SIGUSR1.
handled is therefore the kernel's delivery and that handler, which a C program
has not; taken is the one to compare with C. The call is raw; x/sys/unix makes
its own Tgkill raw too.`,
		Item: "batch signals",
		Params: []Param{
			oneOf("how", "taken: queued and taken back; ignored: thrown away; handled: by the handler of Go's runtime", "taken", "ignored", "handled"),
			batchParam("256"),
		},
		ItemOps: batchOps,
		New:     newSignal,
	}
}

// signal64 is the last of the real-time signals. Go's runtime has a handler for
// it as for every other, but makes no use of it, and a C library takes the
// first ones for itself.
const signal64 = unix.Signal(64)

type signalling struct {
	ignore bool
	pid    uintptr
	before sigaction // what the process did with the ignored signal
}

// sigaction is the kernel's struct of that name: the handler, or 1 for none
// (SIG_IGN), flags, restorer and mask.
type sigaction [4]uint64

func newSignal(ps Params, env Env) (Kernel, error) {
	how := ps.String("how")
	loop := map[string]sysLoop[*signalling]{"taken": (*signalling).taken, "ignored": (*signalling).ignored, "handled": (*signalling).handled}
	return newBatches(env, batchOps(ps), signalling{ignore: how == "ignored"}, loop[how]), nil
}

// open ignores the signal without os/signal, which would not let its Reset put
// the runtime's handler back.
func (s *signalling) open(Env, int) error {
	s.pid = uintptr(os.Getpid())
	if !s.ignore {
		return nil
	}
	return setAction(unix.SIGUSR2, &sigaction{1}, &s.before)
}

// close puts back what open found, if that was not the work of another worker.
func (s *signalling) close() error {
	if !s.ignore || s.before[0] <= 1 {
		return nil
	}
	return setAction(unix.SIGUSR2, &s.before, nil)
}

func setAction(sig unix.Signal, action, before *sigaction) error {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(action)), uintptr(unsafe.Pointer(before)), sigsetBytes, 0, 0)
	if errno != 0 {
		return fmt.Errorf("rt_sigaction: %w", errno)
	}
	return nil
}

func (s *signalling) ignored(n int64) (done int64, err error) { return s.send(unix.SIGUSR2, n) }
func (s *signalling) handled(n int64) (done int64, err error) { return s.send(unix.SIGUSR1, n) }

func (s *signalling) send(sig unix.Signal, n int64) (done int64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := uintptr(unix.Gettid())
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_TGKILL, s.pid, tid, uintptr(sig), 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("tgkill: %w", errno)
		}
	}
	return done, noneWaits(sig)
}

// taken blocks the signal in this thread for as long as the batch lasts: the
// thread may be another one in the next item.
func (s *signalling) taken(n int64) (done int64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, before unix.Sigset_t
	set.Val[0] = 1 << (signal64 - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before); err != nil {
		return 0, fmt.Errorf("block a signal: %w", err)
	}
	done, err = s.sendAndTake(&set, n)
	return done, errors.Join(err, noneWaits(signal64), unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
}

func (s *signalling) sendAndTake(set *unix.Sigset_t, n int64) (done int64, err error) {
	tid := uintptr(unix.Gettid())
	var now unix.Timespec
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_TGKILL, s.pid, tid, uintptr(signal64), 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("tgkill: %w: each signal in the queue counts, raise that limit (ulimit -i)", errno)
		}
		sig, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(set)), 0, uintptr(unsafe.Pointer(&now)), sigsetBytes, 0, 0)
		if errno != 0 || unix.Signal(sig) != signal64 {
			return done, unexpected("rt_sigtimedwait", int64(sig), int64(signal64), errno)
		}
	}
	return done, nil
}

const sigsetBytes = 8 // of the kernel's signal sets: 64 signals

// noneWaits checks that the signal does not wait for this thread.
func noneWaits(sig unix.Signal) error {
	var waiting uint64
	if _, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGPENDING, uintptr(unsafe.Pointer(&waiting)), sigsetBytes, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("rt_sigpending: %w", errno)
	}
	if waiting>>(sig-1)&1 != 0 {
		return fmt.Errorf("signal %d is still waiting", int(sig))
	}
	return nil
}
