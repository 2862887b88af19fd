//go:build !light && !heavy

package work

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// web is the server of one process. Its requests are read by net/http, a goroutine for
// each connection. Where workers are threads they run the bodies of handlers, and
// where a worker handles only so many at once a request waits for its turn; else
// the connection's goroutine goes through.
type web struct {
	prefix string // of every path
	responder
	server  *http.Server
	failed  chan error          // why no connection is accepted any more
	pool    chan *errand        // to the workers' threads; nil: there is no pool
	turns   chan int            // slots that can take a request; nil: any number can
	handled slots[atomic.Int64] // requests, since they were last asked for
	open    atomic.Int64        // requests that were taken and are not answered
	hands   hands
	watch   Watch // nil: nobody looks
}

// errand is a request on its way through the pool.
type errand struct {
	w        http.ResponseWriter
	r        *http.Request
	done     chan struct{}
	panicked any // what its handler panicked with; nil: it did not
}

func startWeb(env Env, prefix string, r responder, at int) (*web, error) {
	s := &web{prefix: prefix, responder: r, failed: make(chan error, 1), handled: newSlots[atomic.Int64](env), watch: env.Watch}
	switch {
	case env.Locked:
		s.pool = make(chan *errand)
	case at > 0:
		s.turns = make(chan int, at*env.Slots)
		for i := range cap(s.turns) {
			s.turns <- i % env.Slots
		}
	}
	l, err := net.FileListener(env.Listener)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("http: take up the listening socket: %w", err), r.close())
	}
	s.server = &http.Server{Handler: s}
	go func() { s.failed <- s.server.Serve(l) }()
	return s, nil
}

// ServeHTTP brings a request to whom it is for.
func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.open.Add(1)
	defer s.open.Add(-1)
	switch {
	case s.pool != nil:
		e := &errand{w: w, r: r, done: make(chan struct{})}
		s.pool <- e
		if <-e.done; e.panicked != nil {
			panic(e.panicked)
		}
	case s.turns != nil:
		slot := <-s.turns
		defer func() { s.turns <- slot }()
		s.handle(w, r, slot)
	default:
		s.handle(w, r, 0)
	}
}

// run is what a thread of the pool does with an errand. A panic costs the answer, as net/http has it where the
// connection's goroutine is the one that panics, and not the thread.
func (s *web) run(e *errand, slot int) {
	defer close(e.done)
	defer func() { e.panicked = recover() }()
	s.handle(e.w, e.r, slot)
}

// handle answers a request. It is counted before its last bytes leave, so that no client knows
// of more answers than the server.
func (s *web) handle(w http.ResponseWriter, r *http.Request, slot int) {
	defer s.handled.of(slot).Add(1)
	digits, ok := strings.CutPrefix(r.URL.Path, s.prefix)
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || r.Method != http.MethodGet {
		http.NotFound(w, r)
		return
	}
	if s.watch != nil && !s.watch.Begin(slot, n) {
		http.Error(w, "this process cannot handle it", http.StatusServiceUnavailable)
		return
	}
	h := s.hands.take()
	err = s.respond(h, w, r, n)
	s.hands.give(h)
	if err != nil { // of writing to a client that is gone: nobody reads this either
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	if s.watch != nil {
		s.watch.End(slot, n)
	}
}

// Serve is a thread of the pool, or waits.
func (s *web) Serve(ctx context.Context, r Round) (int64, error) {
	for end := r.End; end != nil; {
		select {
		case e := <-s.pool:
			s.run(e, r.Slot)
		case <-end:
			end = nil
		case err := <-s.failed:
			s.failed <- err // for the other workers
			return 0, fmt.Errorf("http: accept connections: %w", err)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if err := s.settle(ctx, r.Slot); err != nil {
		return 0, err
	}
	return s.handled.of(r.Slot).Swap(0), nil
}

// settle waits until no request is open. There is one only where its client has gone away.
func (s *web) settle(ctx context.Context, slot int) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for s.open.Load() > 0 {
		select {
		case e := <-s.pool:
			s.run(e, slot)
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Close ends the connections and gives back what handlers hold.
func (s *web) Close() error {
	err := s.server.Close()
	return errors.Join(err, s.hands.close(), s.responder.close())
}

// hand is what the handling of one request needs of its own: it is made once and used again.
type hand struct {
	waiter
	body []byte
}

// hands keeps those that are free. There are as many as there were requests at once.
type hands struct {
	mu   sync.Mutex
	free []*hand
}

func (p *hands) take() *hand {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return &hand{}
	}
	h := p.free[n-1]
	p.free = p.free[:n-1]
	return h
}

func (p *hands) give(h *hand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, h)
}

func (p *hands) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, h := range p.free {
		if h.pause != nil {
			errs = append(errs, h.pause.close())
		}
	}
	p.free = nil
	return errors.Join(errs...)
}
