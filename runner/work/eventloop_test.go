package work

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// The schedule is what multiplication says, at any rate: no tick more or less is due by a time, and no
// error adds up.
func TestSchedule(t *testing.T) {
	for _, rate := range []int64{1, 3, 60, 144, 999, 1000} {
		s := schedule{gate: 1_000_000_007, rate: rate}
		for _, k := range []int64{1, 2, 59, 60, 61, 3599, 3_600_000} {
			exact := float64(k) * 1e9 / float64(rate)
			if got := s.due(k); float64(got-s.gate) > exact || float64(got-s.gate) < exact-1 {
				t.Errorf("%d a second: tick %d is due %d ns after the gate, want %f", rate, k, got-s.gate, exact)
			}
			if at, before := s.count(s.due(k)), s.count(s.due(k)-1); at != k || before != k-1 {
				t.Errorf("%d a second: %d ticks are due with tick %d, %d just before", rate, at, k, before)
			}
		}
		for _, end := range []int64{s.gate - 1, s.gate, s.due(1) - 1} {
			if n := s.count(end); n != 0 {
				t.Errorf("%d a second: %d ticks are due %d ns after the gate", rate, n, end-s.gate)
			}
		}
	}
}

const ms = int64(time.Millisecond)

// Computed by hand: ten ticks a second from second 1 on, so that tick k is due at 1000 + 100 k ms.
func TestLateness(t *testing.T) {
	s := schedule{gate: 1000 * ms, rate: 10}
	for name, c := range map[string]struct {
		starts, late []int64 // in ms, as end
		end          int64
		missed       int64
		frame, tenth int64
	}{
		"on time":              {starts: []int64{1100, 1200, 1300}, end: 1350, late: []int64{0, 0, 0}},
		"no tick yet":          {end: 1099},
		"due at the very end":  {starts: []int64{1100}, end: 1100, late: []int64{0}},
		"a frame is not late":  {starts: []int64{1116}, end: 1150, late: []int64{16}},
		"more than that is":    {starts: []int64{1117}, end: 1150, late: []int64{17}, frame: 1},
		"a tenth is not":       {starts: []int64{1200}, end: 1199 + 1, late: []int64{100, 0}, missed: 1, frame: 1},
		"a burst":              {starts: []int64{1450, 1451, 1452, 1453}, end: 1499, late: []int64{350, 251, 152, 53}, frame: 4, tenth: 3},
		"never handled":        {starts: []int64{1100}, end: 1450, late: []int64{0, 250, 150, 50}, missed: 3, frame: 3, tenth: 2},
		"begun after the end":  {starts: []int64{1100, 1260, 1310}, end: 1250, late: []int64{0, 50}, missed: 1, frame: 1},
		"handled, not yet due": {starts: []int64{1100, 1200}, end: 1150, late: []int64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLateness()
			var starts []int64
			for _, at := range c.starts {
				starts = append(starts, at*ms)
			}
			l.add(s, starts, c.end*ms)
			want := map[string]float64{"ticks": float64(len(c.late)), "missed_ticks": float64(c.missed),
				"late_16ms_share": float64(c.frame), "late_100ms_share": float64(c.tenth)}
			got := l.take()
			if diff := cmp.Diff(want, got.Values); diff != "" {
				t.Error(diff)
			}
			var n, sum int64
			for _, b := range got.Hists["lateness_s"].Buckets() {
				n, sum = n+b.Count, sum+b.Count*b.HiNS
			}
			var exact int64
			for _, v := range c.late {
				exact += v * ms
			}
			if n != int64(len(c.late)) || sum < exact || float64(sum) > 1.002*float64(exact)+10 {
				t.Errorf("%d durations of %d ns in all, want %d of %d", n, sum, len(c.late), exact)
			}
			if again := l.take(); again.Values["ticks"] != 0 || len(again.Hists["lateness_s"].Buckets()) != 0 {
				t.Errorf("what was told is told again: %v", again.Values)
			}
		})
	}
}

// By a clock that is set by hand: a loop that was held up handles each tick in order and at its own
// time, and leaves those that come due meanwhile to its next turn.
func TestTurnCatchesUp(t *testing.T) {
	times := []int64{1099, 1310, 1330, 1350, 1401, 1402, 1403, 1420}
	l := &EventLoop{schedule: schedule{rate: 10}, now: func() int64 {
		at := times[0] * ms
		times = times[1:]
		return at
	}}
	if err := l.Begin(1000 * ms); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		next   int64
		starts []int64
	}{{1100, nil}, {1400, []int64{1310, 1330, 1350}}, {1500, []int64{1402}}, {1500, nil}} {
		had := len(l.starts)
		next, err := l.Turn()
		var starts []int64
		for _, at := range l.starts[had:] {
			starts = append(starts, at/ms)
		}
		if err != nil || next != want.next*ms || !slices.Equal(starts, want.starts) {
			t.Errorf("handled at %v, next is at %d, %v; want %v and %d", starts, next/ms, err, want.starts, want.next)
		}
	}
	if len(times) != 0 {
		t.Errorf("%d times were not looked at", len(times))
	}
	l.now = func() int64 { return 9999 * ms }
	l.over.Store(true)
	if _, err := l.Turn(); err != nil || len(l.starts) != 4 {
		t.Errorf("%d handlers after the end, %v", len(l.starts)-4, err)
	}
}

