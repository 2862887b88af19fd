//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("timer", timerKind) }

func timerKind() Kind {
	return Kind{
		Name:    "timer",
		Summary: "a timer of the kernel set, or asked how long it has to go",
		Doc: `Definition: each worker has one timer on the monotonic clock, which is an hour
from firing and never does. call: settime makes one operation of setting it to
an hour from now once more, which takes it out of the queue and puts it back;
call: gettime of asking how long it has to go, which must be more than nothing
and at most an hour. of: timerfd has a timerfd (timerfd_settime,
timerfd_gettime), of: posix a timer of timer_create that would send the process
a signal (timer_settime, timer_gettime): one that sends none is never queued by
the kernel. An item is batch operations; its result is their number.
Source: own, in the manner of will-it-scale, which has no test case of it; the
calls are those of POSIX and of timerfd_create(2).
Unit: operations.
Stresses: the timer queue of the processor that the call runs on, and its lock;
for posix, the look-up of the timer in a table of the whole system by its
process and number, for timerfd that of a descriptor.
Does not say: how late timers fire, or what firing costs.` + aboutLevel + `
x/sys/unix has no wrapper for timer_settime: there go is unix.Syscall6.`,
		Item: "batch calls",
		Params: []Param{
			oneOf("of", "timerfd: a timer with a descriptor; posix: one of timer_create", "timerfd", "posix"),
			oneOf("call", "settime: set the timer anew; gettime: ask it", "settime", "gettime"),
			levelParam("raw", "go"), batchParam("512"),
		},
		ItemOps: batchOps,
		New:     newTimer,
	}
}

const timerHour = 3600 // seconds

type timer struct {
	posix bool
	id    uintptr // the timerfd, or the number of the POSIX timer
	made  bool
	set   unix.ItimerSpec
	left  unix.ItimerSpec
}

func newTimer(ps Params, env Env) (Kernel, error) {
	t := timer{posix: ps.String("of") == "posix"}
	t.set.Value.Sec = timerHour
	loops := map[string]sysLoop[*timer]{
		"timerfd settime raw": (*timer).fdSetRaw, "timerfd settime go": (*timer).fdSetGo,
		"timerfd gettime raw": (*timer).fdGetRaw, "timerfd gettime go": (*timer).fdGetGo,
		"posix settime raw": (*timer).posixSetRaw, "posix settime go": (*timer).posixSetGo,
		"posix gettime raw": (*timer).posixGetRaw, "posix gettime go": (*timer).posixGetGo,
	}
	return newBatches(env, batchOps(ps), t, loops[ps.String("of")+" "+ps.String("call")+" "+ps.String("level")]), nil
}

func (t *timer) open(Env, int) error {
	if t.posix {
		return t.create()
	}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make a timerfd: %w", err)
	}
	t.id, t.made = uintptr(fd), true
	return unix.TimerfdSettime(fd, 0, &t.set, nil)
}

// create makes and sets a POSIX timer.
func (t *timer) create() error {
	var event struct { // struct sigevent
		value  uint64
		signo  int32
		notify int32 // 0: SIGEV_SIGNAL
		_      [48]byte
	}
	event.signo = int32(signal64)
	var id int32
	_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id)))
	switch errno {
	case 0:
	case unix.ENOSYS:
		return Unavailable{Reason: "this kernel was built without POSIX timers (CONFIG_POSIX_TIMERS): use of: timerfd"}
	case unix.EAGAIN:
		return Unavailable{Reason: "no POSIX timer is to be had: each counts as a pending signal and RLIMIT_SIGPENDING is " + resource(unix.RLIMIT_SIGPENDING) + " (raise it with ulimit -i)"}
	default:
		return fmt.Errorf("make a POSIX timer: %w", errno)
	}
	t.id, t.made = uintptr(id), true
	_, err := t.posixSetGo(1)
	return err
}

func (t *timer) close() error {
	if !t.made {
		return nil
	}
	t.made = false
	if !t.posix {
		return unix.Close(int(t.id))
	}
	if _, _, errno := unix.Syscall(unix.SYS_TIMER_DELETE, t.id, 0, 0); errno != 0 {
		return fmt.Errorf("delete a POSIX timer: %w", errno)
	}
	return nil
}

func (t *timer) fdSetRaw(n int64) (done int64, err error) {
	return t.repeatRaw(unix.SYS_TIMERFD_SETTIME, n)
}

func (t *timer) posixSetRaw(n int64) (done int64, err error) {
	return t.repeatRaw(unix.SYS_TIMER_SETTIME, n)
}

// repeatRaw makes a call that takes a timer, flags, the new value and a place
// for the old one.
func (t *timer) repeatRaw(call uintptr, n int64) (done int64, err error) {
	set := uintptr(unsafe.Pointer(&t.set))
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(call, t.id, 0, set, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("settime: %w", errno)
		}
	}
	return done, nil
}

func (t *timer) fdGetRaw(n int64) (done int64, err error) {
	return t.askRaw(unix.SYS_TIMERFD_GETTIME, n)
}

func (t *timer) posixGetRaw(n int64) (done int64, err error) {
	return t.askRaw(unix.SYS_TIMER_GETTIME, n)
}

func (t *timer) askRaw(call uintptr, n int64) (done int64, err error) {
	left := uintptr(unsafe.Pointer(&t.left))
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(call, t.id, left, 0, 0, 0, 0); errno != 0 || !t.runs() {
			return done, t.fault(errno)
		}
	}
	return done, nil
}

func (t *timer) fdSetGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if err := unix.TimerfdSettime(int(t.id), 0, &t.set, nil); err != nil {
			return done, fmt.Errorf("settime: %w", err)
		}
	}
	return done, nil
}

func (t *timer) fdGetGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if err := unix.TimerfdGettime(int(t.id), &t.left); err != nil || !t.runs() {
			return done, t.fault(err)
		}
	}
	return done, nil
}

func (t *timer) posixSetGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := unix.Syscall6(unix.SYS_TIMER_SETTIME, t.id, 0, uintptr(unsafe.Pointer(&t.set)), 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("settime: %w", errno)
		}
	}
	return done, nil
}

func (t *timer) posixGetGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := unix.Syscall(unix.SYS_TIMER_GETTIME, t.id, uintptr(unsafe.Pointer(&t.left)), 0); errno != 0 || !t.runs() {
			return done, t.fault(errno)
		}
	}
	return done, nil
}

// runs says whether the time left is one that the timer can have.
func (t *timer) runs() bool {
	left := t.left.Value
	return left.Sec < timerHour && (left.Sec > 0 || left.Nsec > 0) || left.Sec == timerHour && left.Nsec == 0
}

func (t *timer) fault(err error) error {
	if err != nil && err != unix.Errno(0) {
		return fmt.Errorf("gettime: %w", err)
	}
	return errors.New("gettime: the timer does not run, or has more than an hour to go: a trial must be shorter than that")
}
