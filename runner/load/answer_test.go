package load

import (
	"hash/fnv"
	"strings"
	"testing"
)

// fed gives an answer in pieces of at most size bytes. left is what it was not given.
func fed(a *answer, text string, size int) (done bool, left int, err error) {
	a.begin()
	a.must([]byte("hello"))
	for len(text) > 0 && !done && err == nil {
		n := min(size, len(text))
		done, err = a.take([]byte(text[:n]))
		text = text[n:]
	}
	return done, len(text), err
}

func TestAnswerIsReadInPiecesOfAnySize(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 17:00:00 GMT\r\n"
	cases := []struct {
		name, text string
		status     int
		close      bool
		fault      string // of a whole answer
		err        string // of what is none
		short      bool   // more is to come
	}{
		{name: "right", text: head + "Content-Length: 5\r\n\r\nhello", status: 200},
		{name: "right sum", text: head + "Content-Length: 5\r\nX-Sum: a430d84680aabd0b\r\n\r\nhello", status: 200},
		{name: "other case", text: head + "content-LENGTH:5\r\nConnection: Close\r\n\r\nhello", status: 200, close: true},
		{name: "no reason", text: "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", status: 200},
		{name: "status", text: "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy", status: 503},
		{name: "no body", text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
		{name: "continue", text: "HTTP/1.1 100 Continue\r\n\r\n", status: 100, close: true},
		{name: "wrong sum", text: head + "Content-Length: 5\r\nX-Sum: 1\r\n\r\nhello", status: 200, fault: "X-Sum says 0000000000000001"},
		{name: "wrong body", text: head + "Content-Length: 5\r\n\r\nhellu", status: 200, fault: "was expected"},
		{name: "short body", text: head + "Content-Length: 4\r\n\r\nhell", status: 200, fault: `lacks "o"`},
		{name: "long body", text: head + "Content-Length: 6\r\n\r\nhello!", status: 200, fault: "was expected"},
		{name: "empty body", text: head + "Content-Length: 0\r\n\r\n", status: 200, fault: `lacks "hello"`},
		{name: "half a head", text: head, short: true},
		{name: "half a body", text: head + "Content-Length: 5\r\n\r\nhel", status: 200, short: true},
		{name: "no HTTP", text: "SSH-2.0-OpenSSH_9.6\r\n", err: "it begins with"},
		{name: "old HTTP", text: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", err: "it begins with"},
		{name: "no status", text: "HTTP/1.1 OK\r\nContent-Length: 5\r\n\r\nhello", err: "status line"},
		{name: "long status", text: "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", err: "status line"},
		{name: "no length", text: head + "\r\nhello", err: "no Content-Length"},
		{name: "negative length", text: head + "Content-Length: -5\r\n\r\nhello", err: "Content-Length is"},
		{name: "two lengths", text: head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", err: "Content-Length is"},
		{name: "endless length", text: head + "Content-Length: 99999999999999999999\r\n\r\nhello", err: "Content-Length is"},
		{name: "chunked", text: head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", err: "Transfer-Encoding: chunked"},
		{name: "bad sum", text: head + "Content-Length: 5\r\nX-Sum: many\r\n\r\nhello", err: "X-Sum is"},
		{name: "bad header", text: head + "Content-Length\r\n\r\nhello", err: "its head has the line"},
		{name: "huge head", text: head + strings.Repeat("X-Fill: 0123456789\r\n", 5000) + "Content-Length: 5\r\n\r\nhello", err: "longer than"},
		{name: "endless head", text: head + "X-Fill: " + strings.Repeat("x", 100_000), err: "longer than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var a answer
			for _, size := range []int{1, 2, 3, 7, 50, 1000, 1 << 20} {
				if size < 7 && len(c.text) > 10_000 {
					continue // the time goes with the square
				}
				done, _, err := fed(&a, c.text, size)
				switch {
				case c.err != "":
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Fatalf("in pieces of %d: error %v, want %q", size, err, c.err)
					}
				case err != nil || done == c.short || a.status != c.status || a.close != c.close:
					t.Fatalf("in pieces of %d: done %v, status %d, close %v, error %v", size, done, a.status, a.close, err)
				case c.status == 200 && !c.short && (c.fault == "") != (a.fault() == "") || !strings.Contains(a.fault(), c.fault):
					t.Fatalf("in pieces of %d: fault %q, want %q", size, a.fault(), c.fault)
				}
			}
		})
	}
}

func TestAnswerRefusesWhatFollowsIt(t *testing.T) {
	var a answer
	a.begin()
	if _, err := a.take([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello?")); err == nil || !strings.Contains(err.Error(), "1 bytes follow") {
		t.Errorf("error %v", err)
	}
}

func TestSumIsThatOfTheLibrary(t *testing.T) {
	for _, text := range []string{"", "a", "hello", strings.Repeat("forklore", 100)} {
		h := fnv.New64a()
		h.Write([]byte(text))
		a := answer{}
		a.begin()
		a.summed = true
		a.check([]byte(text))
		if a.sum != h.Sum64() {
			t.Errorf("sum of %.10q is %x, want %x", text, a.sum, h.Sum64())
		}
	}
}

// Whatever a server sends, in whatever pieces: no panic, and the same verdict.
func FuzzAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Sum: a430d84680aabd0b\r\n\r\nhello", 3)
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1)
	f.Add("HTTP/1.1 204 \r\n\r\nHTTP/1.1 ", 9)
	f.Fuzz(func(t *testing.T, text string, size int) {
		var one, many answer
		if size < 1 || len(text) > 2000 {
			return
		}
		done, _, err := fed(&one, text, max(1, len(text)))
		done2, left, err2 := fed(&many, text, size)
		if done2 && left > 0 && err != nil { // in one piece there are bytes behind its end
			return
		}
		if done != done2 || (err == nil) != (err2 == nil) || one.status != many.status || one.fault() != many.fault() && err == nil && !strings.Contains(one.fault(), "expected") {
			t.Errorf("at once: %v %v %d %q; in pieces: %v %v %d %q", done, err, one.status, one.fault(), done2, err2, many.status, many.fault())
		}
	})
}
