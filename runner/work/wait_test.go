package work

import (
	"runtime"
	"testing"
	"time"
)

// The kernel's own clock is the system's account of the thread: items must use
// what they are asked for, no less, and what they use beyond it is remembered.
func TestWaitUsesItsProcessorTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const items, cpu = 50, 300 * time.Microsecond
	k := newKernel(t, "wait", map[string]string{"cpu": cpu.String(), "wait": "0s"}, Env{Slots: 1})
	before, err := threadTime()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: items}); err != nil {
		t.Fatal(err)
	}
	after, _ := threadTime()
	ahead := k.(*waiting).workers.of(0).ahead
	if used := after - before; used < items*cpu || used > 2*items*cpu+ahead {
		t.Errorf("%d items of %v used %v", items, cpu, used)
	}
	if ahead < 0 {
		t.Errorf("the items are %v short", -ahead)
	}
}

// What one item used too much the next ones use less, over several items where
// the clock is coarse.
func TestWaitPaysBack(t *testing.T) {
	w := &waiter{ahead: 25 * time.Millisecond}
	for _, left := range []time.Duration{15, 5} {
		if err := w.burn(10 * time.Millisecond); err != nil || w.ahead != left*time.Millisecond || w.state != 0 {
			t.Fatalf("ahead is %v (state %d, %v), want %d ms and no work", w.ahead, w.state, err, left)
		}
	}
	if err := w.burn(10 * time.Millisecond); err != nil || w.state == 0 {
		t.Errorf("no work for the last 5 ms: %v", err)
	}
}

func TestWaitSleeps(t *testing.T) {
	k := newKernel(t, "wait", map[string]string{"cpu": "0s", "wait": "5ms"}, Env{Slots: 1})
	begin := time.Now()
	sum, err := k.Do(t.Context(), Task{Lo: 0, Hi: 4})
	if took := time.Since(begin); err != nil || took < 20*time.Millisecond {
		t.Errorf("4 waits of 5 ms took %v, %v", took, err)
	}
	if want := mix(0, 0) + mix(1, 1) + mix(2, 2) + mix(3, 3); sum != want {
		t.Errorf("sum %x, want %x", sum, want)
	}
}
