package load

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// onCPUs calls start on a thread that is bound to the CPUs for just that long: what it
// starts inherits them. An empty list binds nothing.
func onCPUs(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the CPUs of this thread: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("bind to CPUs %v, of which none may be used: %w", cpus, err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }() // it was allowed a moment ago
	return start()
}
