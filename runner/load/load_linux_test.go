package load

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"forklore/runner/work"
)

// served is a real server that counts what it answers.
type served struct {
	*httptest.Server
	count atomic.Int64
}

func serve(t testing.TB, handle http.HandlerFunc) *served {
	s := &served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(w, r)
		s.count.Add(1)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *served) addr() string { return strings.TrimPrefix(s.URL, "http://") }

// echo answers with the query.
func echo(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.RawQuery) }

// plan is a short one, for any server that answers within half a minute.
func plan(addr, mode string) Plan {
	return Plan{Addr: addr, Path: "/echo?n={n}", Connections: 4, Mode: mode, Rate: 200, Duration: time.Second, Warmup: 200 * time.Millisecond,
		Seed: 1, Timeout: 30 * time.Second, Quantile: 0.9, Limit: 100 * time.Millisecond}
}

// try runs a plan to its end, after which nothing of the generator is left.
func try(t testing.TB, p Plan) (Result, error) {
	t.Helper()
	g, err := Start(program, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := g.Wait(ctx)
	if alive(g.PID()) {
		t.Errorf("the generator (pid %d) is still there", g.PID())
	}
	return r, err
}

// must is try where nothing may go wrong.
func must(t testing.TB, p Plan) Result {
	t.Helper()
	r, err := try(t, p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors.Total() != 0 || r.Errors.First != "" {
		t.Fatalf("errors: %+v", r.Errors)
	}
	return r
}

func TestCountsInAreCountsOut(t *testing.T) {
	for _, mode := range []string{Closed, Open, Search} {
		for _, spin := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, spin %t", mode, spin), func(t *testing.T) {
				s := serve(t, echo)
				p := plan(s.addr(), mode)
				p.Expect, p.Spin = "n={n}", spin
				if mode == Search {
					p.Duration, p.Warmup = p.Duration/10, p.Warmup/10
				}
				begun := monotonic()
				r := must(t, p)
				if r.Done != s.count.Load() {
					t.Errorf("the server answered %d requests, the generator counts %d", s.count.Load(), r.Done)
				}
				n := r.Latency.Count()
				if n != r.Measured || n != r.Service.Count() || n == 0 || n > r.Done || r.Achieved == 0 {
					t.Errorf("%d latencies and %d service times of %d measured of %d requests, at %g/s", n, r.Service.Count(), r.Measured, r.Done, r.Achieved)
				}
				if mode == Closed && (r.Offered != r.Achieved || r.SendLateness.Count() != 0) {
					t.Errorf("a closed loop offers %g/s, achieves %g/s and is late %d times", r.Offered, r.Achieved, r.SendLateness.Count())
				}
				if from := float64(r.FromNS-begun) / 1e9; from < p.Warmup.Seconds() || math.Abs(float64(r.ToNS-r.FromNS)/1e9-p.Duration.Seconds()) > 1e-9 || r.ToNS > monotonic() {
					t.Errorf("the window lasts from %g to %g s after the start", from, float64(r.ToNS-begun)/1e9)
				}
				if r.WallS < 0.9*p.Duration.Seconds() || r.CPUS <= 0 || r.CPUS > 1.1*r.WallS || r.SpunS > r.WallS || (r.SpunS > 0) != (spin && mode != Closed) {
					t.Errorf("%g s of CPU, %g of them spun, in %g s", r.CPUS, r.SpunS, r.WallS)
				}
			})
		}
	}
}

// An open loop sends what its schedule holds, whatever the server does.
func TestOpenLoopKeepsToItsSchedule(t *testing.T) {
	s := serve(t, echo)
	p := plan(s.addr(), Open)
	due, measured := 0, 0
	a := newArrivals(p.Seed, p.Rate)
	for at := a.next(); at < int64(p.Warmup+p.Duration); at = a.next() {
		due++
		if at >= int64(p.Warmup) {
			measured++
		}
	}
	r := must(t, p)
	if int(r.Done) != due || int(r.Measured) != measured || r.Offered != float64(measured)/p.Duration.Seconds() {
		t.Errorf("%d requests, %d of the window, %g/s offered; the schedule holds %d, %d", r.Done, r.Measured, r.Offered, due, measured)
	}
	if n := r.SendLateness.Count() + r.Waited; n != r.Measured {
		t.Errorf("%d found a free connection and %d waited, of %d", r.SendLateness.Count(), r.Waited, r.Measured)
	}
}

// Coordinated omission: while a server stalls, a generator that waits for it sends nothing, and
// sees one slow answer for each connection. Those that would have come in that time are slow too.
func TestStallCountsForAllThatAreDueInIt(t *testing.T) {
	const stalls, stall = 150, time.Second // from which request, for how long
	var at atomic.Int64
	gate := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := at.Add(1); n == stalls {
			time.Sleep(stall)
			close(gate)
		} else if n > stalls {
			<-gate
		}
		echo(w, r)
	})
	p := plan(s.addr(), Open)
	p.Duration, p.Rate = 3*time.Second, 250
	r := must(t, p)
	// The stall begins when that request comes, which is not before it is due.
	a := newArrivals(p.Seed, p.Rate)
	begin, slow := int64(0), int64(0)
	for n := 1; ; n++ {
		due := a.next()
		if n == stalls {
			begin = due
		}
		if n >= stalls && due > begin+int64(stall)/2 {
			break
		} else if n >= stalls {
			slow++
		}
	}
	if n := above(r.Latency.Buckets(), stall/2); n < slow || slow < 100 {
		t.Errorf("%d requests were due in the first half of the stall, %d took longer than that from their schedule", slow, n)
	}
	if n := above(r.Service.Buckets(), stall/2); n > slow/5 {
		t.Errorf("%d requests took longer than half the stall from their send: want at most one for each of %d connections", n, p.Connections)
	}
	if r.Waited < slow/2 {
		t.Errorf("%d requests waited for a connection", r.Waited)
	}
	t.Logf("stall of %v: p99 %v from the schedule, %v from the send", stall, r.Latency.Quantile(0.99), r.Service.Quantile(0.99))
}

// A server that takes one request at a time for a fixed time has a capacity that a closed loop
// finds, and an open loop sustains less of it.
func TestSearchFindsTheRateOfAServer(t *testing.T) {
	turn := make(chan struct{}, 1)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		turn <- struct{}{}
		time.Sleep(5 * time.Millisecond)
		<-turn
		echo(w, r)
	})
	p := plan(s.addr(), Closed)
	capacity := must(t, p).Achieved
	p.Mode, p.Rate, p.Connections, p.Duration = Search, capacity, 64, p.Duration/2
	r := must(t, p)
	if len(r.Steps) != SearchSteps || r.MaxRate < 0.3*capacity || r.MaxRate > 1.3*capacity {
		t.Errorf("capacity %.0f/s, under an objective %.0f/s in %d steps", capacity, r.MaxRate, len(r.Steps))
	}
	for _, step := range r.Steps {
		t.Logf("%+v", step)
	}
}

// above counts the durations of spans that lie above d.
func above(list []work.Bucket, d time.Duration) (n int64) {
	for _, b := range list {
		if b.LoNS > int64(d) {
			n += b.Count
		}
	}
	return n
}
