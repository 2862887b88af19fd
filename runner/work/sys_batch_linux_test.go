//go:build amd64 || arm64

package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// workerOf returns the state of one of a kernel's workers.
func workerOf[W any](k Kernel, slot int) *W {
	return any(k.(*batches).workers[slot].worker).(*W)
}

// runItems does items [0, n) and checks that each counted ops operations.
func runItems(t *testing.T, k Kernel, n, ops int64) {
	t.Helper()
	var want uint64
	for i := range n {
		want += mix(i, uint64(ops))
	}
	if sum, err := k.Do(t.Context(), Task{Hi: n}); err != nil || sum != want {
		t.Fatalf("%d items of %d operations: sum %x, %v; want %x", n, ops, sum, err, want)
	}
}

// eachLevel runs test for every way of making a workload's calls.
func eachLevel(t *testing.T, name string, test func(t *testing.T, level string)) {
	t.Helper()
	kind, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range kind.Params {
		if p.Name == "level" {
			for _, level := range p.Choices {
				t.Run(level, func(t *testing.T) { test(t, level) })
			}
		}
	}
}

// fdinfo returns what the kernel tells of an open descriptor, by name; of
// several lines of one name the last.
func fdinfo(t *testing.T, fd uintptr) map[string]string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		t.Fatal(err)
	}
	info := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		info[name] = strings.TrimSpace(value)
	}
	return info
}

// openFiles returns how many of the process's descriptors lead to a file whose
// name has part in it.
func openFiles(t *testing.T, part string) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		if target, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.Contains(target, part) {
			n++
		}
	}
	return n
}

// mappedAt returns the length of the mapping that begins at an address; 0:
// there is none.
func mappedAt(t *testing.T, address uintptr) int64 {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(maps) {
		from, rest, _ := strings.Cut(string(line), "-")
		to, _, _ := strings.Cut(rest, " ")
		lo, _ := strconv.ParseUint(from, 16, 64)
		if hi, _ := strconv.ParseUint(to, 16, 64); lo == uint64(address) {
			return int64(hi - lo)
		}
	}
	return 0
}

// faults returns the page faults of this thread, which must be locked.
func faults(t *testing.T) int64 {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
		t.Fatal(err)
	}
	return usage.Minflt + usage.Majflt // the first page of a file that is not in memory counts as the latter
}

// flaky is a worker whose calls are interrupted, then go wrong.
type flaky struct{ errs []error }

func (*flaky) open(Env, int) error { return nil }
func (*flaky) close() error        { return nil }

func (f *flaky) loop(n int64) (int64, error) {
	if len(f.errs) == 0 {
		return n, nil
	}
	err := f.errs[0]
	f.errs = f.errs[1:]
	return 1, err
}

func TestBatchGoesOnAfterAnInterrupt(t *testing.T) {
	interrupts := flaky{errs: []error{unix.EINTR, fmt.Errorf("open: %w", unix.EINTR)}}
	k := newBatches(Env{Slots: 1}, 10, interrupts, (*flaky).loop)
	runItems(t, k, 1, 10)
}

func TestBatchNamesWhatFailed(t *testing.T) {
	k := newBatches(Env{Slots: 1}, 10, flaky{errs: []error{unix.EINTR, unix.EMFILE}}, (*flaky).loop)
	_, err := k.Do(t.Context(), Task{Lo: 7, Hi: 9})
	if !errors.Is(err, unix.EMFILE) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"operation 2 ", "item 7"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
}

func TestTooFewDescriptors(t *testing.T) {
	for name, raw := range map[string]map[string]string{
		"dup_close": {"held": "1000000"}, "poll": {"fds": "16384"}, "epoll": {"fds": "16384"},
	} {
		kind, _ := Lookup(name)
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = kind.New(ps, Env{Slots: 1 << 20}) // the most that Linux lets a process hold is 1 << 30
		var missing Unavailable
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), "ulimit -n") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
