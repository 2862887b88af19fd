package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// served is a real server that counts what it answers.
type served struct {
	*httptest.Server
	count atomic.Int64
}

func serve(t testing.TB, handle http.HandlerFunc) *served {
	s := &served{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.count.Add(1)
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *served) addr() string { return strings.TrimPrefix(s.URL, "http://") }

// echo answers with the query.
func echo(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.RawQuery) }

// plan is a short one, for any server.
func plan(addr, mode string) Plan {
	return Plan{Addr: addr, Path: "/echo?n={n}", Connections: 4, Mode: mode, Rate: 200, Duration: time.Second, Warmup: 200 * time.Millisecond,
		Seed: 1, Timeout: 20 * time.Second}
}

// try runs a plan to its end.
func try(t testing.TB, p Plan) (Result, error) {
	t.Helper()
	g, err := Start(program, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return g.Wait(ctx)
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
	for _, mode := range []string{Closed, Open} {
		t.Run(mode, func(t *testing.T) {
			s := serve(t, echo)
			p := plan(s.addr(), mode)
			p.Expect = "n={n}"
			r := must(t, p)
			if r.Done != s.count.Load() {
				t.Errorf("the server answered %d requests, the generator counts %d", s.count.Load(), r.Done)
			}
			if n := r.Latency.Count(); n != r.Measured || n != r.Service.Count() || n == 0 || n > r.Done {
				t.Errorf("%d latencies and %d service times of %d measured of %d requests", n, r.Service.Count(), r.Measured, r.Done)
			}
			t.Logf("%+v", r)
			t.Logf("p50 %v p99 %v late %v", r.Latency.Quantile(.5), r.Latency.Quantile(.99), r.SendLateness.Quantile(.99))
		})
	}
}
