//go:build !linux

package work

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// threadSwitches counts the context switches of the whole process so far: no
// call counts a thread's here.
func threadSwitches() (int64, error) { return processSwitches() }

// processSwitches counts those of all threads of this process.
func processSwitches() (int64, error) {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		return 0, fmt.Errorf("count context switches: %w", err)
	}
	return int64(ru.Nvcsw + ru.Nivcsw), nil
}
