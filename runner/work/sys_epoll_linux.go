//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("epoll", epollKind) }

func epollKind() Kind {
	return Kind{
		Name:    "epoll",
		Summary: "asking which descriptors are ready, by a list that the kernel keeps",
		Doc: `Definition: each worker has an epoll descriptor and fds eventfds that it watches
for reading, of which none, one or all (ready) are readable and stay so: nobody
reads them. call: wait makes one operation of one epoll_pwait for all events,
without a signal mask and with no time to wait; it must report as many as are
ready. call: ctl makes one operation of taking one of the eventfds off the list
and putting it on again. An item is batch operations; its result is their
number.
Source: own, in the manner of will-it-scale's poll2, of which this is the modern
form.
Unit: operations.
Stresses: the list of ready descriptors, which is walked and copied; for ctl,
the tree of watched ones and an allocation. The number of those watched hardly
counts in wait: that is the difference from poll.
Does not say: what waiting and waking up cost, or a list that several threads
ask.` + aboutLevel,
		Item: "batch calls, or pairs of them",
		Params: []Param{
			oneOf("call", "wait: ask for events; ctl: take a descriptor off the list and put it on again", "wait", "ctl"),
			{Name: "fds", Type: "int", Default: "128", Min: 1, Max: 16384, Doc: "descriptors watched"},
			oneOf("ready", "how many of them are readable", "one", "none", "all"),
			levelParam("raw", "go"), batchParam("256"),
		},
		ItemOps: batchOps,
		New:     newEpoll,
	}
}

type epoll struct {
	count, ready int
	fd           int // of the epoll; negative: none
	fds          []int
	events       []unix.EpollEvent
}

func newEpoll(ps Params, env Env) (Kernel, error) {
	fds := ps.Int("fds")
	if err := needFiles(int64(env.Slots) * (fds + 1)); err != nil {
		return nil, err
	}
	e := epoll{fd: -1, count: int(fds), ready: map[string]int{"none": 0, "one": 1, "all": int(fds)}[ps.String("ready")]}
	loop := map[string]sysLoop[*epoll]{
		"wait raw": (*epoll).waitRaw, "wait go": (*epoll).waitGo,
		"ctl raw": (*epoll).ctlRaw, "ctl go": (*epoll).ctlGo,
	}
	return newBatches(env, batchOps(ps), e, loop[ps.String("call")+" "+ps.String("level")]), nil
}

func (e *epoll) open(Env, int) (err error) {
	e.events = apart[unix.EpollEvent](e.count)
	if e.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("make an epoll descriptor: %w", err)
	}
	for i := range e.count {
		value := uint(0)
		if i < e.ready {
			value = 1
		}
		fd, err := unix.Eventfd(value, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			return fmt.Errorf("make an eventfd to watch: %w", err)
		}
		e.fds = append(e.fds, fd)
		if err := unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, watch(fd)); err != nil {
			return fmt.Errorf("watch an eventfd: %w: fs.epoll.max_user_watches limits how many", err)
		}
	}
	return nil
}

func watch(fd int) *unix.EpollEvent { return &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)} }

func (e *epoll) close() error {
	var faults []error
	if e.fd >= 0 {
		faults = append(faults, unix.Close(e.fd))
	}
	for _, fd := range e.fds {
		faults = append(faults, unix.Close(fd))
	}
	e.fd, e.fds = -1, nil
	return errors.Join(faults...)
}

func (e *epoll) waitRaw(n int64) (done int64, err error) {
	events, size := uintptr(unsafe.Pointer(&e.events[0])), uintptr(len(e.events))
	for ; done < n; done++ {
		ready, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(e.fd), events, size, 0, 0, 0)
		if errno != 0 || int(ready) != e.ready {
			return done, unexpected("epoll_pwait", int64(ready), int64(e.ready), errno)
		}
	}
	return done, nil
}

func (e *epoll) waitGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if ready, err := unix.EpollWait(e.fd, e.events, 0); err != nil || ready != e.ready {
			return done, unexpected("epoll_wait", int64(ready), int64(e.ready), err)
		}
	}
	return done, nil
}

func (e *epoll) ctlRaw(n int64) (done int64, err error) {
	fd := e.fds[0]
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(e.fd), unix.EPOLL_CTL_DEL, uintptr(fd), 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("epoll_ctl, del: %w", errno)
		}
		if _, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(e.fd), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0); errno != 0 {
			return done, fmt.Errorf("epoll_ctl, add: %w", errno)
		}
	}
	return done, nil
}

func (e *epoll) ctlGo(n int64) (done int64, err error) {
	fd := e.fds[0]
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	for ; done < n; done++ {
		if err := unix.EpollCtl(e.fd, unix.EPOLL_CTL_DEL, fd, nil); err != nil {
			return done, fmt.Errorf("epoll_ctl, del: %w", err)
		}
		if err := unix.EpollCtl(e.fd, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			return done, fmt.Errorf("epoll_ctl, add: %w", err)
		}
	}
	return done, nil
}
