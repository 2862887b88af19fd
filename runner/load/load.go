// Package load is a load generator for HTTP/1.1 servers of this machine: a process of its own that
// asks in a closed loop, in an open loop on a seeded schedule, or searches the greatest rate
// that a server sustains under an objective.
package load

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// How requests are timed.
const (
	Closed = "closed" // the next one when the last one is answered: finds the capacity
	Open   = "open"   // on a schedule that does not wait for answers: finds the latency
	Search = "search" // open loops at several rates: finds the greatest that meets the objective
)

// Number stands, in a Path or an Expect, for the running number of the request: 0, 1, 2...
const Number = "{n}"

// Plan is what a generator is asked to do against one server.
type Plan struct {
	Addr        string        // "127.0.0.1:34567"
	Path        string        // request target, "/echo?n={n}": see Number
	Expect      string        // the body of every answer, Number in it too; "": any body will do
	Connections int           // kept alive, used in turn; one request is in flight on each
	Mode        string        // Closed, Open or Search
	Rate        float64       // requests/s. Open: offered, with Poisson arrivals. Search: where it begins, best the closed loop's capacity
	Duration    time.Duration // of what is measured; in a Search, of each step: a hundred times Limit, or it cannot tell a server that falls behind
	Warmup      time.Duration // before it, sent like the rest but not measured; in a Search, before each step
	Seed        uint64        // of the arrivals: same seed, same schedule
	Timeout     time.Duration // of one request: then it is an error, and its connection is replaced
	Trace       bool          // remember when each request was due that got no right answer
	Retry       bool          // send a request again that was cut off or refused, until Timeout after it was due: it reads, so that to handle it twice does no harm
	Spin        bool          // the CPU is the generator's own: it may spin for the last stretch before a send

	// The objective of a Search: so large a share of requests is answered within Limit.
	Quantile float64
	Limit    time.Duration
}

// Bounds of a plan.
const (
	MaxConnections = 10_000
	MaxRate        = 1e6
	MaxDuration    = time.Hour
	longestPath    = 8 << 10
	mostWaiting    = 4e7 // requests that wait for a connection, of which each takes 16 bytes
)

// Check returns every fault of a plan.
func (p Plan) Check() error {
	var faults []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("load: "+format, args...))
		}
	}
	_, _, ok := parseAddr(p.Addr)
	want(ok, "address %q: want an IPv4 address and a port, as 127.0.0.1:8080", p.Addr)
	want(strings.HasPrefix(p.Path, "/") && len(p.Path) <= longestPath && visible(p.Path),
		"path %.80q: want / and up to %d visible ASCII characters", p.Path, longestPath)
	want(p.Connections >= 1 && p.Connections <= MaxConnections, "%d connections: want 1 to %d", p.Connections, MaxConnections)
	want(p.Mode == Closed || p.Mode == Open || p.Mode == Search, "mode %.40q: want %s, %s or %s", p.Mode, Closed, Open, Search)
	want(p.Mode == Closed || p.Rate > 0 && p.Rate <= MaxRate, "rate %g: want more than 0 and up to %g requests/s", p.Rate, float64(MaxRate))
	want(p.Mode == Closed || p.Rate <= p.mostRate(), "rate %g with a timeout of %v: so many requests could wait for a connection that they do not fit into memory: want at most %g", p.Rate, p.Timeout, float64(mostWaiting))
	want(p.Duration > 0 && p.Duration <= MaxDuration, "duration %v: want more than 0 and up to %v", p.Duration, MaxDuration)
	want(p.Warmup >= 0 && p.Warmup <= MaxDuration, "warm-up %v: want 0 to %v", p.Warmup, MaxDuration)
	want(p.Timeout > 0 && p.Timeout <= MaxDuration, "timeout %v: want more than 0 and up to %v", p.Timeout, MaxDuration)
	if p.Mode == Search {
		want(p.Quantile > 0 && p.Quantile < 1 && !math.IsNaN(p.Quantile), "quantile %g: want more than 0 and less than 1", p.Quantile)
		want(p.Limit > 0 && p.Limit <= p.Timeout, "limit %v: want more than 0 and up to the timeout, %v", p.Limit, p.Timeout)
	}
	return errors.Join(faults...)
}

// mostRate is the greatest rate that may be offered.
func (p Plan) mostRate() float64 { return min(MaxRate, mostWaiting/max(p.Timeout.Seconds(), 1)) }

// Longest is how long a generator works on a plan, at most and but for its start: whoever waits for it
// needs no more patience.
func (p Plan) Longest() time.Duration {
	runs := time.Duration(1)
	if p.Mode == Search {
		runs = SearchSteps
	}
	const slack = 5 * time.Second // of a machine that is busy
	return openPatience + runs*(p.Warmup+p.Duration+p.Timeout) + slack
}

// visible tells whether a request line may hold a text.
func visible(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

const addrForm = "%d.%d.%d.%d:%d"

// parseAddr reads an IPv4 address and a port. Package net/netip would add to the start of
// every worker process what it sets up for itself.
func parseAddr(text string) (ip [4]byte, port uint16, ok bool) {
	_, err := fmt.Sscanf(text, addrForm, &ip[0], &ip[1], &ip[2], &ip[3], &port)
	return ip, port, err == nil && port > 0 && text == fmt.Sprintf(addrForm, ip[0], ip[1], ip[2], ip[3], port)
}
