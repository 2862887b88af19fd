//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel itself counts the calls of each workload: a second process runs it
// under ptrace, between two calls that mark the beginning and the end.

// markID is a session that there cannot be; to ask for it marks a place.
const markID = 0x7fffff42

const tracedEnv = "FORKLORE_TEST_TRACED"

// traced is what one thread did between two marks.
type traced struct {
	calls   map[uintptr]int           // by number
	returns map[uintptr]map[int64]int // by number and value, which is negative for an error
	signals map[syscall.Signal]int    // delivered
}

// trace runs items of a workload in a process of its own and returns what its
// worker asked of the kernel.
func trace(t *testing.T, name, params string, items int) traced {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector sees no other process, and makes its start slow")
	}
	runtime.LockOSThread() // ptrace belongs to a thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTracedChild$", "-test.v")
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	// Nothing of the runtime shall fall between the marks: no preemption, no
	// collection.
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOGC=off", fmt.Sprintf("%s=%s;%s;%d;%s", tracedEnv, name, params, items, t.TempDir()))
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("start a traced process: %v", err)
	}
	tr := tracer{group: cmd.Process.Pid, seen: map[int]bool{}, got: traced{map[uintptr]int{}, map[uintptr]map[int64]int{}, map[syscall.Signal]int{}}}
	status, err := tr.run()
	_ = cmd.Wait() // the tracer has reaped it: only the copying of output is left
	if errors.Is(err, errNoInfo) {
		t.Skip(err)
	}
	if err != nil || status != 0 || tr.marks != 2 {
		t.Fatalf("traced: %v, status %d, %d marks\n%s", err, status, tr.marks, output.String())
	}
	return tr.got
}

// TestTracedChild is the process that is traced.
func TestTracedChild(t *testing.T) {
	job := os.Getenv(tracedEnv)
	if job == "" {
		t.Skip("runs under the tests that trace it")
	}
	parts := strings.Split(job, ";")
	items, _ := strconv.Atoi(parts[2])
	runtime.LockOSThread()
	k := newKernel(t, parts[0], rawParams(parts[1]), Env{Slots: 1, Workers: 1, Dir: parts[3], Locked: true, Shared: make([]byte, 4096)})
	if _, err := k.Do(t.Context(), Task{Hi: 1}); err != nil { // what happens once happens here
		t.Fatal(err)
	}
	unix.RawSyscall(unix.SYS_GETSID, markID, 0, 0)
	_, err := k.Do(t.Context(), Task{Lo: 1, Hi: 1 + int64(items)})
	unix.RawSyscall(unix.SYS_GETSID, markID, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
}

// rawParams reads "batch=8 level=raw".
func rawParams(text string) map[string]string {
	raw := map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		raw[name] = value
	}
	return raw
}

type tracer struct {
	group  int
	seen   map[int]bool // threads that have stopped once
	worker int          // thread that made the first mark
	marks  int
	inside uintptr // call that the worker is in
	got    traced
}

var errNoInfo = errors.New("this kernel has no PTRACE_GET_SYSCALL_INFO (Linux 5.3)")

// run follows all threads of the process to its end.
func (tr *tracer) run() (status int, err error) {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(tr.group, &ws, 0, nil); err != nil {
		return 0, err
	}
	tr.seen[tr.group] = true
	options := unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(tr.group, options); err != nil {
		return 0, err
	}
	if err := syscall.PtraceSyscall(tr.group, 0); err != nil {
		return 0, err
	}
	for {
		thread, err := syscall.Wait4(-tr.group, &ws, syscall.WALL, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case ws.Exited() && thread == tr.group:
			return ws.ExitStatus(), nil
		case ws.Signaled() && thread == tr.group:
			return -1, fmt.Errorf("ended by %v", ws.Signal())
		case !ws.Stopped():
			continue
		}
		signal, err := tr.stopped(thread, ws)
		if err != nil {
			_ = syscall.Kill(-tr.group, syscall.SIGKILL)
			return 0, err
		}
		_ = syscall.PtraceSyscall(thread, signal) // a thread may have gone meanwhile
	}
}

