package affinity

import (
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// kernelOf is sched_getaffinity(2) of a machine of so many CPUs, all but the first of which a thread may use.
func kernelOf(cpus int, asked *int) func(unix.CPUSetDynamic) error {
	return func(set unix.CPUSetDynamic) error {
		*asked++
		if len(set)*64 < cpus { // the kernel counts in words
			return unix.EINVAL
		}
		for c := 1; c < cpus; c++ {
			set.Set(c)
		}
		return nil
	}
}

// A mask of 1024 CPUs is too short for some machines: the kernel refuses it.
func TestMachinesWithManyCPUs(t *testing.T) {
	for _, c := range []struct{ cpus, asked int }{{2, 1}, {1024, 1}, {1025, 2}, {5000, 4}, {mostCPUs, 7}} {
		asked := 0
		got := grown(kernelOf(c.cpus, &asked))
		if len(got) != c.cpus-1 || got[0] != 1 || got[len(got)-1] != c.cpus-1 || asked != c.asked {
			t.Errorf("%d CPUs: %d of them, asked %d times, want %d times", c.cpus, len(got), asked, c.asked)
		}
		if back := listed(maskOf(got)); !slices.Equal(back, got) {
			t.Errorf("%d CPUs: the mask to bind with has %d", c.cpus, len(back))
		}
	}
}

func TestMasksThatCannotBeRead(t *testing.T) {
	asked := 0
	if got := grown(kernelOf(mostCPUs+1, &asked)); got != nil {
		t.Errorf("a kernel that takes no mask told %d CPUs", len(got))
	}
	asked = 0
	if got := grown(func(unix.CPUSetDynamic) error { asked++; return unix.EPERM }); got != nil || asked != 1 {
		t.Errorf("refused: %v, asked %d times", got, asked)
	}
}

// A mask that is shorter or longer than the kernel's own does as well.
func TestMaskAsLongAsItNeeds(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := Get()
	for _, cpus := range [][]int{before[:1], append(slices.Clone(before), mostCPUs)} {
		if err := Set(cpus); err != nil {
			t.Fatal(err)
		}
		if got, want := Get(), cpus[:min(len(cpus), len(before))]; !slices.Equal(got, want) {
			t.Errorf("bound to %v, want %v", got, want)
		}
	}
	if err := Set(before); err != nil {
		t.Fatal(err)
	}
}
