package metrics

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// UsableCPUs returns the CPUs of the calling thread's affinity mask, sorted: ask
// before the runner pins itself.
func UsableCPUs() ([]int, error) {
	set := unix.NewCPUSet(maxCPU)
	if err := unix.SchedGetaffinityDynamic(0, set); err != nil {
		return nil, fmt.Errorf("read the affinity mask: %w", err)
	}
	var list []int
	for n := range maxCPU {
		if set.IsSet(n) {
			list = append(list, n)
		}
	}
	return list, nil
}
