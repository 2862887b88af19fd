package work

import "time"

// callSampler times some of a worker's acquisitions. To time all of them would cost
// more than many a lock. The distances between two are random, so that no rhythm of
// the workers hides from it. The clock is read once before and once after the acquisition,
// the second time within the critical section; what has been read is
// recorded at the next sample, outside.
type callSampler struct {
	left    int64 // acquisitions up to the next timed one; not above 0: none is timed
	every   uint64
	random  uint64
	took    time.Duration
	pending bool
	hist    [2]*Histogram // the host may still read what it was given when the next iteration begins
	used    [2]bool
	current int
}

// sampleParam and acquireMeasure are how a workload offers a sampler.
var sampleParam = Param{Name: "sample", Type: "int", Default: "64", Min: 0, Max: 1e6,
	Doc: "one acquisition in so many, on average, is timed; 0: none"}

var acquireMeasure = Measure{Name: "acquire_s", Title: "wait for the lock", Unit: "s", Less: true, Hist: true,
	Doc: "from asking for the lock to having it, and a look at the clock of some 30 ns; of one acquisition in so many as the parameter sample says"}

// newCallSampler returns the sampler of the worker of that rank.
func newCallSampler(every int64, rank int) callSampler {
	s := callSampler{every: uint64(every), random: scramble(uint64(rank))}
	if every > 0 {
		s.hist = [2]*Histogram{NewHistogram(), NewHistogram()}
		s.next()
	}
	return s
}

// newCallSamplers returns a sampler for each worker of a process.
func newCallSamplers(ps Params, env Env) slots[callSampler] {
	s := newSlots[callSampler](env)
	for slot := range s {
		*s.of(slot) = newCallSampler(ps.Int("sample"), env.Rank+slot)
	}
	return s
}

// next draws the distance to the next sample: from 1 to 2*every-1, every on average.
func (s *callSampler) next() {
	s.random = scramble(s.random)
	s.left = 1 + int64(s.random%(2*s.every-1))
}

// due is asked before each acquisition.
func (s *callSampler) due() bool {
	s.left--
	return s.left == 0
}

func (s *callSampler) begin() time.Time {
	s.record()
	s.next()
	return time.Now()
}

func (s *callSampler) end(begin time.Time) { s.took, s.pending = time.Since(begin), true }

func (s *callSampler) record() {
	if s.pending {
		s.hist[s.current].Record(s.took)
		s.used[s.current], s.pending = true, false
	}
}

// take returns what was timed since it was last asked, or nil.
func (s *callSampler) take() *Histogram {
	if s.every == 0 {
		return nil
	}
	s.record()
	taken := s.hist[s.current]
	s.current = 1 - s.current
	if s.used[s.current] { // a reset touches all of its 270 KB
		s.hist[s.current].Reset()
	}
	return taken
}

// sampledReadings returns the samplers' histograms under their names.
func sampledReadings(taken map[string]*Histogram) Readings {
	r := Readings{Hists: map[string]*Histogram{}}
	for name, h := range taken {
		if h != nil {
			r.Hists[name] = h
		}
	}
	return r
}
