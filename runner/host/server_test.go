package host

import (
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startServer starts a server and waits until its workers are ready.
func startServer(t *testing.T, params map[string]string, layout func(*Job)) (*Trial, []Process) {
	t.Helper()
	j := job("http", params, 3)
	j.Items, j.Dir = UntilStopped, t.TempDir()
	layout(&j)
	trial, procs := ready(t, Options{Program: Server(program), Job: j, Token: t.Name() + strconv.FormatInt(time.Now().UnixNano(), 10)})
	t.Cleanup(func() { trial.Abort(false) })
	return trial, procs
}

// ask sends one request over a connection of its own or a kept one and checks the body by its sum.
func ask(client *http.Client, port int, path string) (string, error) {
	r, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	sum := fnv.New64a()
	sum.Write(body)
	got := r.Header.Get("X-Sum")
	if proved := got != "" || !strings.HasPrefix(path, "/static/"); r.StatusCode == http.StatusOK && proved && got != fmt.Sprintf("%016x", sum.Sum64()) {
		return "", fmt.Errorf("%s: X-Sum is %q, that of the body %016x", path, got, sum.Sum64())
	}
	return string(body), nil
}

// cheapHandlers are all handlers, as fast as they can be.
var cheapHandlers = map[string]map[string]string{
	"echo": {}, "cpu": {"cpu": "10us"}, "alloc": {"garbage": "8192"}, "downstream": {"wait": "1ms"}, "static": {"size": "10000"}, "kv": {},
}

// Every handler answers the same under every model, and each answer is counted once.
func TestServersAnswer(t *testing.T) {
	for handler, params := range cheapHandlers {
		bodies := map[int]string{}
		for name, layout := range layouts {
			for _, accept := range []string{"inherited", "reuseport"} {
				j := Job{Workers: 3}
				if layout(&j); accept == "inherited" && j.Processes == 0 {
					continue
				}
				t.Run(handler+"/"+name+"/"+accept, func(t *testing.T) {
					raw := map[string]string{"handler": handler, "accept": accept}
					for k, v := range params {
						raw[k] = v
					}
					trial, _ := startServer(t, raw, layout)
					for range 2 { // iterations
						if err := trial.Open(0); err != nil {
							t.Fatal(err)
						}
						const clients, each = 4, 5
						askAll(t, trial.Port(), handler, clients, each, bodies)
						trial.Halt()
						d, err := trial.Done(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						if items, _ := total(d); items != clients*each || len(d.Finishes) != trial.opt.Job.Workers {
							t.Errorf("%d requests were answered and %d workers finished, want %d and %d", items, len(d.Finishes), clients*each, trial.opt.Job.Workers)
						}
					}
					if _, err := trial.Stop(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// askAll lets several clients ask at the same time, each over a connection of its own. bodies holds
// what each request was answered first.
func askAll(t *testing.T, port int, handler string, clients, each int, bodies map[int]string) {
	t.Helper()
	type answer struct {
		n    int
		body string
		err  error
	}
	answers := make(chan answer)
	for c := range clients {
		go func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for i := range each {
				n := c*each + i
				body, err := ask(client, port, fmt.Sprintf("/%s/%d", handler, n))
				answers <- answer{n, body, err}
			}
		}()
	}
	for range clients * each {
		a := <-answers
		if first, met := bodies[a.n]; met && first != a.body {
			t.Errorf("request %d was answered %.40q, by another server %.40q", a.n, a.body, first)
		}
		bodies[a.n] = a.body
		if a.err != nil || a.body == "" {
			t.Errorf("request %d: %v, body %q", a.n, a.err, a.body)
		}
	}
}

// What is no request of the handler's is answered so, and counted.
func TestServerRefusesOtherPaths(t *testing.T) {
	trial, _ := startServer(t, map[string]string{"handler": "echo"}, layouts["goroutines"])
	if err := trial.Open(0); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/echo/", "/echo/-1", "/cpu/1", "/echo/1/2"} {
		r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", trial.Port(), path))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	trial.Halt()
	if d, err := trial.Done(t.Context()); err != nil || d.Finishes[0].Items+d.Finishes[1].Items+d.Finishes[2].Items != 5 {
		t.Errorf("%+v, %v", d, err)
	}
}

// A server that waits for requests takes no processor time.
func TestIdleServerSleeps(t *testing.T) {
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			trial, _ := startServer(t, nil, layout)
			if err := trial.Open(500 * time.Millisecond); err != nil { // the timer halts it, too
				t.Fatal(err)
			}
			d, err := trial.Done(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d.Spent.CPUS > 0.1 {
				t.Errorf("it took %v s of CPU in half a second", d.Spent.CPUS)
			}
		})
	}
}

// A client that goes away in the middle of its request costs an answer, not the trial.
func TestClientGoesAway(t *testing.T) {
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			trial, _ := startServer(t, map[string]string{"handler": "downstream", "wait": "200ms"}, layout)
			if err := trial.Open(0); err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", trial.Port()))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(c, "GET /downstream/1 HTTP/1.1\r\nHost: x\r\n\r\n")
			c.Close()
			body, err := ask(http.DefaultClient, trial.Port(), "/downstream/2")
			if err != nil || body != "2" {
				t.Errorf("%q, %v", body, err)
			}
			trial.Halt()
			d, err := trial.Done(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if items, _ := total(d); items < 1 || items > 2 { // the first may not have been read before its client was gone
				t.Errorf("%d requests were handled", items)
			}
			http.DefaultClient.CloseIdleConnections()
			if _, err := trial.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Nobody listens on the port after a trial, however it ends.
func TestPortIsGivenBack(t *testing.T) {
	for how, end := range map[string]func(*Trial) error{
		"order": func(trial *Trial) error {
			_, err := trial.Stop(t.Context())
			return err
		},
		"killed":      func(trial *Trial) error { return syscall.Kill(trial.PID(), syscall.SIGKILL) },
		"runner lost": func(trial *Trial) error { return trial.commands.Close() },
	} {
		for _, model := range []string{"goroutines", "processes"} {
			t.Run(how+"/"+model, func(t *testing.T) {
				trial, procs := startServer(t, nil, layouts[model])
				if err := trial.Open(0); err != nil {
					t.Fatal(err)
				}
				if how == "order" {
					trial.Halt()
					if _, err := trial.Done(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := end(trial); err != nil {
					t.Fatal(err)
				}
				expectExit(t, trial, procs)
				if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", trial.Port())); err == nil {
					c.Close()
					t.Error("somebody listens still")
				}
			})
		}
	}
}

// A worker process that is killed under load takes the trial with it, and is named.
func TestKilledServerEndsTheTrial(t *testing.T) {
	trial, procs := startServer(t, map[string]string{"accept": "reuseport"}, layouts["processes"])
	if err := trial.Open(0); err != nil {
		t.Fatal(err)
	}
	expectNamed(t, trial, procs, len(procs)-1, syscall.SIGKILL)
}

// With reuseport each process has a socket of its own on the port; inherited is one for all. The host keeps none.
func TestListeningSockets(t *testing.T) {
	for accept, want := range map[string]int{"inherited": 1, "reuseport": 3} {
		trial, procs := startServer(t, map[string]string{"accept": accept}, layouts["processes"])
		sockets, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", trial.PID()))
		if err != nil {
			t.Skip(err)
		}
		port := fmt.Sprintf("0100007F:%04X 00000000:0000 0A", trial.Port())
		if got := strings.Count(string(sockets), port); got != want {
			t.Errorf("%s: %d sockets listen on port %d, want %d", accept, got, trial.Port(), want)
		}
		for _, p := range procs {
			held := 0
			fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID))
			for _, fd := range fds {
				if name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", p.PID, fd.Name())); strings.HasPrefix(name, "socket:") {
					held++
				}
			}
			if want := min(1, p.Slots); held != want {
				t.Errorf("%s: the %s holds %d sockets, want %d", accept, p.Role, held, want)
			}
		}
	}
}
