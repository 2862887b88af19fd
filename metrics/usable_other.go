//go:build !linux

package metrics

import "runtime"

// UsableCPUs returns all CPUs: this system has no affinity mask to read.
func UsableCPUs() ([]int, error) {
	list := make([]int, runtime.NumCPU())
	for n := range list {
		list[n] = n
	}
	return list, nil
}
