package work

import (
	"runtime"
	"testing"
	"unsafe"
)

func init() {
	cheap["big_live_heap"] = map[string]string{"live": "100KB", "garbage": "10KB"}
}

// The runtime's own counters: what is alive after a collection, and what ten
// items allocate.
func TestLiveHeapBytes(t *testing.T) {
	const live, garbage = 8 << 20, 1 << 18
	for _, processes := range []int{0, 1, 2, 4} {
		raw := map[string]string{"live": itoa(live), "garbage": itoa(garbage)}
		before := heapNow()
		k := newKernel(t, "big_live_heap", raw, Env{Slots: 1, Workers: max(1, processes), Processes: processes})
		after := heapNow()
		share := uint64(live / max(1, processes))
		if grown := after.HeapAlloc - before.HeapAlloc; grown < share || grown > share*9/8+100_000 {
			t.Errorf("%d processes: a heap of %d bytes is alive, want %d and a pointer for each eighth entry", processes, grown, share)
		}
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 10}); err != nil {
			t.Fatal(err)
		}
		end := heapNow()
		if made := end.TotalAlloc - after.TotalAlloc; made < 10*garbage || made > 11*garbage {
			t.Errorf("%d processes: ten items allocated %d bytes, want %d", processes, made, 10*garbage)
		}
		runtime.KeepAlive(k)
	}
	if size := unsafe.Sizeof(heapEntry{}); size != 64 {
		t.Errorf("an entry has %d bytes, want 64", size)
	}
}

// heapNow is the heap after a collection.
func heapNow() runtime.MemStats {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats
}

func TestLiveHeapCounts(t *testing.T) {
	for _, c := range []struct {
		garbage string
		walked  uint64
	}{{"4096", 64}, {"10000", 156}, {"64000", 1000}} {
		got := sumOf(t, "big_live_heap", map[string]string{"live": "65536", "garbage": c.garbage}, 2)
		if want := mix(0, 256+c.walked) + mix(1, 256+c.walked); got != want {
			t.Errorf("garbage %s: items sum to %x, want %x", c.garbage, got, want)
		}
	}
}

// Every entry is found through the bucket of its key, and damage is noticed.
func TestLiveHeapIsWhole(t *testing.T) {
	k := newKernel(t, "big_live_heap", map[string]string{"live": "65536"}, Env{Slots: 1}).(*liveHeap)
	found := map[uint64]bool{}
	for _, entry := range k.buckets {
		for ; entry != nil; entry = entry.next {
			found[entry.key] = true
		}
	}
	for e := range uint64(1024) {
		if !found[scramble(e)] {
			t.Errorf("entry %d is missing", e)
		}
	}
	if len(found) != 1024 || len(k.buckets) != 128 {
		t.Errorf("%d entries in %d buckets, want 1024 in 128", len(found), len(k.buckets))
	}
	for _, entry := range k.buckets {
		for ; entry != nil; entry = entry.next {
			entry.value++
		}
	}
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1}); err == nil {
		t.Error("wrong values were not noticed")
	}
}
