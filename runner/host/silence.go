package host

import "time"

// silence knows for how long each worker has not begun another item. Its clock runs with the
// supervisor's looks: time in which this process, and so perhaps the workers too, was not let run
// counts for two looks at the most. A machine that stalls makes nobody hang.
type silence struct {
	clock int64 // ns
	last  int64 // ns: the last look
	gate  int64
	done  int64 // results delivered
	spent int64 // ns from the gate until the last of them was seen
	heard []heard
}

// heard is the last item that a worker was seen to begin.
type heard struct {
	beat int64
	at   int64 // on silence's clock
}

// slack is how many items a worker may be silent for: some are longer than others.
const slack = 20

func (s *silence) begin(l *ledger, now int64) {
	s.gate, s.last, s.heard = now, now, make([]heard, len(l.ranks))
}

func (s *silence) look(l *ledger, now int64) {
	s.clock, s.last = s.clock+min(now-s.last, 2*int64(lookEvery)), now
	if done := l.done(); done != s.done {
		s.done, s.spent = done, now-s.gate
	}
	for rank := range s.heard {
		if beat := l.ranks[rank].beat.Load(); beat != s.heard[rank].beat {
			s.heard[rank] = heard{beat, s.clock}
		}
	}
}

// of returns for how long a worker was silent.
func (s *silence) of(rank int) time.Duration { return time.Duration(s.clock - s.heard[rank].at) }

// forgive makes workers silent from now on: they are new.
func (s *silence) forgive(rank, slots int) {
	for i := rank; i < rank+slots; i++ {
		s.heard[i].at = s.clock
	}
}

// limit is how long a worker may be silent: patience, or so many items as take longer. It is 0,
// which means for ever, until an item has been done and its length is known.
func (s *silence) limit(patience time.Duration) time.Duration {
	if s.done == 0 {
		return 0
	}
	return max(patience, time.Duration(slack*s.spent/s.done*int64(len(s.heard))))
}
