//go:build amd64 || arm64

package work

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("eventfd", eventfdKind) }

func eventfdKind() Kind {
	return Kind{
		Name:    "eventfd",
		Summary: "a counter in the kernel raised and read back by the same worker",
		Doc: `Definition: each worker has an eventfd of its own, at 0. One operation is one
write of the number 1 to it and one read, which must bring the 1 back. Nobody
ever waits. An item is batch operations; its result is their number.
Source: will-it-scale, test case eventfd1.
Unit: operations.
Stresses: two system calls that reach a file of the kernel and its lock.
Does not say: what waking somebody up costs.` + aboutLevel + `
os is File.Write and File.Read of a descriptor that does not block, which Go's
poller watches.`,
		Item:    "batch pairs of write and read",
		Params:  []Param{levelParam("raw", "go", "os"), batchParam("256")},
		ItemOps: batchOps,
		New:     newEventfd,
	}
}

type eventfd struct {
	polled bool
	fd     uintptr
	file   *os.File // of the level os
	opened bool
	put    [8]byte // 1, as the machine writes numbers
	got    [8]byte
}

func newEventfd(ps Params, env Env) (Kernel, error) {
	level := ps.String("level")
	loop := map[string]sysLoop[*eventfd]{"raw": (*eventfd).raw, "go": (*eventfd).viaGo, "os": (*eventfd).viaOS}
	return newBatches(env, batchOps(ps), eventfd{polled: level == "os"}, loop[level]), nil
}

func (e *eventfd) open(Env, int) error {
	flags := unix.EFD_CLOEXEC
	if e.polled {
		flags |= unix.EFD_NONBLOCK
	}
	fd, err := unix.Eventfd(0, flags)
	if err != nil {
		return fmt.Errorf("make an eventfd: %w", err)
	}
	e.fd, e.opened = uintptr(fd), true
	if e.polled {
		e.file = os.NewFile(e.fd, "eventfd")
	}
	binary.NativeEndian.PutUint64(e.put[:], 1)
	return nil
}

func (e *eventfd) close() error {
	if !e.opened {
		return nil
	}
	e.opened = false
	if e.file != nil {
		return e.file.Close()
	}
	return unix.Close(int(e.fd))
}

func (e *eventfd) raw(n int64) (done int64, err error) {
	put, got := uintptr(unsafe.Pointer(&e.put)), uintptr(unsafe.Pointer(&e.got)) // of a worker's slot, which does not move
	for ; done < n; done++ {
		if size, _, errno := syscall.RawSyscall6(unix.SYS_WRITE, e.fd, put, 8, 0, 0, 0); errno != 0 || size != 8 {
			return done, unexpected("write", int64(size), 8, errno)
		}
		if size, _, errno := syscall.RawSyscall6(unix.SYS_READ, e.fd, got, 8, 0, 0, 0); errno != 0 || size != 8 || e.got != e.put {
			return done, e.fault(int64(size), errno)
		}
	}
	return done, nil
}

func (e *eventfd) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if size, err := unix.Write(int(e.fd), e.put[:]); err != nil || size != 8 {
			return done, unexpected("write", int64(size), 8, err)
		}
		if size, err := unix.Read(int(e.fd), e.got[:]); err != nil || size != 8 || e.got != e.put {
			return done, e.fault(int64(size), err)
		}
	}
	return done, nil
}

func (e *eventfd) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if size, err := e.file.Write(e.put[:]); err != nil || size != 8 {
			return done, unexpected("write", int64(size), 8, err)
		}
		if size, err := e.file.Read(e.got[:]); err != nil || size != 8 || e.got != e.put {
			return done, e.fault(int64(size), err)
		}
	}
	return done, nil
}

func (e *eventfd) fault(size int64, err error) error {
	if e.got != e.put && size == 8 {
		return errors.New("eventfd: the counter is not 1")
	}
	return unexpected("read", size, 8, err)
}
