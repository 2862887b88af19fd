package work

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"forklore/runner/link"
)

// dataJobs holds, for each workload on data, cheap parameters of several sizes: uneven,
// and smaller than the number of workers.
var dataJobs = map[string][]map[string]string{}

// everyJob runs a test for each job on data, each set of its parameters and each
// delivery.
func everyJob(t *testing.T, test func(t *testing.T, kind Kind, raw map[string]string)) {
	for _, name := range slices.Sorted(maps.Keys(dataJobs)) {
		kind := kinds[name]
		for i, raw := range dataJobs[name] {
			for _, delivery := range paramOf(kind, "delivery").Choices {
				raw := maps.Clone(raw)
				raw["delivery"] = delivery
				t.Run(fmt.Sprint(name, "/", i, "/", delivery), func(t *testing.T) { test(t, kind, raw) })
			}
		}
	}
}

func paramOf(kind Kind, name string) Param {
	return kind.Params[slices.IndexFunc(kind.Params, func(p Param) bool { return p.Name == name })]
}

// One worker with its own input is the reference; every number of workers, every
// delivery and every layout must agree with it, in each iteration.
func TestJobsGiveOneSum(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		const items = 3
		plain := maps.Clone(raw)
		plain["delivery"] = byLink
		want := sumOfJobs(t, kind, plain, items)
		if less := sumOfJobs(t, kind, plain, items-1); less == want {
			t.Error("the sum does not show that a job is missing")
		}
		layouts := [][]int{{1}, {2}, {3}, {4}, {5}}
		if raw["delivery"] != byHeap {
			layouts = append(layouts, []int{1, 1}, []int{1, 1, 1}, []int{2, 2}, []int{1, 1, 1, 1, 1}, []int{3, 3, 2}, []int{13})
		}
		for _, layout := range layouts {
			crew := newCrewOfPeers(t, kind, raw, layout)
			for iteration := range 2 {
				if got, sum := crew.run(t, Round{Items: items}); got != items || sum != want {
					t.Errorf("layout %v, iteration %d: %d items, sum %x, want %d and %x", layout, iteration, got, sum, items, want)
				}
			}
			crew.close(t)
		}
	})
}

func TestJobsWithoutItems(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		crew := newCrewOfPeers(t, kind, raw, []int{3})
		defer crew.close(t)
		if items, sum := crew.run(t, Round{}); items != 0 || sum != 0 {
			t.Errorf("%d items, sum %x", items, sum)
		}
	})
}

// Under fixed time rank 0 alone decides: the others may see the end earlier or
// later.
func TestJobsUnderFixedTime(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		const items = 4
		crew := newCrewOfPeers(t, kind, raw, []int{3})
		defer crew.close(t)
		var asked atomic.Int64
		over := func() bool { return asked.Add(1) > items }
		got, sum := crew.run(t, Round{Items: Endless, Over: over})
		if want := sumOfJobs(t, kind, raw, items); got != items || sum != want {
			t.Errorf("%d items, sum %x, want %d and %x", got, sum, items, want)
		}
	})
}

// When the context ends, so do all ranks, between two jobs.
func TestJobsAreCancelled(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		crew := newCrewOfPeers(t, kind, raw, []int{3})
		defer crew.close(t)
		ctx, cancel := context.WithCancel(t.Context())
		var asked atomic.Int64
		over := func() bool { // asked by rank 0 before each job
			if asked.Add(1) == 3 {
				cancel()
			}
			return false
		}
		crew.each(t, func(rank int) error {
			_, _, err := crew.peers[rank].Run(ctx, crew.comms[rank], Round{Items: 1 << 50, Slot: crew.slots[rank], Over: over})
			if err == nil || rank == 0 && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("rank %d ended with %v, want the context's error", rank, err)
			}
			return nil
		})
	})
}

