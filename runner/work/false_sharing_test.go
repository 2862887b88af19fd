package work

import (
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { cheap["false_sharing"] = map[string]string{"batch": "50", "outside": "1"} }

// Sums as a Python program computes them from the definition.
func TestFalseSharingCountsInEveryModel(t *testing.T) {
	for _, stride := range []string{"8", "24", "64", "4096"} {
		for _, op := range []string{"plain", "atomic"} {
			raw := map[string]string{"stride": stride, "op": op, "batch": "50", "outside": "0"}
			everyForm(t, "false_sharing", raw, 200, 0xa9836ce82f48b0b8)
			raw = map[string]string{"stride": stride, "op": op, "batch": "20", "outside": "3"}
			everyForm(t, "false_sharing", raw, 100, 0x2a61e443a23ac40a)
		}
	}
}

// With lines of 64 bytes, 64/stride counters share one, and from 64 on none does.
func TestFalseSharingSharesLines(t *testing.T) {
	const workers = 16
	for stride, lines := range map[string]int{"8": 2, "16": 4, "32": 8, "48": 12, "64": 16, "128": 16, "4096": 16} {
		k := crowdedKernel(t, "false_sharing", map[string]string{"stride": stride}, workers).(*falseSharing)
		used := map[uintptr]bool{}
		for slot := range workers {
			used[uintptr(unsafe.Pointer(k.counter(slot)))/64] = true
		}
		if len(used) != lines {
			t.Errorf("%d counters %s bytes apart lie on %d lines, want %d", workers, stride, len(used), lines)
		}
		if at := uintptr(unsafe.Pointer(k.counter(0))); at%4096 != 0 {
			t.Errorf("the first counter is at %x", at)
		}
	}
}

// Each addition must reach memory: someone who looks on sees counts that are neither the
// first nor the last. On a single processor that takes a preemption, so
// items follow one another until it has happened.
func TestFalseSharingWritesEveryAddition(t *testing.T) {
	mem, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
	if err != nil { // outside the heap, where the race detector does not look
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	const batch = 1 << 22
	for name, add := range map[string]func(*uint64, uint64, int64, int64) uint64{"plain": plainBatch, "atomic": atomicBatch} {
		counter := viewOf[uint64](mem, 0)
		*counter = 0
		var stop atomic.Bool
		ended := make(chan bool)
		go func() {
			for !stop.Load() {
				add(counter, 0, batch, 0)
			}
			close(ended)
		}()
		pollUntil(t, name+": an addition within a batch is seen", func() bool { return atomic.LoadUint64(counter)%batch != 0 })
		stop.Store(true)
		<-ended
		if *counter%batch != 0 {
			t.Errorf("%s: the counter is at %d after batches of %d", name, *counter, batch)
		}
	}
}

func TestFalseSharingRefusesOddStrides(t *testing.T) {
	kind, ps := parsedKind(t, "false_sharing", map[string]string{"stride": "12"})
	const want = "counters of 8 bytes cannot lie 12 bytes apart"
	if got := kind.Refuse(ps, Layout{}); !strings.Contains(got, want) {
		t.Errorf("refused with %q", got)
	}
	if _, err := kind.New(ps, Env{Slots: 1}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("made with %v", err)
	}
	_, ps = parsedKind(t, "false_sharing", map[string]string{"stride": "16"})
	if got := kind.Refuse(ps, Layout{}); got != "" {
		t.Errorf("16 bytes are refused with %q", got)
	}
}

func TestFalseSharingUsesSharedMemory(t *testing.T) {
	_, ps := parsedKind(t, "false_sharing", map[string]string{"stride": "40", "batch": "10"})
	shared := pageAligned(4096)
	k, err := newFalseSharing(ps, Env{Slots: 1, Rank: 1, Workers: 2, Processes: 2, Shared: shared})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil {
		t.Fatal(err)
	}
	if a, b := *viewOf[uint64](shared, 0), *viewOf[uint64](shared, 40); a != 0 || b != 30 {
		t.Errorf("the counters are at %d and %d, want 0 and 30", a, b)
	}
}
