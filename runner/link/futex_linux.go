package link

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	futexWaitOp = 0 // FUTEX_WAIT and FUTEX_WAKE, not private to a process
	futexWakeOp = 1
)

// futexWait sleeps while *word is value, or shorter: whoever called looks
// again. It tells the Go scheduler of the wait, and futexWake too: the thread
// that it wakes may need this one's P at once.
func futexWait(word *atomic.Uint32, value uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitOp, uintptr(value), 0, 0, 0)
}

// futexWake wakes one that sleeps on word.
func futexWake(word *atomic.Uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakeOp, 1, 0, 0, 0)
}

// sleeper waits for something that another process brings about in shared
// memory, with flag to be woken by. Before it sleeps it looks a number of
// times, if there is a second CPU on which the other may be at work: twice as
// often after looking has paid, half as often after it has not.
type sleeper struct {
	flag  *atomic.Uint32
	most  int // looks before a sleep; 0 on one CPU
	looks int
}

const (
	fewLooks  = 16
	mostLooks = 2048 // about 2 us, less than a sleep and a wakeup take
)

func newSleeper(flag *atomic.Uint32, cpus int) sleeper {
	s := sleeper{flag: flag}
	if cpus > 1 {
		s.most, s.looks = mostLooks, fewLooks
	}
	return s
}

// wait returns once there is what is waited for.
func (s *sleeper) wait(there func() bool) {
	if s.most > 0 && s.spin(there) {
		return
	}
	for {
		s.flag.Store(1)
		if there() {
			s.flag.Store(0)
			return
		}
		futexWait(s.flag, 1)
	}
}

func (s *sleeper) spin(there func() bool) bool {
	for range s.looks {
		if there() {
			s.looks = min(2*s.looks, s.most)
			return true
		}
	}
	s.looks = max(s.looks/2, fewLooks)
	return false
}

// wake wakes the other side if it sleeps. What it waits for must be there
// already.
func wake(flag *atomic.Uint32) {
	if flag.Load() != 0 {
		flag.Store(0)
		futexWake(flag)
	}
}
