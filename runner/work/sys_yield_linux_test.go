//go:build amd64 || arm64

package work

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func init() { cheap["sched_yield"] = map[string]string{"batch": "8"} }

// The other levels are counted by the kernel, in tracedCases.
func TestSchedYield(t *testing.T) {
	eachLevel(t, "sched_yield", func(t *testing.T, level string) {
		k := newKernel(t, "sched_yield", map[string]string{"batch": "10", "level": level}, Env{Slots: 1})
		runItems(t, k, 3, 10)
	})
}

// Where Go has one processor, each yield of the worker lets another goroutine
// run, which yields in turn.
func TestGoschedLetsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	k := newKernel(t, "sched_yield", map[string]string{"batch": "100", "level": "gosched"}, Env{Slots: 1})
	var turns atomic.Int64
	var over atomic.Bool
	ended := make(chan struct{})
	go func() {
		for ; !over.Load(); runtime.Gosched() {
			turns.Add(1)
		}
		close(ended)
	}()
	for turns.Load() == 0 {
		runtime.Gosched()
	}
	before := turns.Load()
	runItems(t, k, 1, 100)
	if n := turns.Load() - before; n < 50 {
		t.Errorf("another goroutine ran %d times during 100 yields", n)
	}
	over.Store(true)
	<-ended
}

// With more workers than cores a yield must be able to find one of them.
func TestYieldNeedsSomebody(t *testing.T) {
	for _, c := range []struct {
		level   string
		l       Layout
		refused bool
	}{
		{"raw", Layout{Model: "threads", Cores: 2, Workers: 2, Processes: 1}, false}, // nobody waits
		{"raw", Layout{Model: "goroutines", Cores: 1, Workers: 4, Processes: 1}, true},
		{"go", Layout{Model: "threads", Cores: 1, Workers: 4, Processes: 1}, false},
		{"gosched", Layout{Model: "threads", Cores: 1, Workers: 4, Processes: 1}, true},
		{"gosched", Layout{Model: "goroutines", Cores: 1, Workers: 4, Processes: 1}, false},
		{"raw", Layout{Model: "processes", Cores: 1, Workers: 4, Processes: 4}, false},
		{"gosched", Layout{Model: "processes", Cores: 1, Workers: 4, Processes: 4}, true},
		{"raw", Layout{Model: "hybrid", Cores: 1, Workers: 4, Processes: 2}, true},
		{"gosched", Layout{Model: "hybrid", Cores: 1, Workers: 4, Processes: 2}, false},
		{"raw", Layout{Model: "hybrid", Cores: 4, Workers: 8, Processes: 2}, true},
		{"raw", Layout{Model: "sequential", Cores: 1, Workers: 1, Processes: 1}, false},
	} {
		kind, err := Lookup("sched_yield")
		if err != nil {
			t.Fatal(err)
		}
		ps, err := kind.Parse(map[string]string{"level": c.level})
		if err != nil {
			t.Fatal(err)
		}
		if why := kind.Refuse(ps, c.l); (why != "") != c.refused {
			t.Errorf("level %s, %+v: %q", c.level, c.l, why)
		}
	}
}
