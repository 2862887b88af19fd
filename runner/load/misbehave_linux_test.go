package load

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// raw is a server without HTTP: answer gets every request of a connection, by its number there
// and of all, and says whether the connection goes on.
func raw(t *testing.T, answer func(c net.Conn, n int, all int64) bool) *rawServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{Listener: l}
	s.done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			s.done.Go(func() { s.talk(c, answer) })
		}
	})
	t.Cleanup(func() {
		s.die()
		s.done.Wait()
	})
	return s
}

type rawServer struct {
	net.Listener
	all   atomic.Int64
	mu    sync.Mutex
	conns []net.Conn
	done  sync.WaitGroup
}

func (s *rawServer) talk(c net.Conn, answer func(c net.Conn, n int, all int64) bool) {
	defer c.Close()
	r := bufio.NewReader(c)
	for n := 0; ; n++ {
		if _, err := http.ReadRequest(r); err != nil || !answer(c, n, s.all.Add(1)-1) {
			return
		}
	}
}

// die closes everything at once, as the end of a process does.
func (s *rawServer) die() {
	s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

// says makes a server that answers with the same text, and goes on or closes.
func says(text string, more bool) func(net.Conn, int, int64) bool {
	return func(c net.Conn, _ int, _ int64) bool {
		_, err := c.Write([]byte(text))
		return err == nil && more
	}
}

const right = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// Every cause is counted under its name and told in words, in a closed and in an open loop,
// which end as they do with a good server.
func TestErrorsAreCountedByCause(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(net.Conn, int, int64) bool
		cause  func(e Errors) int64
		first  string
	}{
		{"silent", func(net.Conn, int, int64) bool { return true }, func(e Errors) int64 { return e.TimedOut }, "no answer within 200ms"},
		{"slow to end", says(right[:len(right)-1], true), func(e Errors) int64 { return e.TimedOut }, "no answer within 200ms"},
		{"closes", says("", false), func(e Errors) int64 { return e.Cut }, "closed the connection before it answered"},
		{"closes in the head", says(right[:20], false), func(e Errors) int64 { return e.Cut }, "closed the connection in the middle of the answer's head"},
		{"closes in the body", says(right[:len(right)-1], false), func(e Errors) int64 { return e.Cut }, "closed the connection 1 bytes before the end of the body"},
		{"resets", func(c net.Conn, _ int, _ int64) bool { return c.(*net.TCPConn).SetLinger(0) != nil }, func(e Errors) int64 { return e.Cut }, "reset"},
		{"no HTTP", says("220 mail.example ESMTP\r\n", true), func(e Errors) int64 { return e.Garbled }, `begins with "220 mail.example ESMTP`},
		{"chunked", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true), func(e Errors) int64 { return e.Garbled }, "set Content-Length in the handler"},
		{"huge head", says("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<17), true), func(e Errors) int64 { return e.Garbled }, "head is longer than 65536 bytes"},
		{"says more", says(right+"!", true), func(e Errors) int64 { return e.Garbled }, "1 bytes follow the end"},
		{"error", says("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", true), func(e Errors) int64 { return e.Status }, "status 500"},
		{"wrong sum", says("HTTP/1.1 200 OK\r\nX-Sum: 12\r\nContent-Length: 2\r\n\r\nok", true), func(e Errors) int64 { return e.Wrong }, "X-Sum says 0000000000000012"},
		{"wrong body", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", true), func(e Errors) int64 { return e.Wrong }, `"no"`},
	} {
		for _, mode := range []string{Closed, Open} {
			t.Run(c.name+" "+mode, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				s := raw(t, c.answer)
				p := plan(s.Addr().String(), mode)
				p.Timeout, p.Duration, p.Warmup, p.Rate, p.Expect = 200*time.Millisecond, 300*time.Millisecond, 0, 100, "ok"
				r, err := try(t, p)
				if err != nil {
					t.Fatal(err)
				}
				if n := c.cause(r.Errors); n == 0 || n < r.Errors.Total()*9/10 || r.Done != 0 || r.Measured != 0 {
					t.Errorf("%d of the cause, %d done: %+v", n, r.Done, r.Errors)
				}
				if !strings.HasPrefix(r.Errors.First, "request ") || !strings.Contains(r.Errors.First, c.first) {
					t.Errorf("the first is %q, want %q", r.Errors.First, c.first)
				}
			})
		}
	}
}

// A server that hangs up before anybody has asked, with and without a half that stays open.
func TestServerThatHangsUpIsCut(t *testing.T) {
	for name, hangUp := range map[string]func(c *net.TCPConn) error{"whole": (*net.TCPConn).Close, "half": (*net.TCPConn).CloseWrite} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for c, err := l.Accept(); err == nil; c, err = l.Accept() {
					_ = hangUp(c.(*net.TCPConn))
					defer c.Close()
				}
			}()
			for _, mode := range []string{Closed, Open} {
				p := plan(l.Addr().String(), mode)
				p.Duration, p.Warmup = 300*time.Millisecond, 0
				r, err := try(t, p)
				if err != nil || r.Done != 0 || r.Errors.Cut == 0 || r.Errors.Cut != r.Errors.Total() {
					t.Errorf("%s: %d done, %+v, %v", mode, r.Done, r.Errors, err)
				}
			}
		})
	}
}

func TestServerThatNeverAcceptsTimesOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := plan(l.Addr().String(), Open)
	p.Timeout, p.Duration, p.Warmup = 200*time.Millisecond, 500*time.Millisecond, 0
	r, err := try(t, p)
	if err != nil || r.Done != 0 || r.Errors.TimedOut == 0 || r.Errors.TimedOut != r.Errors.Total() {
		t.Errorf("%+v, %v", r.Errors, err)
	}
	if want := int64(r.Offered * p.Duration.Seconds()); r.Errors.TimedOut != want {
		t.Errorf("%d timed out of %d that were due: those that waited for a connection count too", r.Errors.TimedOut, want)
	}
}

func TestNobodyThereIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if _, err = try(t, plan(addr, Open)); err == nil || !strings.Contains(err.Error(), "open connection 1 of 4 to "+addr+": connection refused: no server listens there") {
		t.Errorf("error %v", err)
	}
}

func TestServerThatDiesLeavesErrorsNotAHang(t *testing.T) {
	for _, mode := range []string{Closed, Open} {
		t.Run(mode, func(t *testing.T) {
			var s *rawServer
			const last = 50
			s = raw(t, func(c net.Conn, n int, all int64) bool {
				if all == last {
					s.die()
				}
				return all < last && says(right, true)(c, n, all)
			})
			p := plan(s.Addr().String(), mode)
			p.Timeout = 5 * time.Second
			r, err := try(t, p)
			if err != nil || r.Done > last || r.Done < last-int64(p.Connections) || r.Errors.Cut == 0 || r.Errors.Refused == 0 || r.Errors.TimedOut > 0 {
				t.Errorf("%d done, %+v, %v", r.Done, r.Errors, err)
			}
			if !strings.Contains(r.Errors.First, "request ") {
				t.Errorf("the first is %q", r.Errors.First)
			}
		})
	}
}

// What is cut off is sent again until it is answered, where that is asked for: nothing is lost, and nothing is counted
// twice.
func TestRetryLosesNothing(t *testing.T) {
	s := raw(t, func(c net.Conn, n int, all int64) bool { return all%3 != 1 && says(right, true)(c, n, all) })
	p := plan(s.Addr().String(), Open)
	p.Retry, p.Trace = true, true
	r, err := try(t, p)
	if err != nil || r.Errors.Total() != 0 || len(r.Lost) != 0 || r.Resent < r.Done/3 || r.Resent+r.Done != s.all.Load() {
		t.Errorf("%d done and %d sent again of %d that came, lost %v, %+v, %v", r.Done, r.Resent, s.all.Load(), r.Lost, r.Errors, err)
	}
	if due := p.DueSince(r, 0); due != r.Measured {
		t.Errorf("%d requests of the window were due, %d were answered", due, r.Measured)
	}
	if before, all := p.Scheduled(); all != r.Done || all-before != r.Measured {
		t.Errorf("%d requests were scheduled, %d before the window; %d were answered, %d of the window", all, before, r.Done, r.Measured)
	}
}

