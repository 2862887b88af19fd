//go:build !light && !heavy

package work

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func init() { describe("http", httpKind) }

func httpKind() Kind {
	return Kind{
		Name:    "http",
		Summary: "a web server under load: six handlers, in a closed loop or at a share of its capacity",
		Doc: `Definition: a server of HTTP/1.1 (Go's net/http) on a port of 127.0.0.1, and
requests GET /HANDLER/N over connections that are kept alive, N being the request's
number. They come from a load generator, a process of its own, on CPUs that the trial
may not use where there are any. Handlers:
  echo        answers with the path of the request
  cpu         uses cpu of processor time, then answers with N
  alloc       allocates garbage bytes in pieces of 4 KiB, writes to each, answers with N
  downstream  waits for wait, then answers with N
  static      answers with a file of size bytes (http.ServeContent, hence sendfile)
  kv          reads one of 4096 values of 1 KiB from a bbolt store by a key made of N
cpu and downstream are those of workload wait: processor time by the clock of the
running thread; a wait on a descriptor of the process's own (timerfd), as for another
service's answer. A real connection to a stand-in for that service would put the
stand-in's work on the scale, so there is none. Each answer has the header X-Sum, the
FNV-1a sum (64 bits) of its body, by which the client proves it; of files one in 16 has,
for to sum up 64 KiB takes the client longer than to send them takes the server.
Models: goroutines, one process, a goroutine for each connection. threads, the same,
but bodies of handlers run in a pool of locked threads, one for each worker, while
net/http reads the connections: a thread handles one request at a time. GOMAXPROCS is
the cores, as for goroutines: above it the collector alone takes several times the CPU.
processes, prefork, one process with GOMAXPROCS 1 for each worker. hybrid, prefork with
several workers in each. sequential, one request at a time.
accept: reuseport gives each process a listening socket of its own on the one port, and the
kernel deals connections out by a hash; inherited is one socket, which all processes
inherit, and whoever comes first takes what is there. One process has one socket either
way, so it is run with reuseport alone.
load: closed sends a connection's next request when its last one is answered, which finds the
capacity; a percentage offers that share of the capacity on a seeded schedule with exponential
gaps (Poisson) that does not wait for answers, which finds the latency; max looks for the
greatest rate at which percentile of the answers come within objective, in eight steps that
share the duration: 800 times the objective, or a server that falls behind does not show. The capacity is measured in a closed loop before the first block, on the
first cell of the plan with the same handler, connections and cores but the plain loop, so
that all models are offered the same.
Source: net/http; wrk2 and HdrHistogram for latency from the scheduled time
(coordinated omission). The store is bbolt, opened read-only, because several processes
can hold its shared lock and map one file: SQLite in pure Go is a C library in
translation, megabytes of code that every process would load.
Unit: requests, with those of the warm-up, which takes a fifth of the duration, at most
a second; not bytes. throughput_items_per_s counts them from the first one to the end, with
the wait for the last answers in it; achieved_per_s is the generator's measured window.
Stresses: accepting, reading and answering in each model, the scheduler with many
waiting requests, the collector (alloc), the page cache (static, kv).
Does not say: what a network card, TLS, a proxy or connections that are not kept cost.
Where the generator has no CPUs of its own it shares the server's, and the report warns.`,
		Item: "a request",
		Params: []Param{
			{Name: "handler", Type: "choice", Default: "echo", Choices: slices.Sorted(maps.Keys(answers)), Doc: "what a request asks for"},
			{Name: "load", Type: "choice", Default: loadClosed, Choices: loads, Doc: "closed loop, share of the capacity, or max: the greatest rate under the objective"},
			{Name: "connections", Type: "int", Default: "32", Min: 1, Max: 10000, Doc: "connections kept alive, one request in flight on each"},
			{Name: "accept", Type: "choice", Default: acceptReuseport, Choices: []string{acceptInherited, acceptReuseport}, Doc: "one listening socket for all processes, or one each"},
			{Name: "at_once", Type: "int", Default: "0", Min: 0, Max: 10000, Doc: "requests that a worker handles at the same time, 0 for any number; threads: always 1"},
			{Name: "objective", Type: "duration", Default: "20ms", Min: 1e-4, Max: 10, Doc: "load max: what the percentile of the latency must not exceed"},
			{Name: "percentile", Type: "choice", Default: "p99", Choices: []string{"p50", "p90", "p99", "p999"}, Doc: "load max: of the latency"},
			{Name: "cpu", Type: "duration", Default: "2ms", Min: 0, Max: 1, Doc: "handler cpu: processor time of a request"},
			{Name: "wait", Type: "duration", Default: "10ms", Min: 0, Max: 10, Doc: "handler downstream: wait of a request"},
			{Name: "garbage", Type: "bytes", Default: "1048576", Min: 4096, Max: 1 << 30, Doc: "handler alloc: bytes that a request allocates"},
			{Name: "size", Type: "bytes", Default: "65536", Min: 1, Max: 1 << 30, Doc: "handler static: bytes of the file"},
		},
		Measures:  ServerMeasures(),
		Allocates: true,
		Server:    newWeb,
		Load:      webLoad,
		Apart:     func(ps Params) bool { return ps.String("accept") == acceptReuseport },
		Refuse:    refuseWeb,
	}
}

