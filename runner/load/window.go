package load

import (
	"time"

	"forklore/runner/work"
)

// window tallies the requests of one loop. Times are nanoseconds of [now].
type window struct {
	from, to int64 // what is measured
	open     bool
	seen     Result // without what is known at the end alone
	offered  int64  // requests of the window
	inTime   int64  // right answers that came within it
	last     int64  // when the last one of these came
	shift    int64  // from [now] to CLOCK_MONOTONIC
}

func newWindow(p Plan, open bool, start int64) *window {
	w := &window{from: start + int64(p.Warmup), open: open}
	w.to, w.last = w.from+int64(p.Duration), w.from
	w.shift = monotonic() - now()
	w.seen.FromNS, w.seen.ToNS = w.from+w.shift, w.to+w.shift
	w.seen.Latency, w.seen.Service, w.seen.SendLateness = work.NewHistogram(), work.NewHistogram(), work.NewHistogram()
	return w
}

// holds tells whether a time is part of what is measured.
func (w *window) holds(t int64) bool { return t >= w.from && t < w.to }

// due counts a request of an open loop at its scheduled time.
func (w *window) due(t int64) {
	if w.holds(t) {
		w.offered++
	}
}

// waits counts a request that was due at t, when no connection was free.
func (w *window) waits(t int64) {
	if w.holds(t) {
		w.seen.Waited++
	}
}

// late counts how late a request was sent for which a connection was free.
func (w *window) late(due, sent int64) {
	if w.open && w.holds(due) {
		w.seen.SendLateness.Record(time.Duration(sent - due))
	}
}

// answered counts a right answer.
func (w *window) answered(due, sent, at int64) {
	w.seen.Done++
	if w.holds(at) {
		w.inTime++
		w.gap(at)
	}
	mine := at
	if w.open {
		mine = due
	}
	if w.holds(mine) {
		w.seen.Measured++
		w.seen.Latency.Record(time.Duration(at - due))
		w.seen.Service.Record(time.Duration(at - sent))
	}
}

// gap ends a time without a right answer.
func (w *window) gap(at int64) {
	w.seen.LongestGap = max(w.seen.LongestGap, time.Duration(at-w.last))
	w.last = at
}

// used tells what the generator used between two readings of its clocks.
func (w *window) used(begun, ended reading) {
	w.seen.CPUS = time.Duration(ended.cpu - begun.cpu).Seconds()
	w.seen.SpunS = time.Duration(ended.spun - begun.spun).Seconds()
	w.seen.DelayS = time.Duration(ended.delay - begun.delay).Seconds()
	w.seen.WallS = time.Duration(ended.at - begun.at).Seconds()
}

// reading is what the generator has used up to a time, in nanoseconds.
type reading struct{ at, cpu, spun, delay int64 }

// result works the rates out and looks whether they are the server's.
func (w *window) result() Result {
	w.gap(w.to)
	r := w.seen
	r.Achieved = float64(w.inTime) / time.Duration(w.to-w.from).Seconds()
	r.Offered = r.Achieved
	if w.open {
		r.Offered = float64(w.offered) / time.Duration(w.to-w.from).Seconds()
	}
	r.Saturated = saturation(r, w.open)
	return r
}
