package host

import (
	"math"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sharedFile returns memory without a name: nothing is left behind, whatever
// is killed.
func sharedFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("forklore", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "memfd:forklore"), nil
}

// Operations of the futex call. They lack FUTEX_PRIVATE_FLAG: the processes of a trial share the word.
const (
	futexWait = 0
	futexWake = 1
)

// sleepWhile sleeps as long as word holds value, or shorter: whoever called looks again. The
// goroutine's thread sleeps with it.
func sleepWhile(word *atomic.Uint32, value uint32) {
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(value), 0, 0, 0)
}

// wakeAll wakes all that sleep on word, in whichever process.
func wakeAll(word *atomic.Uint32) {
	_, _, _ = unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, math.MaxInt32, 0, 0, 0)
}
