package work

import (
	"maps"
	"testing"
)

func init() {
	cheap["spinlock"] = map[string]string{"batch": "20", "inside": "2", "outside": "5", "yield": "10"}
}

// The definition is that of mutex, and so are the sums.
func TestSpinlockExcludesEveryModel(t *testing.T) {
	raw := map[string]string{"batch": "16", "inside": "2", "outside": "1", "sample": "3"}
	for _, yield := range []string{"1", "128", "0"} {
		raw := maps.Clone(raw)
		raw["yield"] = yield
		everyForm(t, "spinlock", raw, 300, 0x955f6bddb5a610bd)
	}
}

func TestSpinlockTellsOfBrokenExclusion(t *testing.T) {
	_, ps := parsedKind(t, "spinlock", map[string]string{"batch": "10"})
	k, err := newSpinlock(ps, Env{Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkBroken(t, k, &viewOf[spinMutex](k.(*spinlock).contested.mem, 0).pair)
}

func TestSpinlockTimesSomeAcquisitions(t *testing.T) {
	raw := map[string]string{"batch": "1000", "inside": "0", "outside": "0", "sample": "10"}
	checkSampled(t, crowdedKernel(t, "spinlock", raw, 1), 1000)
}

// Nobody gets in while the lock is held, and somebody does after it.
func TestSpinlockWaits(t *testing.T) {
	k := crowdedKernel(t, "spinlock", map[string]string{"batch": "1", "yield": "1"}, 1).(*spinlock)
	m := viewOf[spinMutex](k.contested.mem, 0)
	k.lock(m)
	ended := make(chan error)
	go func() {
		_, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1})
		ended <- err
	}()
	looks := 0
	pollUntil(t, "others had time to get in", func() bool { looks++; return looks > 1000 })
	if m.pair.first != 0 {
		t.Error("a worker got in while the lock was held")
	}
	m.state.Store(0)
	if err := <-ended; err != nil || m.pair.first != 1 {
		t.Errorf("%d sections, %v", m.pair.first, err)
	}
}

// A worker gives way to those who wait for the same processor: the kernel's, or that of Go's
// scheduler.
func TestSpinlockGivesWayToWhoWaits(t *testing.T) {
	for name, c := range map[string]struct {
		env            Env
		gosched, sched bool
	}{
		"goroutines": {Env{Slots: 2, Workers: 2}, true, false},
		"threads":    {Env{Slots: 2, Workers: 2, Locked: true}, false, true},
		"processes":  {Env{Slots: 1, Workers: 2, Processes: 2}, false, true},
		"hybrid":     {Env{Slots: 2, Workers: 4, Processes: 2}, true, true},
	} {
		k := makeKernel(t, "spinlock", nil, c.env).(*spinlock)
		if k.gosched != c.gosched || k.sched != c.sched {
			t.Errorf("%s: runtime.Gosched %v, sched_yield %v; want %v and %v", name, k.gosched, k.sched, c.gosched, c.sched)
		}
	}
}
