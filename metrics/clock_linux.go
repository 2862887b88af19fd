package metrics

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// now returns raw CLOCK_MONOTONIC in nanoseconds, the same in every process.
func now() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(fmt.Sprintf("metrics: CLOCK_MONOTONIC: %v", err)) // cannot fail on Linux
	}
	return ts.Nano()
}

// processCPU returns the seconds of CPU that all threads of a process have used
// since it began, those that ended included, with the scheduler's nanosecond
// resolution. The clock's number is ^pid<<3 | CPUCLOCK_SCHED, see
// clock_getcpuclockid(3).
func processCPU(pid int) (float64, error) {
	return clockS(int32(^pid)<<3 | 2)
}

// threadCPU returns the seconds of CPU of the calling OS thread.
func threadCPU() float64 {
	s, err := clockS(unix.CLOCK_THREAD_CPUTIME_ID)
	if err != nil {
		return math.NaN()
	}
	return s
}

func clockS(id int32) (float64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return math.NaN(), fmt.Errorf("read CPU clock %d: %w", id, err)
	}
	return float64(ts.Nano()) / 1e9, nil
}
