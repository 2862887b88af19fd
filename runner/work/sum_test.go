package work

import (
	"os"
	"strconv"
	"testing"
	"unsafe"
)

// The first outputs of SplitMix64 from the seed 1234567, as published with the
// algorithm's reference code.
func TestScrambleIsSplitMix64(t *testing.T) {
	seed := uint64(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := scramble(seed); got != want {
			t.Errorf("output %d = %d, want %d", i, got, want)
		}
		seed += 0x9e3779b97f4a7c15
	}
}

// What a sum must show: a wrong result, a swap of two results, a lost item and
// a doubled one.
func TestMixTellsItemsApart(t *testing.T) {
	right := mix(0, 5) + mix(1, 6) + mix(2, 7)
	for name, sum := range map[string]uint64{
		"wrong":   mix(0, 5) + mix(1, 6) + mix(2, 8),
		"swapped": mix(0, 6) + mix(1, 5) + mix(2, 7),
		"lost":    mix(0, 5) + mix(1, 6),
		"doubled": mix(0, 5) + mix(1, 6) + mix(1, 6) + mix(2, 7),
	} {
		if sum == right {
			t.Errorf("%s item: the sum is the same", name)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// sumOf runs items [0, n) of a new kernel in slot 0.
func sumOf(t *testing.T, name string, raw map[string]string, n int64) uint64 {
	t.Helper()
	k := newKernel(t, name, raw, Env{Slots: 1, Dir: t.TempDir()})
	sum, err := k.Do(t.Context(), Task{Lo: 0, Hi: n})
	if err != nil {
		t.Fatalf("%s %v: %v", name, raw, err)
	}
	return sum
}

// newKernel makes a kernel, prepares its slots and closes it after the test. What
// env leaves open of the trial is filled in for one process.
func newKernel(t testing.TB, name string, raw map[string]string, env Env) Kernel {
	t.Helper()
	k := makeKernel(t, name, raw, env)
	for slot := range env.Slots {
		prepare(t, k, slot)
	}
	return k
}

// makeKernel makes a kernel and closes it after the test.
func makeKernel(t testing.TB, name string, raw map[string]string, env Env) Kernel {
	t.Helper()
	kind, ps := parsedKind(t, name, raw)
	if kind.New == nil {
		t.Skip("a peer, which has no kernel")
	}
	if env.Workers == 0 {
		env.Workers = env.Slots
	}
	if env.Shared == nil {
		env.Shared = sharedBy(t, kind, raw, env.Workers)
	}
	k, err := kind.New(ps, env)
	if err != nil {
		t.Fatalf("%s %v: %v", name, raw, err)
	}
	t.Cleanup(func() { closeKernel(t, k) })
	return k
}

// sharedBy returns the memory that all workers of a trial of kind share, or nil.
func sharedBy(t testing.TB, kind Kind, raw map[string]string, workers int) []byte {
	t.Helper()
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if kind.Shared == nil || kind.Shared(ps, workers) == 0 {
		return nil
	}
	page := int64(os.Getpagesize())
	buffer := make([]byte, kind.Shared(ps, workers)+page)
	skip := -int64(uintptr(unsafe.Pointer(&buffer[0]))) & (page - 1)
	return buffer[skip : skip+kind.Shared(ps, workers)]
}

func prepare(t testing.TB, k Kernel, slot int) {
	t.Helper()
	if p, ok := k.(Preparer); ok {
		if err := p.Prepare(t.Context(), slot); err != nil {
			t.Fatalf("prepare slot %d: %v", slot, err)
		}
	}
}

func closeKernel(t testing.TB, k Kernel) {
	t.Helper()
	if c, ok := k.(Closer); ok {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}
