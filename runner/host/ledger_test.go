package host

import (
	"testing"
	"time"
)

func TestLedgerTallies(t *testing.T) {
	const items, workers = 10, 3
	l := newLedger(make([]byte, ledgerB(items, workers)), items, workers)
	for i := range int64(items) {
		if i != 4 {
			l.write(i, uint64(i))
		}
	}
	l.write(7, 7)
	if got, want := l.tally(0, items), (tally{items: 10, lost: 1, twice: 1, sum: 45 - 4 + 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := l.tally(8, 8), (tally{}); got != want {
		t.Errorf("an empty range has %+v", got)
	}
	l.ranks[2].done.Store(5) // the pages of ranks and the items are apart
	if l.done() != 5 || l.tally(0, items).items != 10 {
		t.Error("the parts of a ledger overlap")
	}
}

// Time in which the supervisor itself was not let run makes nobody hang.
func TestSilenceIgnoresStalls(t *testing.T) {
	l := newLedger(make([]byte, ledgerB(4, 2)), 4, 2)
	var s silence
	s.begin(l, 0)
	l.ranks[0].done.Store(1)
	l.ranks[0].beat.Store(1)
	s.look(l, int64(lookEvery))
	s.look(l, int64(time.Hour))
	if got := s.of(0); got > 2*lookEvery {
		t.Errorf("a worker was silent for %v while the machine stood still", got)
	}
	now := int64(time.Hour)
	for range 50 {
		now += int64(lookEvery)
		l.ranks[0].beat.Add(1)
		s.look(l, now)
	}
	if s.of(0) != 0 || s.of(1) < 50*lookEvery {
		t.Errorf("silent for %v and %v", s.of(0), s.of(1))
	}
	s.forgive(1, 1)
	if s.of(1) != 0 {
		t.Error("a new worker was silent before it was there")
	}
}

func TestSilenceLimit(t *testing.T) {
	s := silence{spent: int64(time.Second), heard: make([]heard, 2)}
	for _, c := range []struct {
		done int64
		want time.Duration
	}{{0, 0}, {1, 40 * time.Second}, {10, 4 * time.Second}, {1000, 300 * time.Millisecond}} {
		if s.done = c.done; s.limit(300*time.Millisecond) != c.want {
			t.Errorf("%d items done by 2 workers in 1 s: %v, want %v", c.done, s.limit(300*time.Millisecond), c.want)
		}
	}
}
