package work

// schedule is when the ticks of an event loop are due: tick k, from 1, at k / rate seconds
// after the gate, whatever became of those before it. Times are nanoseconds of one clock.
type schedule struct {
	gate, rate int64
}

func (s schedule) due(k int64) int64 { return s.gate + k*1e9/s.rate }

// count is how many ticks are due by then: due(count) <= end < due(count+1).
func (s schedule) count(end int64) int64 {
	if end < s.gate {
		return 0
	}
	return ((end-s.gate+1)*s.rate - 1) / 1e9
}

// Ticks later than these are told as shares: a frame of a screen that shows 60 a second,
// and what a user takes as instantaneous (Miller 1968, Nielsen 1993).
const (
	lateFrameNS   = 16_666_667
	lateInstantNS = 100_000_000
)

// lateness is what became of the ticks of one iteration or of several.
type lateness struct {
	late          *Histogram
	ticks, missed int64 // all that were due; those of them whose handler had not begun by the end
	frame, tenth  int64 // those later than a frame, and than a tenth of a second
}

func newLateness() *lateness { return &lateness{late: NewHistogram()} }

// add books every tick that was due by end, given when the handlers of the first of them
// began: a tick that waited for others is as late as it came, and one that never came is
// late by how long it has waited. A handler that began after the end counts as never.
func (l *lateness) add(s schedule, starts []int64, end int64) {
	for k := int64(1); k <= s.count(end); k++ {
		start := end
		if k <= int64(len(starts)) && starts[k-1] <= end {
			start = starts[k-1]
		} else {
			l.missed++
		}
		l.record(start - s.due(k))
	}
}

func (l *lateness) record(ns int64) {
	l.ticks++
	if ns > lateFrameNS {
		l.frame++
	}
	if ns > lateInstantNS {
		l.tenth++
	}
	l.late.record(ns)
}

// take returns what was booked since it was last asked. Shares are counts until all of a trial
// are added up.
func (l *lateness) take() Readings {
	r := Readings{
		Values: map[string]float64{"ticks": float64(l.ticks), "missed_ticks": float64(l.missed),
			"late_16ms_share": float64(l.frame), "late_100ms_share": float64(l.tenth)},
		Hists: map[string]*Histogram{"lateness_s": l.late},
	}
	*l = *newLateness()
	return r
}