func clock() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

func newLoop(t *testing.T, raw map[string]string, inLine bool) *EventLoop {
	t.Helper()
	ps, err := probeCompanion().Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewEventLoop(ps, inLine, clock)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The thread's own loop, for real: no handler begins before its tick is due or before the last
// one, and iterations do not touch each other.
func TestEventLoop(t *testing.T) {
	l := newLoop(t, map[string]string{"probe_rate": "500", "probe_handler": "50us"}, false)
	if err := l.Start(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		gate := clock()
		if err := l.Begin(gate); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		end := clock()
		if err := l.End(end); err != nil {
			t.Fatal(err)
		}
		for i, start := range l.starts {
			if due := gate + int64(i+1)*2*ms; start < due {
				t.Errorf("tick %d began %d ns early", i+1, due-start)
			}
			if i > 0 && start < l.starts[i-1] {
				t.Errorf("tick %d began %d ns before the one before it", i+1, l.starts[i-1]-start)
			}
		}
		if got, want := l.Measure().Values["ticks"], float64((end-gate)/(2*ms)); got != want {
			t.Errorf("%v ticks in %d ns, want %v", got, end-gate, want)
		}
	}
	if err := l.Leave(); err != nil {
		t.Fatal(err)
	}
}

// A loop in line has no thread, and is as late as the items are long.
func TestLoopInLine(t *testing.T) {
	before := runtime.NumGoroutine()
	l := newLoop(t, map[string]string{"probe_rate": "100", "probe_handler": "0s"}, true)
	gate := clock()
	if err := l.Begin(gate); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		time.Sleep(35 * time.Millisecond)
		if _, err := l.Turn(); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.NumGoroutine() > before {
		t.Error("a loop in line has a goroutine of its own")
	}
	if err := l.End(clock()); err != nil {
		t.Fatal(err)
	}
	r := l.Measure()
	if n := r.Values["ticks"]; n < 7 || r.Values["late_16ms_share"] < 2 {
		t.Errorf("%v ticks, %v of them late by a frame", n, r.Values["late_16ms_share"])
	}
	if b := r.Hists["lateness_s"].Buckets(); b[len(b)-1].HiNS < 25*ms {
		t.Errorf("the latest tick is %d ns late", b[len(b)-1].HiNS)
	}
}

func TestProbeRefuses(t *testing.T) {
	kernel := kinds["sieve"]
	for _, c := range []struct {
		k    Kind
		raw  map[string]string
		l    Layout
		want string
	}{
		{kernel, nil, Layout{Model: "goroutines"}, ""},
		{kernel, nil, Layout{Model: "sequential"}, ""},
		{kernel, map[string]string{"probe_nice": "10"}, Layout{Model: "processes"}, ""},
		{kernel, map[string]string{"probe_nice": "1"}, Layout{Model: "hybrid"}, ""},
		{kernel, map[string]string{"probe_nice": "1"}, Layout{Model: "threads"}, "nice lowers the priority of worker processes, and the model threads has none"},
		{kernel, map[string]string{"probe_spare": "1"}, Layout{Model: "threads"}, ""},
		{kernel, map[string]string{"probe_spare": "1"}, Layout{Model: "processes"}, "spare is for a loop that shares Go's processors with workers, and in the model processes it does not"},
		{kernel, map[string]string{"probe_rate": "100", "probe_handler": "10ms"}, Layout{Model: "processes"}, "100 ticks a second of 10ms each take a whole CPU or more, so that the loop is late without any work"},
		{kernel, map[string]string{"probe_rate": "99", "probe_handler": "10ms"}, Layout{Model: "processes"}, ""},
		{kinds["pingpong"], nil, Layout{Model: "processes", Workers: 2}, "a probe goes beside work of independent items, and the workers of pingpong talk to each other"},
	} {
		ps, err := probeCompanion().Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := probeCompanion().Refuse(c.k, nil, ps, c.l); got != c.want {
			t.Errorf("%s %v %v: %q, want %q", c.k.Name, c.raw, c.l, got, c.want)
		}
	}
}
