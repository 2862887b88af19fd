package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// prober is the one that reaches out. It never learns the secret: whoever asked compares.
type prober struct {
	write func(b byte) error // puts back what the last write changed
	was   byte
	drain drain
	crowd crowd
}

// target is where the sibling says that its secret is.
type target struct {
	pid  int
	addr uintptr
	fd   int
}

func (t target) self() bool { return t.pid == os.Getpid() }

func (p *prober) answer(request []string) string {
	if len(request) == 1 {
		switch request[0] {
		case "who":
			return fmt.Sprintf("%s %d %d", answerData, os.Getpid(), unix.Getuid())
		case "put_back":
			return finished(p.write(p.was))
		case "use_descriptors":
			return p.drain.descriptors()
		case "use_memory":
			return p.drain.memory()
		case "release":
			return finished(errors.Join(p.drain.giveBack(), p.crowd.giveBack()))
		case "tasks":
			return tasksOfUser()
		}
	}
	if len(request) > 0 && request[0] == "use_tasks" {
		return withLimit(request, p.crowd.useUp)
	}
	t, err := aim(request)
	if err != nil {
		return answerError + " " + err.Error()
	}
	switch request[0] {
	case "pointer":
		return read(followPointer(t.addr))
	case "proc_mem":
		return read(readAt(fmt.Sprintf("/proc/%d/mem", t.pid), int64(t.addr)))
	case "vm_readv":
		return read(vmRead(t))
	case "ptrace":
		return read(debugRead(t))
	case "environ":
		return environOf(t)
	case "cmdline":
		return cmdlineOf(t)
	case "descriptor":
		b := make([]byte, secretSize)
		_, err := unix.Pread(t.fd, b, 0)
		return read(b, err)
	case "reopen":
		return read(readAt(fmt.Sprintf("/proc/%d/fd/%d", t.pid, t.fd), 0))
	case "write":
		return p.flip(t)
	case "kill":
		return finished(unix.Kill(t.pid, 0))
	}
	return fmt.Sprintf("%s unknown request %q", answerError, request)
}

// aim reads where to look. A process that is not of this trial's own group is refused: nobody else is ever probed.
func aim(request []string) (t target, err error) {
	if len(request) != 4 {
		return t, fmt.Errorf("unknown request %q", request)
	}
	pid, err := strconv.Atoi(request[1])
	addr, err2 := strconv.ParseUint(request[2], 10, 64)
	fd, err3 := strconv.Atoi(request[3])
	if err := errors.Join(err, err2, err3); err != nil {
		return t, err
	}
	group, err := unix.Getpgid(pid)
	if err != nil || group != unix.Getpgrp() || pid <= 1 {
		return t, fmt.Errorf("process %d is none of this trial: it is not probed", pid)
	}
	return target{pid, uintptr(addr), fd}, nil
}

func read(b []byte, err error) string {
	if err != nil {
		return failedRead(err)
	}
	return fmt.Sprintf("%s %x", answerData, b)
}

// failedRead is failed, but for what cannot be tested: without /proc, or through a filter.
func failedRead(err error) string {
	var errno unix.Errno
	if errors.Is(err, errFiltered) {
		return answerLacks + " " + err.Error()
	}
	if !errors.As(err, &errno) {
		return answerError + " " + err.Error()
	}
	if _, gone := os.Stat("/proc/self"); errno == unix.ENOENT && gone != nil {
		return answerLacks + " /proc is not mounted"
	}
	return failed(errno)
}

// errFault is what an address gives that this process does not have.
const errFault = unix.EFAULT

// followPointer reads memory as any Go code does.
func followPointer(addr uintptr) (b []byte, err error) {
	defer func() {
		if recover() != nil {
			b, err = nil, errFault
		}
	}()
	return bytes.Clone(memoryAt(addr)), nil
}

// memoryAt is the memory at an address that somebody told. Inlined, it ends the compiler of Go 1.26.
//
//go:noinline
func memoryAt(addr uintptr) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), secretSize)
}

func readAt(path string, at int64) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	b := make([]byte, secretSize)
	_, err = unix.Pread(fd, b, at)
	return b, err
}

