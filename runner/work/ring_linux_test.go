package work

import (
	"context"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"forklore/runner/link"
)

// An item's result is the number of hops and the sum of an array that all
// workers have.
func TestRingSum(t *testing.T) {
	kind, _ := Lookup("ring")
	for _, words := range []int{0, 1, 1000} {
		var array, want uint64
		for j := range words {
			array += scramble(uint64(j))
		}
		for i := range int64(50) {
			want += mix(i, uint64(i+1)+array)
		}
		newTalkers(t, kind, map[string]string{"work": itoa(8*words + 7)}, 3).want(t, Round{Items: 50}, 50, want)
	}
}

// On one CPU a hop is at least one context switch, by the kernel's count of
// each thread.
func TestRingSwitchesOnOneCPU(t *testing.T) {
	kind, _ := Lookup("ring")
	const items = 3000
	w := newTalkers(t, kind, nil, 3)
	for rank, p := range w.peers {
		p.(*ring).env.Locked = true
		w.peers[rank] = pinned{p}
	}
	if n, _, err := w.run(Round{Items: items}); n != items || err != nil {
		t.Fatalf("%d items, %v", n, err)
	}
	for slot, p := range w.peers {
		got := p.(pinned).Peer.(Measurer).Measure(slot).Values["switches_per_hop"]
		if got < 0.9 {
			t.Errorf("worker %d switched %v times a hop", slot, got)
		}
		if again := p.(pinned).Peer.(Measurer).Measure(slot); len(again.Values) > 0 {
			t.Errorf("told twice: %v", again)
		}
	}
}

// pinned runs a peer's workers on threads of their own that have one CPU.
type pinned struct{ Peer }

func (p pinned) Run(ctx context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
	var was, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		return 0, 0, err
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if was.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return 0, 0, err
	}
	return p.Peer.Run(ctx, c, r)
}

func TestRingDoubtsTooFewSwitches(t *testing.T) {
	for _, c := range []struct {
		switches float64
		hops     int64
		cpus     int
		doubted  bool
	}{{0.1, 1000, 1, true}, {0.99, 1000, 1, false}, {0.1, 1000, 2, false}, {0.1, 10, 1, false}} {
		if err := doubt(c.switches, c.hops, c.cpus); (err != nil) != c.doubted {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
