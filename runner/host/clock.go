package host

import "golang.org/x/sys/unix"

// Now returns CLOCK_MONOTONIC in nanoseconds: comparable between the processes
// of one machine, and unaffected by changes of the calendar.
func Now() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("host: no monotonic clock: " + err.Error())
	}
	return ts.Nano()
}