// Who never answers is given up in spite of that, and the loop comes to its end.
func TestRetryGivesUp(t *testing.T) {
	s := raw(t, func(c net.Conn, n int, all int64) bool { return all < 20 && says(right, true)(c, n, all) })
	p := plan(s.Addr().String(), Open)
	p.Retry, p.Trace, p.Timeout, p.Duration = true, true, 300*time.Millisecond, 500*time.Millisecond
	r, err := try(t, p)
	if err != nil || r.Done != 20 || r.Resent == 0 || r.Errors.Total() != int64(len(r.Lost)) || len(r.Lost) == 0 {
		t.Errorf("%d done, %d sent again, %d lost, %+v, %v", r.Done, r.Resent, len(r.Lost), r.Errors, err)
	}
}

// When each request was due that was lost is told, by the clock of the window, and with it the time in which
// nobody got an answer.
func TestLostRequestsAreTold(t *testing.T) {
	var s *rawServer
	s = raw(t, func(c net.Conn, n int, all int64) bool {
		if all == 100 {
			s.die()
		}
		return all < 100 && says(right, true)(c, n, all)
	})
	p := plan(s.Addr().String(), Open)
	p.Trace = true
	r, err := try(t, p)
	if err != nil || r.Errors.Total() != int64(len(r.Lost)) || len(r.Lost) == 0 {
		t.Fatalf("%d lost, %+v, %v", len(r.Lost), r.Errors, err)
	}
	if r.Lost[0] < r.FromNS-int64(p.Warmup) || slices.Max(r.Lost) >= r.ToNS {
		t.Errorf("requests were lost from %d to %d, the window is from %d to %d", r.Lost[0], slices.Max(r.Lost), r.FromNS, r.ToNS)
	}
	from := r.Lost[0] + 1
	var lost int64
	for _, at := range r.Lost {
		if at >= max(from, r.FromNS) {
			lost++
		}
	}
	if due := p.DueSince(r, from); due < lost || due > lost+int64(p.Connections) { // those on their way were due before
		t.Errorf("of %d requests that were due after the first was lost %d were lost", due, lost)
	}
	if gap := r.LongestGap; gap <= 0 || gap > p.Duration || gap < time.Duration(r.ToNS-max(r.Lost[0], r.FromNS))-p.Duration/4 {
		t.Errorf("no answer came for %v; the first request was lost %v before the end", gap, time.Duration(r.ToNS-r.Lost[0]))
	}
}

// To close a connection after an answer is a server's right.
func TestConnectionsAreOpenedAnew(t *testing.T) {
	for name, answer := range map[string]func(net.Conn, int, int64) bool{
		"close is said":  says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false),
		"every third is": func(c net.Conn, n int, all int64) bool { return says(right, true)(c, n, all) && n < 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := raw(t, answer)
			p := plan(s.Addr().String(), Open)
			p.Rate, p.Connections = 50, 2
			r, err := try(t, p)
			// A request may be on its way when the server closes without a word: that one is cut.
			if err != nil || r.Errors.Total() > r.Done/4 || r.Errors.Total() != r.Errors.Cut || r.Reopened < r.Done/3-int64(p.Connections) {
				t.Errorf("%d done, %d opened anew, %+v, %v", r.Done, r.Reopened, r.Errors, err)
			}
		})
	}
}

func TestLargeBodiesAreReadAndSummed(t *testing.T) {
	body := []byte(strings.Repeat("forklore", 1<<17)) // 1 MiB
	a := answer{}
	a.begin()
	a.summed = true
	a.check(body)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Sum", fmt.Sprintf("%016x", a.sum))
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	})
	p := plan(s.addr(), Open)
	p.Rate = 20
	r := must(t, p)
	until(t, "the handlers have returned", func() bool { return s.count.Load() == r.Done && r.Done > 0 })
}
