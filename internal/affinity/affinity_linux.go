package affinity

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Has tells whether this system can bind threads to CPUs.
const Has = true

// Get returns the CPUs that the calling thread may run on, in order; none where that is unknown.
func Get() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	cpus := make([]int, 0, set.Count())
	for c := 0; len(cpus) < set.Count(); c++ {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
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
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	if err := unix.SchedSetaffinity(tid, &set); err != nil {
		return &Error{cpus, err}
	}
	return nil
}
