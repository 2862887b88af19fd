package metrics

// schedule is the sampler's fixed clock: tick k is due at start + k*every
// nanoseconds, however long the ticks before it took.
type schedule struct{ start, every int64 }

func (s schedule) due(k int64) int64 { return s.start + k*s.every }

// after returns the tick that follows k when k was over at now, and how many
// were missed: a missed tick is skipped, for two readings in a row would say
// nothing new and cost the trial twice.
func (s schedule) after(k, now int64) (next, missed int64) {
	next = k + 1
	if now > s.due(next) {
		next = (now - s.start + s.every - 1) / s.every
	}
	return next, next - (k + 1)
}

// late reports whether a tick that begins at now is nearer to the next one.
func (s schedule) late(k, now int64) bool { return now-s.due(k) > s.every/2 }
