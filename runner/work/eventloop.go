package work

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// EventLoop is the loop of a user interface: ticks on an absolute schedule, each handled by some
// processor time. It counts how late the handlers begin.
//
// It has a thread of its own and sleeps in the kernel, as loops of user interfaces do. In Go
// such a thread needs one of GOMAXPROCS processors when the kernel wakes it, and waits for
// its turn where goroutines hold all of them: that wait is part of what is measured. A
// loop in line has no thread: the worker itself turns it between items.
type EventLoop struct {
	schedule
	handler time.Duration
	now     func() int64
	alarm   *alarm // nil in line
	spins   waiter
	starts  []int64 // of the handlers, in the iteration at hand
	over    atomic.Bool
	leaving atomic.Bool
	said    chan error // by the loop's thread: it waits for the gate
	booked  *lateness
}

// roomForStarts is 18 minutes at 60 ticks a second, or a minute at the highest rate: only after that
// more is allocated. No page of it is touched before it is needed.
const roomForStarts = 1 << 16

// NewEventLoop makes the event loop of a probe's checked parameters. now is CLOCK_MONOTONIC in
// nanoseconds.
func NewEventLoop(ps Params, inLine bool, now func() int64) (_ *EventLoop, err error) {
	l := &EventLoop{schedule: schedule{rate: ps.Int("probe_rate")}, handler: ps.Duration("probe_handler"), now: now,
		starts: make([]int64, 0, roomForStarts), said: make(chan error, 1), booked: newLateness()}
	if err = l.spins.burn(1); err != nil { // its code is in memory before the gate
		return nil, fmt.Errorf("probe: %w", err)
	}
	if !inLine {
		if l.alarm, err = newAlarm(); err != nil {
			return nil, fmt.Errorf("probe: %w", Shortage(err))
		}
	}
	return l, nil
}

// Start gives the loop its thread and returns once that sleeps, or is about to.
func (l *EventLoop) Start() error {
	go l.run()
	return <-l.said
}

// run is the life of the thread. It says that it waits for the gate when it does, and an
// error as its last word.
func (l *EventLoop) run() {
	runtime.LockOSThread()
	l.said <- nil
	for {
		rung, err := l.alarm.wait()
		switch {
		case err != nil:
		case l.leaving.Load():
			return
		case rung:
			if err = l.alarm.set(0); err == nil {
				l.said <- nil
			}
		default:
			err = l.nextTick()
		}
		if err != nil {
			l.said <- fmt.Errorf("probe: %w", err)
			return
		}
	}
}

func (l *EventLoop) nextTick() error {
	next, err := l.Turn()
	if err != nil || l.over.Load() {
		return err
	}
	return l.alarm.set(next)
}

// Turn handles the ticks that are due now, in order, and returns when the next one is, which may be
// past: those that come due meanwhile are for the next turn, so that a loop that falls behind
// still gets to its work. A worker calls it for a loop in line.
func (l *EventLoop) Turn() (next int64, err error) {
	start := l.now()
	for n := l.count(start); int64(len(l.starts)) < n && !l.over.Load() && err == nil; start = l.now() {
		l.starts = append(l.starts, start)
		err = l.spins.burn(l.handler)
	}
	return l.due(int64(len(l.starts)) + 1), err
}

// Begin starts an iteration: the first tick is due one period after the gate.
func (l *EventLoop) Begin(gate int64) error {
	l.gate, l.starts = gate, l.starts[:0]
	l.over.Store(false) // after these: the loop's thread looks here first
	if l.alarm == nil {
		return nil
	}
	return l.alarm.set(l.due(1))
}

// End ends an iteration, after the last worker has finished at end, and books its ticks.
func (l *EventLoop) End(end int64) error {
	l.over.Store(true)
	if l.alarm != nil {
		if err := l.alarm.ring(); err != nil {
			return err
		}
		if err := <-l.said; err != nil {
			return err
		}
	}
	l.booked.add(l.schedule, l.starts, end)
	return nil
}

// Measure returns what became of the ticks since it was last called.
func (l *EventLoop) Measure() Readings { return l.booked.take() }

// Leave ends the thread. What it waits on is given back by the end of the process.
func (l *EventLoop) Leave() error {
	l.leaving.Store(true)
	if l.alarm == nil {
		return nil
	}
	return l.alarm.ring()
}
