package load

import "math/rand/v2"

// arrivals are the scheduled times of a Poisson process: the gaps between them are independent
// and exponential, as those of requests from many people who know nothing of each other. A
// rate scales the gaps of its seed, so that two rates differ in nothing else.
type arrivals struct {
	random *rand.Rand
	mean   float64 // of a gap, ns
	at     float64 // of the last one, ns since the start
}

func newArrivals(seed uint64, rate float64) *arrivals {
	return &arrivals{random: rand.New(rand.NewPCG(seed, 0)), mean: 1e9 / rate}
}

// DueSince counts the requests that were due within an open loop's window from a time on, by CLOCK_MONOTONIC.
func (p Plan) DueSince(r Result, from int64) int64 {
	start := r.FromNS - int64(p.Warmup)
	return p.due(max(from, r.FromNS)-start, r.ToNS-start)
}

// Scheduled counts the requests of an open loop: those of the warm-up, and all.
func (p Plan) Scheduled() (warmup, all int64) {
	return p.due(0, int64(p.Warmup)), p.due(0, int64(p.Warmup+p.Duration))
}

// due counts the scheduled requests from one time to another, in nanoseconds since the start.
func (p Plan) due(from, to int64) (n int64) {
	for a := newArrivals(p.Seed, p.Rate); ; {
		switch at := a.next(); {
		case at >= to:
			return n
		case at >= from:
			n++
		}
	}
}

// next returns the time of the next arrival in nanoseconds since the start.
func (a *arrivals) next() int64 {
	a.at += a.random.ExpFloat64() * a.mean
	return int64(a.at)
}