// stopped takes note of why a thread stopped, and returns the signal to let
// through to it.
func (tr *tracer) stopped(thread int, ws syscall.WaitStatus) (signal int, err error) {
	first := !tr.seen[thread]
	tr.seen[thread] = true
	switch sig := ws.StopSignal(); {
	case sig == syscall.SIGTRAP|0x80:
		return 0, tr.call(thread)
	case sig == syscall.SIGTRAP, first && sig == syscall.SIGSTOP: // an event; the stop that a new thread begins with
		return 0, nil
	default:
		if thread == tr.worker && tr.marks == 1 {
			tr.got.signals[sig]++
		}
		return int(sig), nil
	}
}

// syscallInfo is struct ptrace_syscall_info.
type syscallInfo struct {
	op    uint8 // 1: entry, 2: exit
	_     [3]byte
	_     uint32
	_, _  uint64
	value uint64 // number of the call; what it returns
	args  [6]uint64
}

func (tr *tracer) call(thread int) error {
	var info syscallInfo
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	switch {
	case errno == unix.ESRCH: // killed meanwhile
		return nil
	case errno != 0:
		return fmt.Errorf("%w: %w", errNoInfo, errno)
	case info.op == 1 && info.value == unix.SYS_GETSID && info.args[0] == markID:
		tr.marks++
		tr.worker = thread
	case thread != tr.worker || tr.marks != 1:
	case info.op == 1:
		tr.inside = uintptr(info.value)
		tr.got.calls[tr.inside]++
	case info.op == 2 && tr.inside != 0:
		if tr.got.returns[tr.inside] == nil {
			tr.got.returns[tr.inside] = map[int64]int{}
		}
		tr.got.returns[tr.inside][int64(info.value)]++
	}
	return nil
}

// tracedCases are the definitions as the kernel sees them: the calls that one
// item makes.
var tracedCases = []struct {
	name, params string
	calls        map[uintptr]int
	signals      map[syscall.Signal]int
}{
	{"getppid", "batch=16", map[uintptr]int{unix.SYS_GETPPID: 16}, nil},
	{"getppid", "batch=16 level=go", map[uintptr]int{unix.SYS_GETPPID: 16}, nil},
	{"getppid", "batch=16 level=os", map[uintptr]int{unix.SYS_GETPPID: 16}, nil},
	{"sched_yield", "batch=16", map[uintptr]int{unix.SYS_SCHED_YIELD: 16}, nil},
	{"sched_yield", "batch=16 level=go", map[uintptr]int{unix.SYS_SCHED_YIELD: 16}, nil},
	{"lseek", "batch=16", map[uintptr]int{unix.SYS_LSEEK: 16}, nil},
	{"lseek", "batch=16 level=os file=shared", map[uintptr]int{unix.SYS_LSEEK: 16}, nil},
	{"dup_close", "batch=16", map[uintptr]int{unix.SYS_DUP: 16, unix.SYS_CLOSE: 16}, nil},
	{"open_close", "batch=16", map[uintptr]int{unix.SYS_OPENAT: 16, unix.SYS_CLOSE: 16}, nil},
	{"open_close", "batch=16 where=same_file level=os", map[uintptr]int{unix.SYS_OPENAT: 16, unix.SYS_CLOSE: 16}, nil},
	{"unlink", "batch=16", map[uintptr]int{unix.SYS_OPENAT: 16, unix.SYS_CLOSE: 16, unix.SYS_UNLINKAT: 16}, nil},
	{"rename", "batch=16 where=across", map[uintptr]int{unix.SYS_RENAMEAT2: 16}, nil},
	{"read", "size=4096 length=65536", map[uintptr]int{unix.SYS_READ: 17, unix.SYS_LSEEK: 1}, nil},
	{"read", "size=4096 length=65000 level=os", map[uintptr]int{unix.SYS_READ: 17, unix.SYS_LSEEK: 1}, nil},
	{"write", "size=4096 length=65536", map[uintptr]int{unix.SYS_WRITE: 16, unix.SYS_LSEEK: 1}, nil},
	{"write", "size=4096 length=65000 level=go", map[uintptr]int{unix.SYS_WRITE: 16, unix.SYS_LSEEK: 1}, nil},
	{"pread", "batch=16", map[uintptr]int{unix.SYS_PREAD64: 16}, nil},
	{"fallocate", "size=4096 length=65536", map[uintptr]int{unix.SYS_FALLOCATE: 16, unix.SYS_FTRUNCATE: 1}, nil},
	{"ftruncate", "batch=16", map[uintptr]int{unix.SYS_FTRUNCATE: 16}, nil},
	{"eventfd", "batch=16", map[uintptr]int{unix.SYS_WRITE: 16, unix.SYS_READ: 16}, nil},
	{"pipe_self", "batch=16", map[uintptr]int{unix.SYS_WRITE: 16, unix.SYS_READ: 16}, nil},
	{"pipe_self", "batch=16 size=3000 level=os", map[uintptr]int{unix.SYS_WRITE: 16, unix.SYS_READ: 16}, nil},
	{"poll", "batch=16 fds=3", map[uintptr]int{unix.SYS_PPOLL: 16}, nil},
	{"epoll", "batch=16 fds=3", map[uintptr]int{unix.SYS_EPOLL_PWAIT: 16}, nil},
	{"epoll", "batch=16 fds=3 call=ctl", map[uintptr]int{unix.SYS_EPOLL_CTL: 32}, nil},
	{"timer", "batch=16", map[uintptr]int{unix.SYS_TIMERFD_SETTIME: 16}, nil},
	{"timer", "batch=16 call=gettime", map[uintptr]int{unix.SYS_TIMERFD_GETTIME: 16}, nil},
	{"timer", "batch=16 of=posix", map[uintptr]int{unix.SYS_TIMER_SETTIME: 16}, nil},
	{"timer", "batch=16 of=posix call=gettime", map[uintptr]int{unix.SYS_TIMER_GETTIME: 16}, nil},
	{"futex", "batch=16", map[uintptr]int{unix.SYS_FUTEX: 16}, nil},
	{"futex", "batch=16 call=wait contended=true private=false", map[uintptr]int{unix.SYS_FUTEX: 16}, nil},
	{"signal", "batch=16", map[uintptr]int{unix.SYS_TGKILL: 16, unix.SYS_RT_SIGTIMEDWAIT: 16, unix.SYS_RT_SIGRETURN: 0}, nil},
	{"signal", "batch=16 how=ignored", map[uintptr]int{unix.SYS_TGKILL: 16, unix.SYS_RT_SIGRETURN: 0}, nil},
	{"signal", "batch=16 how=handled", map[uintptr]int{unix.SYS_TGKILL: 16, unix.SYS_RT_SIGRETURN: 16}, map[syscall.Signal]int{unix.SIGUSR1: 16}},
	{"mmap", "batch=16", map[uintptr]int{unix.SYS_MMAP: 16, unix.SYS_MUNMAP: 16}, nil},
	{"mmap", "batch=16 of=file sharing=shared level=go", map[uintptr]int{unix.SYS_MMAP: 16, unix.SYS_MUNMAP: 16}, nil},
	{"page_fault", "batch=16 size=32768", map[uintptr]int{unix.SYS_MMAP: 2, unix.SYS_MUNMAP: 2}, nil},
	{"mremap", "batch=16", map[uintptr]int{unix.SYS_MREMAP: 16}, nil},
	{"mremap", "batch=16 call=brk", map[uintptr]int{unix.SYS_BRK: 16}, nil},
	{"malloc", "batch=16", map[uintptr]int{unix.SYS_MMAP: 16, unix.SYS_MUNMAP: 16}, nil},
}

