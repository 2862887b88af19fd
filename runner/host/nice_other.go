//go:build !linux

package host

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// niceness returns the priority of this process.
func niceness() int {
	p, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return p
}

// setNiceness gives this process a priority and reads it back.
func setNiceness(to int) error {
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, to); err != nil {
		return err
	}
	if got := niceness(); got != to {
		return fmt.Errorf("it is at %d and not at %d", got, to)
	}
	return nil
}
