package host

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// Limits that faults run into. Each leaves room for what the process has, and no more than it takes
// some milliseconds to use up.
const (
	strikeStackB = 256 << 10
	strikeRoomB  = 64 << 20 // of address space: the heap of Go grows by as much at a time
	strikeFDs    = 64
)

// strike does to this process what a fault does. It returns from descriptors alone, with
// those that it keeps.
func strike(fault string) (held []int) {
	if work.Fatal(fault) {
		noCore()
	}
	switch fault {
	case work.FaultRecovered:
		panic(injected("a panic that is recovered, as asked for"))
	case work.FaultPanic:
		panic(injected("a panic, as asked for"))
	case work.FaultNil:
		var p *exposure
		p.after++
	case work.FaultMaps:
		writeTogether()
	case work.FaultStack:
		debug.SetMaxStack(strikeStackB)
		panic(recurse(0))
	case work.FaultExit:
		os.Exit(1)
	case work.FaultSegv:
		segfault()
	case work.FaultKill, work.FaultLock, work.FaultPipe:
		_ = unix.Kill(os.Getpid(), unix.SIGKILL) // it takes a moment
	case work.FaultOOM:
		exhaustMemory()
	case work.FaultLoop:
		for x := 1; x != 0; x |= 1 {
		}
	case work.FaultDeadlock:
		var m sync.Mutex
		m.Lock()
		m.Lock()
	case work.FaultDescriptors:
		return exhaustDescriptors()
	}
	for {
		time.Sleep(time.Hour)
	}
}

// noCore keeps the kernel from writing an image of what dies on purpose: to a file, or, whatever
// the limit, to a program.
func noCore() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// writeTogether writes to a map from several goroutines, as no program may. Go's runtime
// notices when two threads meet in it, which takes two processors of its scheduler.
func writeTogether() {
	runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))
	m := map[int]int{}
	for g := range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%512] = g
			}
		}()
	}
}

// recurse comes to no end: 2^62 calls do not fit into any stack.
func recurse(n int) int {
	if n == 1<<62 {
		return n
	}
	return recurse(n+1) + n
}

// segfault dies as a program in C does: the runtime of Go, which would print its stacks and exit, is not
// asked. The kernel's struct for the default action is all zeros on every architecture.
func segfault() {
	var action [64]byte
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGSEGV), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	_ = unix.Kill(os.Getpid(), unix.SIGSEGV)
}

func exhaustMemory() {
	size := uint64(0)
	if fields := strings.Fields(string(readProc("/proc/self/statm"))); len(fields) > 0 {
		pages, _ := strconv.ParseUint(fields[0], 10, 64)
		size = pages * uint64(os.Getpagesize())
	}
	limit := size + strikeRoomB
	_ = unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit})
	var all [][]byte
	for {
		b := make([]byte, 32<<20) // the second or third does not fit
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		runtime.KeepAlive(all)
	}
}

func exhaustDescriptors() []int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err == nil {
		l.Cur = min(l.Cur, strikeFDs)
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	}
	var held []int
	for {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return held
		}
		held = append(held, fd)
	}
}
