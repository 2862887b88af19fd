package host

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness returns the priority of the calling thread: on Linux each thread has its own.
func niceness() int { return niceOf(0) }

// niceOf returns the priority of a thread, 0 for one that is gone. The bare call returns 20 less that.
func niceOf(thread int) int {
	p, err := unix.Getpriority(unix.PRIO_PROCESS, thread)
	if err != nil {
		return 0
	}
	return 20 - p
}

// setNiceness gives all threads of this process a priority. Threads inherit it from the one that
// makes them, and any of them may make one meanwhile: only a pass that finds all as they shall be
// is the last.
func setNiceness(to int) error {
	for range 100 {
		done, err := setThreads(to)
		if done || err != nil {
			return err
		}
	}
	return errors.New("its threads do not keep it")
}

func setThreads(to int) (done bool, err error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return false, err
	}
	done = true
	for _, entry := range threads {
		id, err := strconv.Atoi(entry.Name())
		if err != nil || niceOf(id) == to {
			continue
		}
		done = false
		if err := unix.Setpriority(unix.PRIO_PROCESS, id, to); err != nil && !errors.Is(err, unix.ESRCH) { // else it has ended
			return false, err
		}
	}
	return done, nil
}
