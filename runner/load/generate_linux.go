package load

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// generate does what a plan asks for in this process.
func generate(p Plan) (Result, error) {
	runtime.LockOSThread()
	l, err := newLoop(p)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	if err := l.poller.watch(0, fromRunner, 0, unix.EPOLLIN); err != nil {
		return Result{}, fmt.Errorf("watch stdin, which must be a pipe: %w", err)
	}
	if err := l.connect(); err != nil {
		return Result{}, err
	}
	switch p.Mode {
	case Closed:
		return l.run(nil)
	case Open:
		return l.run(newArrivals(p.Seed, p.Rate))
	}
	return search(p, func(rate float64) (Result, error) {
		return l.run(newArrivals(p.Seed, rate))
	})
}

// openAtOnce is fewer connections than any server lets wait.
const openAtOnce = 64

// connect opens all connections, before any request is sent.
func (l *loop) connect() error {
	limit := now() + int64(openPatience)
	for begun, pending := 0, 0; l.free.n < len(l.conns); {
		for ; begun < len(l.conns) && pending < openAtOnce; begun++ {
			if err := l.open(&l.conns[begun]); err != nil {
				return l.unopened(err)
			}
			pending++
		}
		events, err := l.poller.wait(limit, false)
		if err != nil {
			return err
		}
		before := l.free.n
		if err := l.welcome(events); err != nil {
			return err
		}
		pending -= l.free.n - before
		if now() >= limit {
			return l.unopened(fmt.Errorf("no more came within %v", openPatience))
		}
	}
	return nil
}

// welcome makes the connections free that have been opened.
func (l *loop) welcome(events []unix.EpollEvent) error {
	for _, e := range events {
		if e.Fd == fromRunner && gone() {
			return errRunnerGone
		}
		if e.Fd < 0 || l.conns[e.Fd].state != opening {
			continue
		}
		c := &l.conns[e.Fd]
		if err := socketError(c.fd); err != nil {
			return l.unopened(err)
		}
		if e.Events&ended != 0 {
			c.shut()
		}
		c.state, c.freeAt = idle, now()
		l.free.push(c)
	}
	return nil
}

func (l *loop) unopened(err error) error {
	if errors.Is(err, unix.ECONNREFUSED) {
		err = fmt.Errorf("%w: no server listens there", err)
	}
	return fmt.Errorf("open connection %d of %d to %s: %w", l.free.n+1, len(l.conns), l.plan.Addr, err)
}

// socketError takes the error that a socket has met.
func socketError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return err
}
