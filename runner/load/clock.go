package load

import (
	"time"

	"golang.org/x/sys/unix"
)

var epoch = time.Now()

// now is a monotonic clock of this process in nanoseconds that costs no system call.
func now() int64 { return int64(time.Since(epoch)) }

// monotonic is CLOCK_MONOTONIC in nanoseconds, which all processes share.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // every system has it
	return ts.Nano()
}
