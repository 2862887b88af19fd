package work

import (
	"strings"
	"testing"
	"unsafe"
)

func init() { cheap["atomic"] = map[string]string{"batch": "50", "outside": "1"} }

// Sums as a Python program computes them from the definition.
func TestAtomicCountsInEveryModel(t *testing.T) {
	for _, counter := range []string{"shared", "padded"} {
		for _, op := range []string{"add", "cas"} {
			raw := map[string]string{"counter": counter, "op": op, "batch": "50", "outside": "0"}
			everyForm(t, "atomic", raw, 200, 0xa9836ce82f48b0b8)
			raw = map[string]string{"counter": counter, "op": op, "batch": "20", "outside": "3"}
			everyForm(t, "atomic", raw, 100, 0x2a61e443a23ac40a)
		}
	}
}

// Additions are where they were asked for, and as many: 5 items of 10.
func TestAtomicAddsWhereItSays(t *testing.T) {
	for counter, want := range map[string][]uint64{"shared": {50, 0, 0}, "padded": {0, 20, 30}} {
		k := crowdedKernel(t, "atomic", map[string]string{"counter": counter, "batch": "10"}, 2).(*atomics)
		k.Do(t.Context(), Task{Lo: 0, Hi: 2, Slot: 0})
		k.Do(t.Context(), Task{Lo: 2, Hi: 5, Slot: 1})
		for i, n := range want {
			if got := k.counter(i - 1).Load(); got != n {
				t.Errorf("%s: counter %d is at %d, want %d", counter, i, got, n)
			}
		}
	}
}

func TestAtomicCountersHaveLinesOfTheirOwn(t *testing.T) {
	k := crowdedKernel(t, "atomic", nil, 3).(*atomics)
	last := uintptr(0)
	for rank := -1; rank < 3; rank++ {
		line := uintptr(unsafe.Pointer(k.counter(rank))) / 64
		if line < last+2 {
			t.Errorf("the counter of rank %d is on line %d, the one before it on %d", rank, line, last)
		}
		last = line
	}
	if own := uintptr(unsafe.Pointer(k.contested.worker(0))) / 64; own < last+2 {
		t.Errorf("a worker's line is %d, the last counter's %d", own, last)
	}
}

func TestAtomicTellsOfLostAdditions(t *testing.T) {
	_, ps := parsedKind(t, "atomic", map[string]string{"batch": "10"})
	k, err := newAtomic(ps, Env{Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 2}); err != nil {
		t.Fatal(err)
	}
	k.(*atomics).counter(-1).Store(19)
	if err := k.(Closer).Close(); err == nil || !strings.Contains(err.Error(), "20 additions were counted as 19") {
		t.Errorf("got %v", err)
	}
}

// Alone nobody has to try twice, and the number is given once.
func TestAtomicCountsRetries(t *testing.T) {
	k := crowdedKernel(t, "atomic", map[string]string{"op": "cas", "batch": "100"}, 1)
	k.(*atomics).retries[0].own = 7 // of other times, when it was not alone
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 5}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []float64{7, 0} {
		if got := k.(Measurer).Measure(0).Values["retries"]; got != want {
			t.Errorf("%v retries, want %v", got, want)
		}
	}
	if r := crowdedKernel(t, "atomic", nil, 1).(Measurer).Measure(0); len(r.Values) > 0 {
		t.Errorf("op add measures %v", r.Values)
	}
}
