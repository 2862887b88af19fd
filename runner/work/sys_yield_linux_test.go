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
