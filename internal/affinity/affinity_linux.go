package affinity

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Has tells whether this system can bind threads to CPUs.
const Has = true

// fewCPUs is what a mask has room for at first, as the masks of the C library have; mostCPUs is where the
// search for one that is long enough ends: far above the 8192 of the largest kernels.
const (
	fewCPUs  = 1024
	mostCPUs = 1 << 16
)

// Get returns the CPUs that the calling thread may run on, in order; none where that is unknown.
func Get() []int {
	return grown(func(set unix.CPUSetDynamic) error { return unix.SchedGetaffinityDynamic(0, set) })
}

// grown returns the CPUs of a mask that read fills. The kernel refuses one with less room than it has CPUs,
// and does not say how many these are.
func grown(read func(unix.CPUSetDynamic) error) []int {
	for room := fewCPUs; room <= mostCPUs; room *= 2 {
		set := unix.NewCPUSet(room)
		switch err := read(set); {
		case err == nil:
			return listed(set)
		case !errors.Is(err, unix.EINVAL):
			return nil
		}
	}
	return nil
}

func listed(set unix.CPUSetDynamic) []int {
	n := set.Count()
	cpus := make([]int, 0, n)
	for c := 0; len(cpus) < n; c++ {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

// maskOf returns a mask that is as long as its last CPU needs: what is beyond it counts as not set.
func maskOf(cpus []int) unix.CPUSetDynamic {
	room := 1
	for _, c := range cpus {
		room = max(room, c+1)
	}
	set := unix.NewCPUSet(room)
	for _, c := range cpus {
		set.Set(c)
	}
	return set
}

// Set binds the calling thread. Its error is an [Error].
func Set(cpus []int) error { return bind(0, cpus) }

// SetAll binds every thread of this process. Its error is an [Error], or that the threads
// cannot be listed.
func SetAll(cpus []int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			continue
		}
		if err := bind(tid, cpus); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
			return err
		}
	}
	return nil
}

func bind(tid int, cpus []int) error {
	if err := unix.SchedSetaffinityDynamic(tid, maskOf(cpus)); err != nil {
		return &Error{cpus, err}
	}
	return nil
}