// What the ranks say that they moved is what the links and the shards had to
// carry, and no time is negative or missing.
func TestJobsMeasure(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		const items = 2
		crew := newCrewOfPeers(t, kind, raw, []int{4})
		defer crew.close(t)
		crew.run(t, Round{Items: items})
		moved := 0.0
		for rank, p := range crew.peers {
			values := p.(Measurer).Measure(crew.slots[rank]).Values
			if len(values) != len(kind.Measures) {
				t.Errorf("measured %v, want the %d that are declared", values, len(kind.Measures))
			}
			for _, m := range kind.Measures {
				if v, ok := values[m.Name]; !ok || v < 0 {
					t.Errorf("%s of rank %d: %v, %v", m.Name, rank, v, ok)
				}
			}
			moved += values["moved_B"]
			if again := p.(Measurer).Measure(crew.slots[rank]).Values; again["moved_B"] != 0 {
				t.Errorf("measured %v a second time", again)
			}
		}
		want := float64(crew.sent.Load())
		if raw["delivery"] == byShard {
			want += items * float64(inputOf(crew.peers[0]).words()*8)
		}
		if moved != want {
			t.Errorf("moved %v bytes, want %v", moved, want)
		}
	})
}

// What native means shows in the bytes that are sent: those of heap where all
// workers are in one process, those of link where they are in several.
func TestNativeDelivery(t *testing.T) {
	sent := func(kind Kind, raw map[string]string, delivery string, layout []int) int64 {
		raw = maps.Clone(raw)
		raw["delivery"] = delivery
		crew := newCrewOfPeers(t, kind, raw, layout)
		defer crew.close(t)
		crew.run(t, Round{Items: 2})
		return crew.sent.Load()
	}
	for name, sets := range dataJobs {
		for _, raw := range sets {
			kind := kinds[name]
			if got, want := sent(kind, raw, byNative, []int{3}), sent(kind, raw, byHeap, []int{3}); got != want {
				t.Errorf("%s %v in one process: %d bytes sent, want %d as by heap", name, raw, got, want)
			}
			if got, want := sent(kind, raw, byNative, []int{1, 2}), sent(kind, raw, byLink, []int{1, 2}); got != want {
				t.Errorf("%s %v in two processes: %d bytes sent, want %d as by link", name, raw, got, want)
			}
		}
	}
}

func inputOf(p Peer) *input {
	if k, ok := p.(interface{ theInput() *input }); ok {
		return k.theInput()
	}
	return nil
}

func (in *input) theInput() *input { return in }

// More jobs take no more memory, neither of one worker nor of some that talk.
func TestJobsDoNotAllocate(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		for _, workers := range []int{1, 3} {
			crew := newCrewOfPeers(t, kind, raw, []int{workers})
			defer crew.close(t)
			few := testing.AllocsPerRun(3, func() { crew.run(t, Round{Items: 1}) })
			many := testing.AllocsPerRun(3, func() { crew.run(t, Round{Items: 11}) })
			if many > few+5 { // the runtime keeps what goroutines wait with, but not for ever
				t.Errorf("%d workers: 10 jobs more allocate %v times", workers, many-few)
			}
		}
	})
}

func TestRefuseData(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		for _, model := range []string{"sequential", "goroutines", "threads", "processes", "hybrid"} {
			ps, err := kind.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			reason := kind.Refuse(ps, Layout{Model: model, Workers: 4, Processes: 2})
			want := raw["delivery"] == byHeap && (model == "processes" || model == "hybrid")
			if (reason != "") != want || strings.HasSuffix(reason, ".") {
				t.Errorf("%s: refused because %q", model, reason)
			}
			ps["link"] = "channel"
			if reason := kind.Refuse(ps, Layout{Model: model}); (reason != "") != (model == "processes" || model == "hybrid") {
				t.Errorf("%s over a channel: refused because %q", model, reason)
			}
		}
		ps, _ := kind.Parse(raw)
		if raw["delivery"] == byHeap {
			if _, err := kind.Peer(ps, Env{Slots: 1, Workers: 2, Processes: 2}); err == nil {
				t.Error("a heap of two processes was accepted")
			}
		}
		if raw["delivery"] == byShared {
			if _, err := kind.Peer(ps, Env{Slots: 1, Workers: 1}); err == nil {
				t.Error("no shared memory was accepted")
			}
		}
	})
}

