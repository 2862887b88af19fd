package work

import (
	"runtime"
	"testing"
)

func init() {
	cheap["small_objects"] = map[string]string{"window": "100"}
}

// The runtime's own counters: 1024 objects an item, of size bytes each where
// size is one of the allocator's classes.
func TestSmallObjectsAllocates(t *testing.T) {
	for _, size := range []uint64{16, 64, 1024, 32768} {
		k := newKernel(t, "small_objects", map[string]string{"size": itoa(int(size))}, Env{Slots: 1})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 10}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		objects, bytes := after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		if want := uint64(10 * 1024); objects < want || objects > want+200 {
			t.Errorf("%d bytes: ten items allocated %d objects, want %d", size, objects, want)
		}
		if want := 10 * 1024 * size; bytes < want || bytes > want+want/10+100_000 {
			t.Errorf("%d bytes: ten items allocated %d bytes, want %d", size, bytes, want)
		}
	}
}

func TestSmallObjectsWindow(t *testing.T) {
	for _, window := range []int{1, 7, 1024, 5000} {
		k := newKernel(t, "small_objects", map[string]string{"window": itoa(window)}, Env{Slots: 1}).(*smallObjects)
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil {
			t.Fatal(err)
		}
		alive := map[byte]int{}
		r := k.rings.of(0)
		for _, object := range r.live {
			alive[object[0]]++
		}
		if r.number != uint64(window)+3*1024 || len(r.live) != window {
			t.Errorf("window %d: %d live objects after number %d", window, len(r.live), r.number)
		}
		for value, n := range alive { // numbers in a row: their low bytes are spread evenly
			if n > window/256+1 {
				t.Errorf("window %d: %d live objects end with byte %d", window, n, value)
			}
		}
		r.live[(r.oldest+window/2)%window][3] ^= 1 // one that is still to be displaced
		items := int64(window/1024 + 1)
		if _, err := k.Do(t.Context(), Task{Lo: 3, Hi: 3 + items}); err == nil {
			t.Errorf("window %d: an overwritten object was not noticed", window)
		}
	}
}
