//go:build amd64 || arm64

package work

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

func init() { cheap["mremap"] = map[string]string{"batch": "5"} }

// An odd batch leaves the mapping grown: the kernel's own list of mappings.
func TestMremap(t *testing.T) {
	eachLevel(t, "mremap", func(t *testing.T, level string) {
		k := newKernel(t, "mremap", map[string]string{"batch": "5", "level": level, "size": "1MiB"}, Env{Slots: 1})
		r := workerOf[remapping](k, 0)
		for _, grown := range []int64{1 << 20, 0, 1 << 20} {
			runItems(t, k, 1, 5)
			at := r.base
			if level == "go" {
				at = uintptr(unsafe.Pointer(&r.slice[0]))
			}
			if got := mappedAt(t, at); got < 1<<20+grown { // one that lies before the next is listed with it
				t.Errorf("%d bytes are mapped, want %d", got, 1<<20+grown)
			}
		}
		closeKernel(t, k)
	})
}

func TestBrk(t *testing.T) {
	eachLevel(t, "mremap", func(t *testing.T, level string) {
		k := newKernel(t, "mremap", map[string]string{"batch": "5", "level": level, "size": "1MiB", "call": "brk"}, Env{Slots: 1})
		before := heapEnd(t)
		for i, want := range []uint64{1 << 20, 0} {
			runItems(t, k, 1, 5)
			if i == 0 && before == 0 { // no heap had been there: now it shows where it begins
				before = heapEnd(t) - want
			}
			if got := heapEnd(t); got != before+want && (want != 0 || got != 0) {
				t.Errorf("after item %d the heap ends at %#x and had ended at %#x, want %d more", i, got, before, want)
			}
		}
	})
}

// heapEnd returns where the memory ends that lies under the break; 0: there is
// none.
func heapEnd(t *testing.T) (end uint64) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(line, "[heap]\n") {
			_, rest, _ := strings.Cut(line, "-")
			end = must(strconv.ParseUint(strings.Fields(rest)[0], 16, 64))("end of the heap")
		}
	}
	return end
}

func TestBrkIsForProcesses(t *testing.T) {
	kind, _ := Lookup("mremap")
	ps, err := kind.Parse(map[string]string{"call": "brk"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		layout  Layout
		refused bool
	}{
		{Layout{Model: "sequential", Workers: 1}, false},
		{Layout{Model: "threads", Workers: 1}, false},
		{Layout{Model: "threads", Workers: 2}, true},
		{Layout{Model: "processes", Workers: 4, Processes: 4}, false},
		{Layout{Model: "hybrid", Workers: 4, Processes: 2}, true},
	} {
		if why := kind.Refuse(ps, c.layout); (why != "") != c.refused {
			t.Errorf("%+v: %q", c.layout, why)
		}
	}
	if _, err := kind.New(ps, Env{Slots: 2}); err == nil {
		t.Error("two workers of a process were to move its break")
	}
}
