package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// What a connection is doing.
const (
	idle    = iota // nothing; it may be closed
	opening        // being opened for its request
	asking         // its request is on its way
)

// conn is one of the plan's connections, which is opened anew when it is lost.
type conn struct {
	index  int32
	fd     int   // -1: closed
	life   int32 // counts how often it was opened: events of an earlier life are stale
	state  int
	again  bool // it rests, and sends its request again then
	req    request
	sent   int64  // ns of [now]: when the request was sent, or began to wait for the opening
	freeAt int64  // ns of [now]: since when it is idle, or how long it rests
	rest   []byte // of the request, where the system did not take all of it
	want   []byte // room for the body that must come
	answer answer
}

// shut closes the socket.
func (c *conn) shut() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd) // nothing is buffered here
		c.fd = -1
	}
}

// send sends a request on an idle connection, which is opened before if it must be. It
// tells whether the request is on its way: otherwise it has been counted as an error.
func (l *loop) send(c *conn, r request) bool {
	c.req, c.sent = r, now()
	if l.schedule == nil {
		c.req.due = c.sent
	}
	l.busy++
	return l.begins(c)
}

// begins sends the request of a connection, on which it may have failed before.
func (l *loop) begins(c *conn) bool {
	if c.fd >= 0 {
		return l.ask(c)
	}
	l.window.seen.Reopened++
	if err := l.open(c); err != nil {
		l.lose(c, &l.window.seen.Errors.Refused, "open a connection to %s: %v", l.plan.Addr, err)
		return false
	}
	return true
}

// wakeUp ends a connection's rest.
func (l *loop) wakeUp(c *conn) {
	if !c.again {
		l.free.push(c)
		return
	}
	c.again, c.sent = false, now()
	l.begins(c)
}

// open begins to open a connection.
func (l *loop) open(c *conn) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return shortOfConnections(err)
	}
	c.fd, c.state = fd, opening
	c.life++
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // a request is one write: it never waits for another
	if err := l.poller.watch(fd, c.index, c.life, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET); err != nil {
		return err
	}
	if err := unix.Connect(fd, &l.addr); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return shortOfConnections(err)
	}
	return nil
}

// shortOfConnections names the limit that forbids more connections, where one does.
func shortOfConnections(err error) error {
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		return work.Unavailable{Reason: fmt.Sprintf("%v: all local ports are taken, also by connections that ended within the last minute: net.ipv4.ip_local_port_range holds too few (raise it with sysctl), or ask for fewer connections", err)}
	}
	return work.Shortage(err)
}

// ask writes the request.
func (l *loop) ask(c *conn) bool {
	c.state = asking
	c.answer.begin()
	if l.expect != nil {
		c.want = l.expect.append(c.want[:0], c.req.number)
		c.answer.must(c.want)
	}
	l.out = l.begin.append(l.out[:0], c.req.number)
	n, err := write(c.fd, l.out)
	if err != nil {
		l.lose(c, &l.window.seen.Errors.Cut, "send it: %v", err)
		return false
	}
	c.rest = append(c.rest[:0], l.out[n:]...)
	return true
}

// ended are the events that say that a server will send no more.
const ended = unix.EPOLLHUP | unix.EPOLLRDHUP | unix.EPOLLERR

// handle does what events of a connection ask for.
func (l *loop) handle(c *conn, events uint32) {
	switch c.state {
	case idle:
		if events&(unix.EPOLLIN|ended) != 0 { // the server has closed it, or says what nobody asked for
			c.shut()
		}
	case opening:
		l.opened(c, events)
	case asking:
		if events&unix.EPOLLOUT != 0 && len(c.rest) > 0 {
			n, err := write(c.fd, c.rest)
			if err != nil {
				l.lose(c, &l.window.seen.Errors.Cut, "send it: %v", err)
				return
			}
			c.rest = append(c.rest[:0], c.rest[n:]...)
		}
		if events&(unix.EPOLLIN|ended) != 0 {
			l.hear(c, events&ended != 0)
		}
	}
}

// opened sends the request on a connection that is open now.
func (l *loop) opened(c *conn, events uint32) {
	if err := socketError(c.fd); err != nil {
		l.lose(c, &l.window.seen.Errors.Refused, "open a connection to %s: %v", l.plan.Addr, err)
		return
	}
	if events&unix.EPOLLOUT != 0 && l.ask(c) && events&ended != 0 {
		l.hear(c, true)
	}
}

// hear reads what has come of an answer. last says that the server will send no more.
func (l *loop) hear(c *conn, last bool) {
	for {
		n, err := read(c.fd, l.in)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case err != nil:
			l.lose(c, &l.window.seen.Errors.Cut, "read its answer: %v", err)
			return
		case n == 0:
			l.lose(c, &l.window.seen.Errors.Cut, "the server closed the connection %s", c.answer.progress())
			return
		}
		done, err := c.answer.take(l.in[:n])
		if err != nil {
			l.lose(c, &l.window.seen.Errors.Garbled, "what came is no HTTP answer that this client reads: %v", err)
			return
		}
		if done {
			l.complete(c, last)
			return
		}
		if n < len(l.in) && !last {
			return // all that there is: the next bytes are a new event
		}
	}
}

// complete counts a whole answer and makes the connection free.
func (l *loop) complete(c *conn, last bool) {
	t, e := now(), &l.window.seen.Errors
	switch fault := c.answer.fault(); {
	case c.answer.status != 200:
		l.fail(&e.Status, c.req, "the server answered with status %d", c.answer.status)
	case fault != "":
		l.fail(&e.Wrong, c.req, "%s", fault)
	default:
		l.window.answered(c.req.due, c.sent, t)
	}
	if c.answer.close || last {
		c.shut()
	}
	l.busy--
	c.state, c.freeAt = idle, t
	l.free.push(c)
}

// restAfterError keeps a closed loop from asking a dead server as fast as it can.
const restAfterError = 10 * time.Millisecond

// retryEvery is how long a request rests that is to be sent again.
const retryEvery = time.Millisecond

// lose counts an error and closes the connection, which is opened anew for its next request, or for the same.
func (l *loop) lose(c *conn, cause *int64, format string, args ...any) {
	c.shut()
	c.state, c.freeAt = idle, now()
	if l.plan.Retry && c.freeAt-c.req.due < int64(l.plan.Timeout) {
		l.window.seen.Resent++
		c.again = true
		c.freeAt += int64(retryEvery)
		l.resting.push(c)
		return
	}
	l.fail(cause, c.req, format, args...)
	l.busy--
	if l.schedule != nil { // which sets the pace
		l.free.push(c)
		return
	}
	c.freeAt += int64(restAfterError)
	l.resting.push(c)
}

// write writes what the system takes at once.
func write(fd int, b []byte) (int, error) {
	for {
		n, err := unix.Write(fd, b)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		default:
			return n, err
		}
	}
}

// read reads what is there. unix.EAGAIN: nothing yet.
func read(fd int, b []byte) (int, error) {
	for {
		if n, err := unix.Read(fd, b); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
