package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// loop is an event loop on one thread: it holds all connections, sends when a request is due
// and reads when an answer comes. It blocks nowhere but in poll.
type loop struct {
	plan     Plan
	addr     unix.SockaddrInet4
	begin    template // of a request
	expect   template // of its answer's body
	poller   poller
	conns    []conn
	free     queue[*conn]   // in the order in which they became free
	resting  queue[*conn]   // after an error: in a closed loop, or with a request that is sent again
	waiting  queue[request] // due, but no connection was free
	busy     int            // connections with a request on its way
	schedule *arrivals      // nil in a closed loop
	next     request        // of the schedule
	number   int64          // of the next request
	start    int64          // of the schedule
	window   *window        // of what is being measured
	swept    int64          // when requests were last looked through for those that take too long
	out      []byte         // a request under construction
	in       []byte         // what has just been read
	begun    *reading       // at the window's start
	ended    *reading       // at its end
}

// request is one that is due, or on its way.
type request struct {
	number int64
	due    int64 // ns of [now]; in a closed loop when it is sent
}

func newLoop(p Plan) (*loop, error) {
	ip, port, _ := parseAddr(p.Addr) // which Check has looked at
	l := &loop{plan: p, addr: unix.SockaddrInet4{Port: int(port), Addr: ip}, in: make([]byte, 256<<10)}
	l.begin = newTemplate("GET " + p.Path + " HTTP/1.1\r\nHost: " + p.Addr + "\r\n\r\n")
	if p.Expect != "" {
		l.expect = newTemplate(p.Expect)
	}
	if err := l.poller.open(); err != nil {
		return nil, work.Shortage(fmt.Errorf("set the event loop up: %w", err))
	}
	l.conns = make([]conn, p.Connections)
	for i := range l.conns {
		l.conns[i] = conn{index: int32(i), fd: -1}
	}
	return l, nil
}

// close closes all connections.
func (l *loop) close() {
	for i := range l.conns {
		l.conns[i].shut()
	}
	l.poller.close()
}

// run sends requests for a warm-up and a window: on the schedule, or without one in a
// closed loop. It returns when all of them are answered, or have taken too long.
func (l *loop) run(schedule *arrivals) (Result, error) {
	l.schedule, l.start = schedule, now()
	l.window = newWindow(l.plan, schedule != nil, l.start)
	l.begun, l.ended = nil, nil
	if schedule != nil {
		l.draw()
	}
	for {
		t := now()
		l.mark(t)
		l.sweep(t)
		l.dispatch()
		if l.over(t) {
			break
		}
		if err := l.turn(); err != nil {
			return Result{}, err
		}
	}
	l.settle()
	return l.window.result(), nil
}

// over tells whether nothing is left to wait for.
func (l *loop) over(t int64) bool {
	return t >= l.window.to && l.ended != nil && l.busy == 0 && l.waiting.n == 0
}

var errRunnerGone = errors.New("the runner is gone")

// turn waits for events, or the time of the next thing to do, and handles them.
func (l *loop) turn() error {
	t := l.wake()
	events, err := l.poller.wait(t, l.plan.Spin && l.schedule != nil && t == l.next.due)
	if err != nil {
		return err
	}
	for _, e := range events {
		switch {
		case e.Fd == fromRunner:
			if gone() {
				return errRunnerGone
			}
		case e.Fd >= 0:
			if c := &l.conns[e.Fd]; c.life == e.Pad && c.fd >= 0 {
				l.handle(c, e.Events)
			}
			l.dispatch() // what has become due in between must not wait for the other events
		}
	}
	return nil
}

// wake returns when there is something to do that no event tells.
func (l *loop) wake() int64 {
	if l.waiting.n > 0 && l.free.n > 0 {
		return 0
	}
	t := l.swept + l.sweepEvery()
	if l.begun == nil {
		t = min(t, l.window.from)
	}
	if l.ended == nil {
		t = min(t, l.window.to)
	}
	if l.schedule != nil && l.next.due < l.window.to {
		t = min(t, l.next.due)
	}
	if l.resting.n > 0 {
		t = min(t, (*l.resting.at(0)).freeAt)
	}
	return t
}

