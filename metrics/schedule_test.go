package metrics

import "testing"

func TestSchedule(t *testing.T) {
	s := schedule{start: 1000, every: 100}
	for _, c := range []struct {
		name         string
		k, end       int64
		next, missed int64
	}{
		{"in time", 1, 1110, 2, 0},
		{"exactly used up", 1, 1200, 2, 0},
		{"just over", 1, 1201, 3, 1},
		{"three missed", 1, 1599, 6, 4},
		{"on a later tick", 1, 1500, 5, 3},
		{"first", 0, 1000, 1, 0},
	} {
		next, missed := s.after(c.k, c.end)
		if next != c.next || missed != c.missed {
			t.Errorf("%s: tick %d, %d missed, want %d and %d", c.name, next, missed, c.next, c.missed)
		}
		if s.due(next) < c.end {
			t.Errorf("%s: tick %d was due at %d, before %d", c.name, next, s.due(next), c.end)
		}
	}
	for at, want := range map[int64]bool{1100: false, 1150: false, 1151: true, 1090: false} {
		if got := s.late(1, at); got != want {
			t.Errorf("a tick due at 1100 and begun at %d: late is %v", at, got)
		}
	}
}
