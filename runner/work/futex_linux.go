package work

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of the futex call, as linux/futex.h numbers them. They lack
// FUTEX_PRIVATE_FLAG on purpose: with it the kernel would tell words apart by
// the process's address, and two processes would never meet.
const (
	futexOpWait = 0
	futexOpWake = 1
)

const hasFutex = true

// futexWait sleeps if word holds value, until it is woken; it may also return
// without a reason, so callers look again. The system call goes through
// Syscall6, which tells Go's scheduler: a goroutine that waits here blocks its
// OS thread, and the scheduler takes the processor (P) away from it for other
// goroutines, between 20 us and 10 ms later. With RawSyscall6 the goroutine that
// shall wake this one might never get to run.
func futexWait(word *atomic.Uint32, value uint32) {
	_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWait, uintptr(value), 0, 0, 0)
	switch errno {
	case 0, unix.EAGAIN, unix.EINTR: // woken; the word had changed; a signal, such as Go's own for preemption
		return
	}
	panic(fmt.Sprintf("work: wait in a futex at %p: %v", word, errno))
}

// futexWake wakes at most n of those that sleep on word. It never blocks, so
// the scheduler need not know.
func futexWake(word *atomic.Uint32, n int32) {
	_, _, errno := unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexOpWake, uintptr(n), 0, 0, 0)
	if errno != 0 {
		panic(fmt.Sprintf("work: wake who waits in a futex at %p: %v", word, errno))
	}
}

// yieldProcessor lets another thread of the system run on this processor, if
// one waits for it.
func yieldProcessor() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
