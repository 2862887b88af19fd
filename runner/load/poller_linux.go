package load

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What events of no connection carry in place of its number.
const (
	fromRunner = -1 - iota // the runner's end of stdin
	fromTimer
)

// spinStretch is how long before a send a generator with a CPU of its own stays awake: longer than
// most machines take to wake up, a virtual one included.
const spinStretch = 100 * time.Microsecond

// poller waits for events or a time. Its timer is a timerfd, whose expiry the kernel does not
// put off to let several fall together, as it does with the timeout of epoll_wait: 50 us.
type poller struct {
	epoll  int
	timer  int
	armed  int64 // what the timer was last set to
	spun   int64 // ns spent awake for nothing
	events [256]unix.EpollEvent
}

func (p *poller) open() (err error) {
	p.epoll, p.timer = -1, -1
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return errors.Join(fmt.Errorf("timerfd_create: %w", err), unix.Close(p.epoll))
	}
	return p.watch(p.timer, fromTimer, 0, unix.EPOLLIN|unix.EPOLLET)
}

// watch adds a descriptor. Its events carry number and life in Fd and Pad.
func (p *poller) watch(fd int, number, life int32, events uint32) error {
	return unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: number, Pad: life})
}

// wait returns the events that are there, or come before until. With spin it stays awake for the last
// stretch, and returns now and then without an event.
func (p *poller) wait(until int64, spin bool) ([]unix.EpollEvent, error) {
	begin := now()
	left := until - begin
	if left <= 0 {
		return p.poll(0)
	}
	if spin {
		if left -= int64(spinStretch); left <= 0 {
			events, err := p.poll(0)
			if len(events) == 0 {
				p.spun += now() - begin
			}
			return events, err
		}
	}
	if until != p.armed {
		if err := unix.TimerfdSettime(p.timer, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(left)}, nil); err != nil {
			return nil, fmt.Errorf("timerfd_settime: %w", err)
		}
		p.armed = until
	}
	return p.poll(-1)
}

// poll goes past Go's scheduler. Told of a call that blocks, the runtime takes the processor (P) away
// after 20 us, which is the work of a thread that is woken up at each return: on the
// generator's one CPU it took a third of all that was used, and made answers wait for it.
func (p *poller) poll(timeout int) ([]unix.EpollEvent, error) {
	n, _, code := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(timeout), 0, 0)
	switch code {
	case 0:
		return p.events[:n], nil
	case unix.EINTR: // a signal of Go's runtime to itself
		return nil, nil
	}
	return nil, fmt.Errorf("epoll_pwait: %w", code)
}

// reading returns what this process has used.
func (p *poller) reading(t int64) *reading {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts) // every Linux has it
	return &reading{at: t, cpu: ts.Nano(), spun: p.spun, delay: runDelay()}
}

// runDelay is how long this thread has waited for a CPU, in nanoseconds; 0 where the kernel
// does not count it.
func runDelay() int64 {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	words := strings.Fields(string(text))
	if err != nil || len(words) < 2 {
		return 0
	}
	ns, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return 0
	}
	return ns
}

func (p *poller) close() {
	_ = unix.Close(p.timer)
	_ = unix.Close(p.epoll)
}

// gone tells whether the runner has closed its end of stdin, or is no more.
func gone() bool {
	var b [64]byte
	n, err := read(0, b[:])
	return err == nil && n == 0
}
