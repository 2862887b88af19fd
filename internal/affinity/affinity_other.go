//go:build !linux

package affinity

import "errors"

// Has tells whether this system can bind threads to CPUs.
const Has = false

// Get returns nil: the system does not tell.
func Get() []int { return nil }

// Set refuses.
func Set(cpus []int) error {
	return &Error{cpus, errors.New("this system cannot bind a process to CPUs")}
}

// SetAll does nothing.
func SetAll([]int) error { return nil }
