package load

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/affinity"
)

const serverVar = "FORKLORE_TEST_LOAD_SERVER"

// TestServerProcess is no test: it is a server in a process of its own, so that it can have a CPU of
// its own. It tells its address and ends when its stdin does.
func TestServerProcess(t *testing.T) {
	kind := os.Getenv(serverVar)
	if kind == "" {
		t.Skip("run by the measurements")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("addr", l.Addr())
	switch kind {
	case "echo":
		go func() { _ = http.Serve(l, http.HandlerFunc(echo)) }()
	case "sums":
		go func() { _ = http.Serve(l, http.HandlerFunc(sums)) }()
	case "sink":
		go func() { _ = sink(l) }()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// sums computes for some 50 us before it answers: a server that is slower than any generator.
func sums(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.URL.RawQuery))
	for range 600 {
		sum = sha256.Sum256(sum[:])
	}
	fmt.Fprintf(w, "%x", sum)
}

// sink answers requests with as little work as there can be: it does not even read them.
func sink(l net.Listener) error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	go func() {
		in := make([]byte, 1<<16)
		events := make([]unix.EpollEvent, 256)
		for {
			n, err := unix.EpollWait(epoll, events, -1)
			if err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
			for _, e := range events[:max(n, 0)] {
				if n, err := unix.Read(int(e.Fd), in); n > 0 && err == nil {
					_, _ = unix.Write(int(e.Fd), []byte(right))
				} else if n == 0 {
					_ = unix.Close(int(e.Fd))
				}
			}
		}
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		f, err := c.(*net.TCPConn).File()
		if err != nil {
			return err
		}
		fd, err := unix.Dup(int(f.Fd()))
		_, _ = f.Close(), c.Close()
		if err != nil {
			return err
		}
		_ = unix.SetNonblock(fd, true)
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return err
		}
	}
}

// startServer starts a server on one CPU and returns its address.
func startServer(t *testing.T, kind string, cpu int) string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerProcess$", "-test.v")
	cmd.Env = append(os.Environ(), serverVar+"="+kind, "GOMAXPROCS=1")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, affinity.Start([]int{cpu}, cmd.Start)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	var said []byte
	for b := make([]byte, 256); ; {
		n, err := out.Read(b)
		said = append(said, b[:n]...)
		if _, rest, ok := bytes.Cut(said, []byte("addr ")); ok && bytes.ContainsRune(rest, '\n') {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return strings.Fields(string(rest))[0]
		}
		if err != nil {
			t.Fatalf("the server ended: %v\n%s", err, said)
		}
	}
}

