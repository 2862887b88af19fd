//go:build !linux

package load

import "errors"

func onCPUs(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	return errors.New("this system cannot bind a process to CPUs")
}
