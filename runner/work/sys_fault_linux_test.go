//go:build amd64 || arm64

package work

import (
	"runtime"
	"testing"
	"unsafe"
)

func init() { cheap["page_fault"] = map[string]string{"batch": "8", "size": "20KiB"} }

// The kernel's counter of this thread's faults: each first write to a page of
// anonymous memory, and of a private mapping of a file, is one. A few more are
// the test's own.
func TestPageFaultIsOneFaultAPage(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, c := range []struct {
		of, sharing, access string
		exact               bool // else the kernel may map the pages around as well
	}{
		{"anonymous", "private", "write", true},
		{"anonymous", "private", "read", true},
		{"anonymous", "shared", "write", false},
		{"file", "private", "write", true},
		{"file", "private", "read", false},
		{"file", "shared", "write", false},
		{"file", "shared", "read", false},
	} {
		raw := map[string]string{"batch": "300", "size": "2MiB", "of": c.of, "sharing": c.sharing, "access": c.access}
		k := newKernel(t, "page_fault", raw, Env{Slots: 1, Dir: t.TempDir()})
		before := faults(t)
		runItems(t, k, 10, 300)
		got := faults(t) - before
		if got > 3300 || got < 3 || c.exact && got < 3000 {
			t.Errorf("%v: %d faults for 3000 pages", c, got)
		}
		t.Logf("%v: %d faults for 3000 pages", c, got)
	}
}

// In the middle of a mapping as many pages are resident as were touched, none
// of them huge, and what was mapped before is gone.
func TestPageFaultIsResident(t *testing.T) {
	k := newKernel(t, "page_fault", map[string]string{"batch": "300", "size": "4MiB"}, Env{Slots: 1})
	runItems(t, k, 4, 300) // a whole mapping and more, where pages have 4 KiB
	f := workerOf[pageFault](k, 0)
	fields := smaps(t, unsafe.Slice((*byte)(f.memory), f.size))
	if got, want := int64(fields["Rss"]), f.at/1024; got != want || want == 0 || fields["AnonHugePages"] != 0 {
		t.Errorf("%d KiB are resident, %d in huge pages; touched were %d", got, fields["AnonHugePages"], want)
	}
	if got := mappedAt(t, uintptr(f.memory)); got != f.size {
		t.Errorf("%d bytes are mapped, want %d", got, f.size)
	}
	closeKernel(t, k)
	if f.memory != nil {
		t.Error("the mapping is kept")
	}
}
