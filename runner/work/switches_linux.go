package work

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// threadSwitches counts the context switches of the calling thread so far.
func threadSwitches() (int64, error) { return switchesOf(unix.RUSAGE_THREAD) }

// processSwitches counts those of all threads of this process.
func processSwitches() (int64, error) { return switchesOf(unix.RUSAGE_SELF) }

func switchesOf(who int) (int64, error) {
	var ru unix.Rusage
	if err := unix.Getrusage(who, &ru); err != nil {
		return 0, fmt.Errorf("count context switches: %w", err)
	}
	return ru.Nvcsw + ru.Nivcsw, nil
}