// mark reads the clocks at both ends of the window.
func (l *loop) mark(t int64) {
	if l.begun == nil && t >= l.window.from {
		l.begun = l.poller.reading(t)
	}
	if l.ended == nil && t >= l.window.to {
		l.ended = l.poller.reading(t)
		l.window.used(*l.begun, *l.ended)
	}
}

// mostFailures bounds the sends that fail at once before events are looked at again.
const mostFailures = 64

// dispatch gives every request that is due to a free connection, or lets it wait.
func (l *loop) dispatch() {
	t := now()
	for l.resting.n > 0 && (*l.resting.at(0)).freeAt <= t {
		l.wakeUp(l.resting.pop())
	}
	if l.schedule == nil {
		for l.free.n > 0 && t < l.window.to {
			l.send(l.free.pop(), l.fresh(t))
		}
		return
	}
	for failures := 0; l.waiting.n > 0 && l.free.n > 0 && failures < mostFailures; {
		if r, ok := l.oldest(t); ok && !l.send(l.free.pop(), r) {
			failures++
		}
	}
	for l.next.due <= t && l.next.due < l.window.to {
		l.arrive()
		l.draw()
		t = now()
	}
}

// arrive takes the request that is due now.
func (l *loop) arrive() {
	r := l.next
	l.window.due(r.due)
	if l.free.n == 0 || l.waiting.n > 0 {
		l.window.waits(r.due)
		l.waiting.push(r)
		return
	}
	c := l.free.pop()
	if c.freeAt > r.due { // it has become free since
		l.window.waits(r.due)
	} else {
		l.window.late(r.due, now())
	}
	l.send(c, r)
}

// draw takes the next request from the schedule.
func (l *loop) draw() {
	l.next = l.fresh(l.start + l.schedule.next())
}

// fresh makes a request that is due at t.
func (l *loop) fresh(t int64) request {
	l.number++
	return request{l.number - 1, t}
}

// oldest takes the request that has waited longest. Those that have for too long are errors.
func (l *loop) oldest(t int64) (r request, ok bool) {
	for l.waiting.n > 0 {
		if r = l.waiting.pop(); t-r.due <= int64(l.plan.Timeout) {
			return r, true
		}
		l.giveUp(r)
	}
	return r, false
}

// giveUp counts a request that was never sent.
func (l *loop) giveUp(r request) {
	l.fail(&l.window.seen.Errors.TimedOut, r, "no connection was free for it within %v", l.plan.Timeout)
}

// fail counts a request that got no right answer.
func (l *loop) fail(cause *int64, r request, format string, args ...any) {
	*cause++
	if l.plan.Trace {
		l.window.seen.Lost = append(l.window.seen.Lost, r.due+l.window.shift)
	}
	if e := &l.window.seen.Errors; e.First == "" {
		e.First = fmt.Sprintf("request %d: ", r.number) + fmt.Sprintf(format, args...)
	}
}

// sweepEvery is how long a request may take longer than its timeout.
func (l *loop) sweepEvery() int64 {
	return int64(min(10*time.Millisecond, max(l.plan.Timeout/8, time.Millisecond)))
}

// sweep ends requests that take too long; all of them once the loop has been over for as
// long as one may take.
func (l *loop) sweep(t int64) {
	if t < l.swept+l.sweepEvery() {
		return
	}
	l.swept = t
	late := t > l.window.to+int64(l.plan.Timeout)
	for i := range l.conns {
		if c := &l.conns[i]; c.state >= opening && (late || t-c.sent > int64(l.plan.Timeout)) {
			l.lose(c, &l.window.seen.Errors.TimedOut, "no answer within %v", l.plan.Timeout)
		}
	}
	for l.waiting.n > 0 && (late || t-l.waiting.at(0).due > int64(l.plan.Timeout)) {
		l.giveUp(l.waiting.pop())
	}
}

// settle gives connections that rest back, for the next run.
func (l *loop) settle() {
	for l.resting.n > 0 {
		l.free.push(l.resting.pop())
	}
}