// The shortest messages cut everything that is sent.
func TestJobsWithShortMessages(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		want := sumOfJobs(t, kind, raw, 2)
		raw["message"] = "1024"
		crew := newCrewOfPeers(t, kind, raw, []int{4})
		defer crew.close(t)
		if _, sum := crew.run(t, Round{Items: 2}); sum != want {
			t.Errorf("sum %x, want %x", sum, want)
		}
	})
}

// The links that trials use, each with its own idea of how much it holds.
func TestJobsOverEveryLink(t *testing.T) {
	everyJob(t, func(t *testing.T, kind Kind, raw map[string]string) {
		want := sumOfJobs(t, kind, raw, 3)
		for _, name := range link.Names() {
			raw["link"], raw["message"] = name, "1024" // the queues of many systems take no more
			crew := newCrewOfPeers(t, kind, raw, []int{4})
			ps, _ := kind.Parse(raw)
			fabric, err := link.Open(kind.Links(ps, 4), 4, t.TempDir())
			if lack := (link.Unavailable{}); errors.As(err, &lack) {
				t.Logf("%s: %v", name, err)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			joint, err := fabric.Join()
			if err != nil {
				t.Fatal(err)
			}
			for rank := range crew.comms {
				crew.comms[rank] = joint.Comm(rank)
			}
			if items, sum := crew.run(t, Round{Items: 3}); items != 3 || sum != want {
				t.Errorf("%s: %d items, sum %x, want 3 and %x", name, items, sum, want)
			}
			crew.close(t)
			if err := errors.Join(joint.Close(), fabric.Close()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestPortion(t *testing.T) {
	for n := range int64(20) {
		for workers := 1; workers < 8; workers++ {
			at := int64(0)
			for rank := range workers {
				lo, hi := portion(n, workers, rank)
				if lo != at || hi < lo || hi-lo > (n+int64(workers)-1)/int64(workers) || hi-lo < n/int64(workers) {
					t.Errorf("rank %d of %d has [%d, %d) of %d", rank, workers, lo, hi, n)
				}
				at = hi
			}
			if at != n {
				t.Errorf("%d workers have %d of %d", workers, at, n)
			}
		}
	}
}

// Any single change of a value changes the sum, and parts add up.
func TestWeigh(t *testing.T) {
	values := []uint64{5, 0, 1 << 63, 77, 77}
	want := weigh(values, 0)
	if got := weigh(values[:2], 0) + weigh(values[2:], 2); got != want {
		t.Errorf("the parts are %x, the whole is %x", got, want)
	}
	if want != 5+0*3+1<<63+77*7+77*9 {
		t.Errorf("got %x", want)
	}
	for i := range values {
		values[i] ^= 1 << 63
		if weigh(values, 0) == want {
			t.Errorf("a change of value %d does not show", i)
		}
		values[i] ^= 1 << 63
	}
}

// A job of the defaults, by one worker and by two over links that hold nothing.
func BenchmarkJob(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(dataJobs)) {
		kind := kinds[name]
		for _, layout := range [][]int{{1}, {2}} {
			for _, delivery := range paramOf(kind, "delivery").Choices {
				b.Run(fmt.Sprintf("%s/%s/workers=%d", name, delivery, layout[0]), func(b *testing.B) {
					crew := newCrewOfPeers(b, kind, map[string]string{"delivery": delivery}, layout)
					defer crew.close(b)
					b.ResetTimer()
					crew.run(b, Round{Items: int64(b.N)})
				})
			}
		}
	}
}
