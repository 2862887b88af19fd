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

// next returns the time of the next arrival in nanoseconds since the start.
func (a *arrivals) next() int64 {
	a.at += a.random.ExpFloat64() * a.mean
	return int64(a.at)
}
