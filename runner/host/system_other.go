//go:build !linux

package host

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// residentPeak returns the peak resident memory in bytes, or 0 where it is
// unknown. Only Linux starts a child's ru_maxrss at its parent's.
func residentPeak() float64 {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(ru.Maxrss)
	}
	return float64(ru.Maxrss) * 1024
}