// errFiltered is a refusal that is not about the sibling.
var errFiltered = errors.New("it is refused even on oneself: by a filter of system calls")

// vmRead asks the kernel for the sibling's memory. A process may always read its own: where it may not, no
// refusal says anything.
func vmRead(t target) ([]byte, error) {
	b, err := vmReadv(t)
	if !errors.Is(err, unix.EPERM) {
		return b, err
	}
	own := bytes.Repeat([]byte{1}, secretSize)
	defer runtime.KeepAlive(own)
	if _, filtered := vmReadv(target{pid: os.Getpid(), addr: uintptr(unsafe.Pointer(&own[0]))}); filtered != nil {
		return nil, errFiltered
	}
	return nil, err
}

func vmReadv(t target) ([]byte, error) {
	b := make([]byte, secretSize)
	_, err := unix.ProcessVMReadv(t.pid, []unix.Iovec{{Base: &b[0], Len: secretSize}}, []unix.RemoteIovec{{Base: t.addr, Len: secretSize}}, 0)
	return b, err
}

// debugRead attaches to the sibling's first thread, reads, and lets go. All has to come from one thread; if that
// ends in between, the kernel lets go.
func debugRead(t target) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PtraceSeize(t.pid); err != nil {
		return nil, err
	}
	if err := unix.PtraceInterrupt(t.pid); err != nil {
		return nil, err
	}
	if err := awaitStop(t.pid); err != nil {
		return nil, err
	}
	b := make([]byte, secretSize)
	_, err := unix.PtracePeekData(t.pid, t.addr, b)
	if err2 := unix.PtraceDetach(t.pid); err2 != nil {
		return nil, fmt.Errorf("let go of process %d: %v", t.pid, err2) // not a refusal
	}
	return b, err
}

func awaitStop(pid int) error {
	var status unix.WaitStatus
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Microsecond) {
		got, err := unix.Wait4(pid, &status, unix.WNOHANG|unix.WALL, nil)
		switch {
		case err != nil && err != unix.EINTR:
			return fmt.Errorf("wait for the stop of process %d: %v", pid, err)
		case got == pid && status.Stopped():
			return nil
		case got == pid:
			return fmt.Errorf("process %d ended while it was traced", pid)
		}
	}
	return fmt.Errorf("process %d did not stop within a minute", pid)
}

// environOf reads the environment that the sibling was started with; that of one's own process lies in one's
// own memory.
func environOf(t target) string {
	if t.self() {
		return answerData + " " + os.Getenv(canaryName)
	}
	return word(fmt.Sprintf("/proc/%d/environ", t.pid), func(w string) (string, bool) { return strings.CutPrefix(w, canaryName+"=") })
}

func cmdlineOf(t target) string {
	if t.self() {
		return answerData + " " + os.Args[len(os.Args)-1]
	}
	last := 2 * secretSize
	return word(fmt.Sprintf("/proc/%d/cmdline", t.pid), func(w string) (string, bool) { return w, len(w) == last })
}

// word finds one of the words, each with a zero byte behind it, of a file.
func word(path string, is func(string) (string, bool)) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return failedRead(err)
	}
	for w := range strings.SplitSeq(string(data), "\x00") {
		if found, ok := is(w); ok {
			return answerData + " " + found
		}
	}
	return answerData + " none"
}

// flip changes the first byte of the secret and remembers how to put it back.
func (p *prober) flip(t target) string {
	var b []byte
	var err error
	if t.self() {
		if b, err = followPointer(t.addr); err == nil {
			p.write = func(b byte) error { memoryAt(t.addr)[0] = b; return nil }
		}
	} else if b, err = vmRead(t); err == nil {
		p.write = func(b byte) error {
			_, err := unix.ProcessVMWritev(t.pid, []unix.Iovec{{Base: &b, Len: 1}}, []unix.RemoteIovec{{Base: t.addr, Len: 1}}, 0)
			if err == unix.EPERM { // who may read may write
				err = errFiltered
			}
			return err
		}
	}
	if err != nil {
		return failedRead(err)
	}
	p.was = b[0]
	if err := p.write(^p.was); err != nil {
		return failedRead(err)
	}
	return answerDone
}
