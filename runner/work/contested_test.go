package work

import (
	"context"
	"maps"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// Kernels whose workers share something, run as the host runs them: in one process
// on the heap or on shared memory, and in several real processes.

func init() {
	forkedJobs["kernel"] = func(c *forked) (r forkedResult) {
		kind, err := Lookup(c.Kind)
		var ps Params
		if err == nil {
			ps, err = kind.Parse(c.Params)
		}
		var k Kernel
		if err == nil {
			k, err = kind.New(ps, c.env())
		}
		if err != nil {
			return forkedResult{Broken: err.Error()}
		}
		c.gate()
		for range c.Rounds {
			c.round(k, &r)
			c.gate()
		}
		if closer, ok := k.(Closer); ok {
			if err := closer.Close(); err != nil {
				r.Broken += err.Error()
			}
		}
		return r
	}
}

func (c *forked) env() Env {
	return Env{Slots: c.Slots, Rank: c.Rank, Workers: c.Workers, Processes: c.Processes, Shared: c.shared[:c.Size]}
}

// round deals the items of a round by the shared counter, one by one.
func (c *forked) round(k Kernel, r *forkedResult) {
	var items, sum, broken, timed atomic.Int64
	c.each(func(rank int) {
		slot := rank - c.Rank
		for i := c.page().next.Add(1) - 1; i < c.Items; i = c.page().next.Add(1) - 1 {
			part, err := k.Do(context.Background(), Task{Lo: i, Hi: i + 1, Slot: slot})
			if err != nil {
				broken.Add(1)
			}
			items.Add(1)
			sum.Add(int64(part))
		}
		timed.Add(timedBy(k, slot))
	})
	r.Items += items.Load()
	r.Sum += uint64(sum.Load())
	r.Timed += timed.Load()
	if broken.Load() > 0 {
		r.Broken = "an item was an error "
	}
}

// timedBy returns how many durations are in a worker's histograms.
func timedBy(k Kernel, slot int) (n int64) {
	m, ok := k.(Measurer)
	if !ok {
		return 0
	}
	for _, h := range m.Measure(slot).Hists {
		for _, b := range h.Buckets() {
			n += b.Count
		}
	}
	return n
}

// A forkedRun is what came of a trial.
type forkedRun struct {
	items  int64
	sum    uint64
	timed  int64
	shared []byte
}

// runProcesses runs rounds of items of a kernel in real processes.
func runProcesses(t *testing.T, name string, raw map[string]string, layout []int, items int64, rounds int) (run forkedRun) {
	t.Helper()
	kind, ps := parsedKind(t, name, raw)
	workers := 0
	for _, slots := range layout {
		workers += slots
	}
	task := forkedTask{Job: "kernel", Kind: name, Params: raw, Items: items, Rounds: rounds, Size: kind.Shared(ps, workers)}
	list, shared := inProcesses(t, layout, task, func(_ int, shared []byte) { pageAfter(shared, task.Size).next.Store(0) })
	for _, r := range list {
		run.items += r.Items
		run.sum += r.Sum
		run.timed += r.Timed
	}
	run.shared = shared
	return run
}

func parsedKind(t testing.TB, name string, raw map[string]string) (Kind, Params) {
	t.Helper()
	kind, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return kind, ps
}

// crowdedKernel returns a kernel of slots workers in this process, with memory to share.
func crowdedKernel(t testing.TB, name string, raw map[string]string, slots int) Kernel {
	t.Helper()
	kind, ps := parsedKind(t, name, raw)
	env := Env{Slots: slots, Workers: slots}
	if kind.Shared != nil {
		env.Shared = pageAligned(kind.Shared(ps, slots))
	}
	return newKernel(t, name, raw, env)
}

// runHere runs items of a kernel on several goroutines of this process at once, one by one.
func runHere(t *testing.T, k Kernel, slots int, items int64) uint64 {
	t.Helper()
	var next atomic.Int64
	sums := make(chan uint64)
	for slot := range slots {
		go func() {
			var sum uint64
			for i := next.Add(1) - 1; i < items; i = next.Add(1) - 1 {
				part, err := k.Do(t.Context(), Task{Lo: i, Hi: i + 1, Slot: slot})
				if err != nil {
					t.Errorf("item %d: %v", i, err)
				}
				sum += part
			}
			sums <- sum
		}()
	}
	var sum uint64
	for range slots {
		sum += <-sums
	}
	return sum
}

// everyForm runs a workload with each set of parameters in one process, native and
// shared, and in several, and checks that all agree with want.
func everyForm(t *testing.T, name string, raw map[string]string, items int64, want uint64) {
	t.Helper()
	const slots = 3
	for _, form := range []string{"native", "shared"} {
		raw := maps.Clone(raw)
		if _, ps := parsedKind(t, name, nil); ps["form"] != "" {
			raw["form"] = form
		}
		if form == "shared" && !hasFutex {
			continue
		}
		k := crowdedKernel(t, name, raw, slots)
		if got := runHere(t, k, slots, items); got != want {
			t.Errorf("%s %v: sum %x, want %x", name, raw, got, want)
		}
		closeKernel(t, k)
	}
	if !hasFutex {
		return
	}
	for layoutName, layout := range map[string][]int{"processes": {1, 1, 1}, "hybrid": {2, 2}} {
		run := runProcesses(t, name, raw, layout, items, 2)
		if run.items != 2*items || run.sum != 2*want {
			t.Errorf("%s %v in %s: %d items with sum %x in two rounds, want %d with %x", name, raw, layoutName, run.items, run.sum, 2*items, 2*want)
		}
	}
}

// pollUntil polls for a state that other workers bring about.
func pollUntil(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(limit) {
			t.Fatalf("not within 30 s: %s", what)
		}
		runtime.Gosched()
	}
}
