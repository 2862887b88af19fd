package metrics

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// threadCount returns the OS threads of a process from the link count of its
// task directory, which is 2 + threads: one stat. gopsutil parses all of
// /proc/PID/status for the same number, three quarters of a whole tick.
func threadCount(pid int) (n int, ok bool) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+strconv.Itoa(pid)+"/task", &st); err != nil || st.Nlink < 3 {
		return 0, false
	}
	return int(st.Nlink) - 2, true
}