const (
	acceptInherited = "inherited"
	acceptReuseport = "reuseport"

	loadClosed = "closed"
	loadMax    = "max"
)

// shares are the loads that are a share of the capacity.
var shares = []string{"10%", "20%", "30%", "40%", "50%", "60%", "70%", "80%", "90%", "95%", "100%", "110%", "120%", "150%"}

var loads = append(append([]string{loadClosed}, shares...), loadMax)

// refuseWeb says what no server can do, and which settings come to the same as others.
func refuseWeb(ps Params, l Layout) string {
	switch {
	case !l.FixedTime:
		return "a server is under load for a time, not for a number of items: give duration: 1s"
	case ps.String("accept") == acceptInherited && l.Processes < 2:
		return "one process has one listening socket either way: it is run with accept: " + acceptReuseport
	case l.Model == "threads" && ps.Int("at_once") > 1:
		return "a thread handles one request at a time: take more workers instead of at_once"
	case l.Model == "sequential" && ps.Int("at_once") > 1:
		return "the plain loop handles one request at a time, whatever at_once says"
	}
	return ""
}

var percentiles = map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}

func webLoad(ps Params) Load {
	load := Load{
		Path:        "/" + ps.String("handler") + "/{n}",
		Connections: int(ps.Int("connections")),
		Quantile:    percentiles[ps.String("percentile")],
		Limit:       ps.Duration("objective"),
		Group:       webGroup(ps),
	}
	switch text := ps.String("load"); text {
	case loadClosed:
	case loadMax:
		load.Search = true
	default:
		percent, err := parseInt(strings.TrimSuffix(text, "%"))
		load.Share = float64(must(percent, err)("load")) / 100
	}
	return load
}

// webGroup is what the capacity depends on but the design of the server.
func webGroup(ps Params) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(ps)) {
		switch name {
		case "load", "objective", "percentile", "accept", "at_once":
		default:
			words = append(words, name+"="+ps[name])
		}
	}
	return strings.Join(words, " ")
}

// answers are what handlers do, by name.
var answers = map[string]func(Params, Env) (responder, error){
	"echo": newEcho, "cpu": newCPU, "alloc": newAlloc, "downstream": newDownstream, "static": newStatic, "kv": newKV,
}

// newWeb starts to accept connections, and to handle them but for those that wait for a
// worker.
func newWeb(ps Params, env Env) (Server, error) {
	responder, err := answers[ps.String("handler")](ps, env)
	if err != nil {
		return nil, fmt.Errorf("http: handler %s: %w", ps.String("handler"), err)
	}
	at := ps.Int("at_once")
	if env.Alone {
		at = 1
	}
	return startWeb(env, "/"+ps.String("handler")+"/", responder, int(at))
}