// twoCPUs skips what needs a CPU for the server and one for the load.
func twoCPUs(t *testing.T) (server, load int) {
	if os.Getenv("FORKLORE_C_BENCH") == "" {
		t.Skip("a measurement: ask for it with FORKLORE_C_BENCH=1")
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var cpus []int
	for c := 0; len(cpus) < set.Count(); c++ {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	if len(cpus) < 2 {
		t.Skip("needs two CPUs: one for the server, one for the load")
	}
	return cpus[0], cpus[1]
}

// The capacity of one server as wrk finds it, and as a closed loop does, in turn. The server must
// be what is short of CPU: beside a fast one the figure is how much each of the two generators
// needs for a request.
func TestAgainstWrk(t *testing.T) {
	server, load := twoCPUs(t)
	if _, err := exec.LookPath("wrk"); err != nil {
		t.Skip("wrk is not installed: apt-get install wrk, or https://github.com/wg/wrk")
	}
	for _, c := range []struct {
		kind        string
		connections int
	}{{"sums", 1}, {"sums", 16}, {"sums", 128}, {"echo", 1}, {"echo", 16}, {"echo", 128}} {
		t.Run(fmt.Sprint(c.kind, " ", c.connections), func(t *testing.T) {
			addr := startServer(t, c.kind, server)
			rival(t, load, Plan{Addr: addr, Path: "/echo?n=1", Connections: c.connections, Mode: Closed, Duration: time.Second, Warmup: 100 * time.Millisecond, Timeout: 10 * time.Second})
		})
	}
}

// rival runs wrk and a closed loop in turn, and prints the ratio of the capacities.
func rival(t *testing.T, cpu int, p Plan) {
	const rounds = 21
	wrk(t, cpu, p) // the first one warms the server up
	var ratios, ours, theirs, busy, itsBusy []float64
	for range rounds {
		rate, share := wrk(t, cpu, p)
		g, err := Start(program, []int{cpu}, p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := g.Wait(t.Context())
		if err != nil || r.Errors.Total() > 0 {
			t.Fatal(err, r.Errors)
		}
		ours, theirs, ratios = append(ours, r.Achieved), append(theirs, rate), append(ratios, r.Achieved/rate)
		busy, itsBusy = append(busy, r.CPUS/r.WallS), append(itsBusy, share)
	}
	low, mid, high := spread(ratios)
	_, a, _ := spread(ours)
	_, b, _ := spread(theirs)
	_, c, _ := spread(busy)
	_, d, _ := spread(itsBusy)
	t.Logf("%d connections: ours %.0f/s with %.0f %% of a CPU, wrk %.0f/s with %.0f %%, ratio %.3f [%.3f, %.3f] of %d pairs", p.Connections, a, 100*c, b, 100*d, mid, low, high, rounds)
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrk returns the rate that wrk achieves, and the share of a CPU that it needs for it.
func wrk(t *testing.T, cpu int, p Plan) (rate, busy float64) {
	cmd := exec.Command("wrk", "-t1", fmt.Sprint("-c", p.Connections), fmt.Sprint("-d", p.Duration.Seconds(), "s"), "http://"+p.Addr+p.Path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begin := time.Now()
	err := affinity.Start([]int{cpu}, cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	took := time.Since(begin)
	found := wrkRate.FindSubmatch(out.Bytes())
	if err != nil || found == nil || strings.Contains(out.String(), "errors") {
		t.Fatalf("wrk: %v\n%s", err, &out)
	}
	if rate, err = strconv.ParseFloat(string(found[1]), 64); err != nil {
		t.Fatal(err)
	}
	return rate, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() / took.Seconds()
}

// How late requests are sent at rates up to 50 000 in a second, on one CPU, to a server that has
// another one and does next to nothing.
func TestLatenessAtRates(t *testing.T) {
	server, load := twoCPUs(t)
	addr := startServer(t, "sink", server)
	for _, spin := range []bool{false, true} {
		for _, rate := range []float64{100, 1000, 10_000, 50_000} {
			t.Run(fmt.Sprintf("%.0f, spin %t", rate, spin), func(t *testing.T) {
				p := Plan{Addr: addr, Path: "/", Connections: 64, Mode: Open, Rate: rate, Duration: 5 * time.Second, Warmup: time.Second, Seed: 1, Timeout: 10 * time.Second, Spin: spin}
				g, err := Start(program, []int{load}, p)
				if err != nil {
					t.Fatal(err)
				}
				r, err := g.Wait(t.Context())
				if err != nil || r.Errors.Total() > 0 {
					t.Fatal(err, r.Errors)
				}
				late := r.SendLateness
				t.Logf("offered %.0f/s, achieved %.0f/s, late p50 %v, p99 %v, p99.9 %v, max %v; %.2f %% waited for a connection; CPU %.0f %% used, %.0f %% lost to others; saturated: %q",
					r.Offered, r.Achieved, late.Quantile(0.5), late.Quantile(0.99), late.Quantile(0.999), late.Quantile(1),
					100*float64(r.Waited)/float64(r.Measured), 100*(r.CPUS-r.SpunS)/r.WallS, 100*r.DelayS/r.WallS, r.Saturated)
			})
		}
	}
}

func spread(list []float64) (low, mid, high float64) {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]
}
