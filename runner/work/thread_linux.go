package work

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadEnd tells when a thread of this process is gone. Go has no call that waits
// for that: it forgets a thread once its goroutine has returned. The C library's
// pthread_join waits for a word that the kernel clears at the very end of the
// thread; threads of Go leave that word unset, so an executor sets it.
type threadEnd struct{ alive uint32 } // not an atomic type: the kernel writes it too

// mainThread has the number of the process, and is the one thread that does not end
// with a goroutine that is locked to it: Go parks it for good.
var mainThread = uintptr(os.Getpid())

// adopt makes the calling thread, to which its goroutine must be locked, the one
// to wait for. It refuses the process's main thread.
func (t *threadEnd) adopt() bool {
	t.alive = 1
	thread, _, _ := unix.RawSyscall(unix.SYS_SET_TID_ADDRESS, uintptr(unsafe.Pointer(&t.alive)), 0, 0) // never fails
	if thread != mainThread {
		return true
	}
	unix.RawSyscall(unix.SYS_SET_TID_ADDRESS, 0, 0, 0)
	return false
}

// join waits until the thread is gone.
func (t *threadEnd) join() {
	for atomic.LoadUint32(&t.alive) != 0 {
		const futexWait = 0 // FUTEX_WAIT, and not its private variant: the kernel wakes the shared one
		unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&t.alive)), futexWait, 1, 0, 0, 0)
	}
}

// checkThreads tells whether this process can create so many threads more, and join them:
// in a program that links the C library the word is in use.
func checkThreads(need int) error {
	var used uintptr
	_, _, errno := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_GET_TID_ADDRESS, uintptr(unsafe.Pointer(&used)), 0, 0, 0, 0)
	switch {
	case errno != 0:
		return Unavailable{Reason: fmt.Sprintf("the kernel cannot tell whether threads can be joined (prctl PR_GET_TID_ADDRESS: %v): it needs CONFIG_CHECKPOINT_RESTORE", errno)}
	case used != 0:
		return Unavailable{Reason: "the threads of this program belong to the C library, so Go cannot join them: build it with CGO_ENABLED=0"}
	}
	return checkTasks(int64(need), taskLimits("/proc", "/sys/fs/cgroup", int64(need)))
}
