//go:build amd64 || arm64

package work

import (
	"runtime"
	"testing"
)

func init() { cheap["malloc"] = map[string]string{"batch": "8"} }

// One page of each block is touched: its head.
func TestMallocMapsAndTouchesOnePage(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	k := newKernel(t, "malloc", map[string]string{"batch": "100"}, Env{Slots: 1})
	before := faults(t)
	runItems(t, k, 10, 100)
	if got := faults(t) - before; got < 1000 || got > 2100 { // the race detector touches a page for each of ours
		t.Errorf("%d faults for 1000 blocks", got)
	}
}

// The runtime's own account of what it allocated.
func TestMallocOfGo(t *testing.T) {
	for _, size := range []int{1, 1 << 10, 1 << 20} {
		k := newKernel(t, "malloc", map[string]string{"batch": "100", "allocator": "go", "size": itoa(size)}, Env{Slots: 1})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		runItems(t, k, 2, 100)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n < uint64(200*size) {
			t.Errorf("%d bytes were allocated for 200 blocks of %d", n, size)
		}
	}
}