func TestTheKernelCountsTheCalls(t *testing.T) {
	const items = 3
	for _, c := range tracedCases {
		t.Run(c.name+" "+c.params, func(t *testing.T) {
			got := trace(t, c.name, c.params, items)
			for call, each := range c.calls {
				if call == unix.SYS_FUTEX && got.calls[call] > each*items {
					continue // Go's own scheduler uses it too
				}
				if got.calls[call] != each*items {
					t.Errorf("call %d was made %d times in %d items, want %d; all: %v", call, got.calls[call], items, each*items, got.calls)
				}
			}
			for signal, each := range c.signals {
				if got.signals[signal] != each*items {
					t.Errorf("%v came %d times in %d items, want %d", signal, got.signals[signal], items, each*items)
				}
			}
		})
	}
}

// What the calls answered: nobody slept, nobody was woken.
func TestFutexAnswers(t *testing.T) {
	for params, want := range map[string]int64{"call=wake": 0, "call=wake private=false": 0, "call=wait": -int64(unix.EAGAIN), "call=wait private=false contended=true": -int64(unix.EAGAIN)} {
		got := trace(t, "futex", "batch=16 "+params, 2)
		if n := got.returns[unix.SYS_FUTEX][want]; n < 32 { // Go's own scheduler uses it too
			t.Errorf("%s: answered %v, want %d at least 32 times", params, got.returns[unix.SYS_FUTEX], want)
		}
	}
}
