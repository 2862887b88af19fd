//go:build !light && !heavy

package work

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Every server says what it is sent, takes fixed time alone and runs under every model.
func TestServersAreWhole(t *testing.T) {
	for _, kind := range All() {
		if kind.Server == nil {
			if kind.Load != nil || kind.Apart != nil {
				t.Errorf("%s is no server, but has a load", kind.Name)
			}
			continue
		}
		ps, err := kind.Parse(nil)
		if err != nil {
			t.Fatal(err)
		}
		if load := kind.Load(ps); !strings.HasPrefix(load.Path, "/") || load.Connections < 1 || load.Group == "" {
			t.Errorf("%s is sent %+v", kind.Name, load)
		}
		if len(kind.Measures) < len(ServerMeasures()) {
			t.Errorf("%s lacks measures of servers", kind.Name)
		}
		for model, processes := range map[string]int{"sequential": 1, "goroutines": 1, "threads": 1, "processes": 4, "hybrid": 2} {
			l := Layout{Model: model, Workers: 4, Processes: processes, FixedTime: true}
			if why := kind.Refuse(ps, l); why != "" {
				t.Errorf("%s: %s is refused: %s", kind.Name, model, why)
			}
			if l.FixedTime = false; !strings.Contains(kind.Refuse(ps, l), "duration") {
				t.Errorf("%s takes items", kind.Name)
			}
		}
	}
}

// What a load says in an experiment is what is offered; designs of one server are offered the same.
func TestHTTPLoads(t *testing.T) {
	kind, err := Lookup("http")
	if err != nil {
		t.Fatal(err)
	}
	of := func(raw map[string]string) Load {
		t.Helper()
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return kind.Load(ps)
	}
	closed := of(nil)
	for text, share := range map[string]float64{"closed": 0, "60%": 0.6, "95%": 0.95, "150%": 1.5, "max": 0} {
		l := of(map[string]string{"load": text, "accept": "inherited", "at_once": "3", "objective": "5ms"})
		if l.Share != share || l.Search != (text == "max") || l.Group != closed.Group {
			t.Errorf("load %s is %+v", text, l)
		}
	}
	if of(map[string]string{"connections": "33"}).Group == closed.Group || of(map[string]string{"handler": "cpu"}).Path != "/cpu/{n}" {
		t.Error("another server is offered the same")
	}
}

func TestHTTPRefusesWhatComesToTheSame(t *testing.T) {
	kind, err := Lookup("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		raw  map[string]string
		l    Layout
		want string
	}{
		{map[string]string{"accept": "inherited"}, Layout{Model: "goroutines", Processes: 1}, "one listening socket"},
		{map[string]string{"accept": "inherited"}, Layout{Model: "processes", Processes: 1}, "one listening socket"},
		{map[string]string{"accept": "inherited"}, Layout{Model: "hybrid", Processes: 2}, ""},
		{map[string]string{"at_once": "2"}, Layout{Model: "threads", Processes: 1}, "more workers"},
		{map[string]string{"at_once": "2"}, Layout{Model: "processes", Processes: 2}, ""},
		{map[string]string{"at_once": "1"}, Layout{Model: "threads", Processes: 1}, ""},
	} {
		ps, err := kind.Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		c.l.FixedTime = true
		if why := kind.Refuse(ps, c.l); (why == "") != (c.want == "") || !strings.Contains(why, c.want) {
			t.Errorf("%v in %+v: %q, want %q", c.raw, c.l, why, c.want)
		}
	}
}

// webOf starts a server in this process.
func webOf(t *testing.T, raw map[string]string, env Env) (s *web, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if env.Listener, err = l.(*net.TCPListener).File(); err != nil {
		t.Fatal(err)
	}
	defer env.Listener.Close()
	kind, err := Lookup("http")
	if err != nil {
		t.Fatal(err)
	}
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	env.Dir = t.TempDir()
	server, err := kind.Server(ps, env)
	if err != nil {
		t.Fatal(err)
	}
	s = server.(*web)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(env.Dir); len(left) > 0 {
			t.Errorf("left in the scratch folder: %v", left)
		}
	})
	return s, l.Addr().String()
}

// No more requests are handled at the same time than workers can, and each worker counts its own.
func TestHTTPAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		env  Env
		at   string
		most int64
	}{
		"goroutines": {Env{Slots: 2}, "1", 2},
		"three":      {Env{Slots: 1}, "3", 3},
		"threads":    {Env{Slots: 2, Locked: true}, "0", 2},
		"alone":      {Env{Slots: 1, Alone: true}, "0", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, address := webOf(t, map[string]string{"handler": "downstream", "wait": "2ms", "at_once": c.at}, c.env)
			var now, most atomic.Int64
			respond := s.respond
			s.respond = func(h *hand, w http.ResponseWriter, r *http.Request, n uint64) error {
				k := now.Add(1)
				defer now.Add(-1)
				for m := most.Load(); k > m && !most.CompareAndSwap(m, k); m = most.Load() {
				}
				return respond(h, w, r, n)
			}
			end := make(chan struct{})
			handled := make(chan int64, c.env.Slots)
			for slot := range c.env.Slots {
				go func() {
					n, err := s.Serve(t.Context(), Round{Slot: slot, End: end})
					if err != nil {
						t.Error(err)
					}
					handled <- n
				}()
			}
			const clients, each = 8, 10
			errs := make(chan error)
			for range clients {
				go func() { errs <- askMany(address, "/downstream/1", each) }()
			}
			for range clients {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			close(end)
			var sum int64
			for range c.env.Slots {
				n := <-handled
				if n == 0 {
					t.Error("a worker has handled nothing")
				}
				sum += n
			}
			if sum != clients*each || most.Load() > c.most {
				t.Errorf("%d requests were handled, up to %d at once; want %d and %d", sum, most.Load(), clients*each, c.most)
			}
		})
	}
}

func askMany(address, path string, n int) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range n {
		r, err := client.Get("http://" + address + path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %v", r.Status, err)
		}
	}
	return nil
}

// Several processes come by one file, which one of them makes.
func TestOnceIn(t *testing.T) {
	dir := t.TempDir()
	var made atomic.Int64
	paths := make(chan string)
	for range 4 {
		go func() {
			path, err := onceIn(dir, "file", func(path string) error {
				made.Add(1)
				return os.WriteFile(path, []byte("whole"), 0o600)
			})
			if err != nil {
				t.Error(err)
			}
			paths <- path
		}()
	}
	for range 4 {
		if text, err := os.ReadFile(<-paths); err != nil || string(text) != "whole" {
			t.Errorf("%q, %v", text, err)
		}
	}
	if made.Load() != 1 {
		t.Errorf("it was made %d times", made.Load())
	}
	if err := removeAll(filepath.Join(dir, "file")); err != nil {
		t.Error(err)
	}
}
