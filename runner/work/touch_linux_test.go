package work

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// The system's own account of the mapping: every page resident, none huge.
func TestTouchIsResident(t *testing.T) {
	for _, size := range []int{4 << 20, 64 << 20} {
		t.Run(itoa(size), func(t *testing.T) {
			k := newKernel(t, "touch", map[string]string{"size": itoa(size)}, Env{Slots: 1}).(*touch)
			for range 2 { // the second time touches nothing more
				if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil {
					t.Fatal(err)
				}
				checkResident(t, *k.mappings.of(0), size)
			}
		})
	}
}

func checkResident(t *testing.T, mapping []byte, size int) {
	t.Helper()
	if len(mapping) != size {
		t.Fatalf("mapped %d bytes, want %d", len(mapping), size)
	}
	fields := smaps(t, mapping)
	if got := fields["Rss"]; got != size/1024 {
		t.Errorf("%d KiB of %d are resident", got, size/1024)
	}
	if got := fields["AnonHugePages"]; got != 0 {
		t.Errorf("%d KiB are huge pages", got)
	}
}

// smaps returns the counters, in KiB, that /proc/self/smaps gives for the
// mapping.
func smaps(t *testing.T, mapping []byte) map[string]int {
	t.Helper()
	all, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	head := fmt.Sprintf("\n%x-", uintptr(unsafe.Pointer(&mapping[0])))
	_, rest, found := bytes.Cut(all, []byte(head))
	if !found {
		t.Fatalf("no mapping begins at %s", head[1:])
	}
	fields := map[string]int{}
	for _, line := range strings.Split(string(rest), "\n")[1:] {
		name, value, _ := strings.Cut(line, ":")
		if name == "VmFlags" {
			break
		}
		fields[name], _ = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
	}
	return fields
}
