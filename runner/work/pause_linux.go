package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pause lets a worker wait on a descriptor that becomes readable after a while,
// as the reply of another machine does. A timer of Go's runtime would not do:
// its poller sleeps in whole milliseconds, and many timers in one process then
// fire up to a millisecond later than one timer in each of many processes.
type pause struct {
	file *os.File // a timerfd
	fd   int      // file.Fd would make it block
	done <-chan struct{}
	stop func() bool

	expired [8]byte // what a timerfd gives to read
}

func newPause() (*pause, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a timer to wait on: %w", err)
	}
	return &pause{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}, nil
}

// sleep waits for d, which must be positive, or for the end of ctx.
func (p *pause) sleep(ctx context.Context, d time.Duration) error {
	p.follow(ctx)
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if err := unix.TimerfdSettime(p.fd, 0, &spec, nil); err != nil {
		return fmt.Errorf("set the timer to wait on: %w", err)
	}
	_, err := p.file.Read(p.expired[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}

// follow makes the end of ctx end the waits. A worker's items share one
// context, so this registers once and not for every item.
func (p *pause) follow(ctx context.Context) {
	if p.done == ctx.Done() {
		return
	}
	if p.stop != nil {
		p.stop()
		_ = p.file.SetReadDeadline(time.Time{}) // a timerfd has deadlines
	}
	p.done = ctx.Done()
	p.stop = context.AfterFunc(ctx, func() { _ = p.file.SetReadDeadline(time.Unix(1, 0)) })
}

func (p *pause) close() error {
	if p.stop != nil {
		p.stop()
	}
	return p.file.Close()
}
