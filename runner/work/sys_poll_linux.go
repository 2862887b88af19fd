//go:build amd64 || arm64

package work

import (
	"errors"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("poll", pollKind) }

func pollKind() Kind {
	return Kind{
		Name:    "poll",
		Summary: "asking which of some descriptors are ready, by a list handed over every time",
		Doc: `Definition: each worker has fds files of its own, open and without a name. One
operation clears a list of fds entries, fills it in (each descriptor, waiting to
write) and calls ppoll with it, without a signal mask and with no time to wait.
All must be ready, as files always are. An item is batch operations; its result
is their number.
Source: will-it-scale, test cases poll1 (fds: 1) and poll2 (fds: 128, the
default). They call poll, which not every architecture has; ppoll copies 16
bytes more.
Unit: operations: calls, whatever the number of descriptors.
Stresses: the copies of the list, the look-up of each descriptor in the table
that worker threads share, and the counter of each file.
Does not say: what waiting and waking up cost.` + aboutLevel,
		Item: "batch calls",
		Params: []Param{
			{Name: "fds", Type: "int", Default: "128", Min: 1, Max: 16384, Doc: "descriptors in the list"},
			levelParam("raw", "go"), batchParam("64"),
		},
		ItemOps: batchOps,
		New:     newPoll,
	}
}

type polling struct {
	count int
	fds   []int32
	list  []unix.PollFd
}

func newPoll(ps Params, env Env) (Kernel, error) {
	fds := ps.Int("fds")
	if err := needFiles(int64(env.Slots) * (fds + 1)); err != nil {
		return nil, err
	}
	loop := map[string]sysLoop[*polling]{"raw": (*polling).raw, "go": (*polling).viaGo}
	return newBatches(env, batchOps(ps), polling{count: int(fds)}, loop[ps.String("level")]), nil
}

func (p *polling) open(env Env, rank int) error {
	p.list = apart[unix.PollFd](p.count)
	for i := range p.count {
		s, err := openScratch(env, "poll-"+strconv.Itoa(i), rank, false, 0, nil)
		if err != nil {
			return errors.Join(err, s.close())
		}
		fd, err := unix.FcntlInt(s.fd, unix.F_DUPFD_CLOEXEC, 0) // out of the hands of package os
		if err = errors.Join(err, s.close()); err != nil {
			return err
		}
		p.fds = append(p.fds, int32(fd))
	}
	return nil
}

func (p *polling) close() error {
	var faults []error
	for _, fd := range p.fds {
		faults = append(faults, unix.Close(int(fd)))
	}
	p.fds = nil
	return errors.Join(faults...)
}

// fill makes the list, as a program does whose descriptors come and go.
func (p *polling) fill() {
	clear(p.list)
	for i, fd := range p.fds {
		p.list[i].Fd = fd
		p.list[i].Events = unix.POLLOUT
	}
}

func (p *polling) raw(n int64) (done int64, err error) {
	var now unix.Timespec
	list, size := uintptr(unsafe.Pointer(&p.list[0])), uintptr(len(p.list))
	for ; done < n; done++ {
		p.fill()
		ready, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, list, size, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		if errno != 0 || ready != size {
			return done, unexpected("ppoll", int64(ready), int64(size), errno)
		}
	}
	return done, nil
}

func (p *polling) viaGo(n int64) (done int64, err error) {
	var now unix.Timespec
	for ; done < n; done++ {
		p.fill()
		if ready, err := unix.Ppoll(p.list, &now, nil); err != nil || ready != len(p.list) {
			return done, unexpected("ppoll", int64(ready), int64(len(p.list)), err)
		}
	}
	return done, nil
}
