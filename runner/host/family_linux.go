package host

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// family returns a process and all living processes below it, parents first. An
// orphan is nobody's child any more: it is not in it.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, childrenOf(all[i])...)
	}
	return all
}

// childrenOf reads the children of a process from the kernel's own lists, thread by
// thread: looking for them among all processes would take milliseconds.
func childrenOf(pid int) []int {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var pids []int
	for _, task := range tasks {
		list, err := os.ReadFile(dir + "/" + task.Name() + "/children")
		if err != nil {
			continue // the thread has ended
		}
		for f := range strings.FieldsSeq(string(list)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// familyCPU returns the CPU seconds of a process and all below it: the clocks of the living,
// to the nanosecond, and what those that were waited for had used, in the 10 ms
// steps of /proc. It is NaN where the process is gone.
func familyCPU(pid int) float64 {
	sum := math.NaN()
	for i, p := range family(pid) {
		var ts unix.Timespec
		if err := unix.ClockGettime(int32(^p)<<3|2, &ts); err != nil { // see clock_getcpuclockid(3)
			continue
		}
		if i == 0 {
			sum = 0
		}
		sum += float64(ts.Nano())/1e9 + waitedFor(p)
	}
	return sum
}

// waitedFor returns the CPU seconds of the dead children of a process.
func waitedFor(pid int) float64 {
	const ticks = 100 // a second, on every Linux
	stat := readProc("/proc/" + strconv.Itoa(pid) + "/stat")
	end := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	if end < 0 {
		return 0
	}
	fields := strings.Fields(string(stat[end+1:]))
	const user, sys = 13, 14 // cutime and cstime, fields 16 and 17 of proc(5)
	if len(fields) <= sys {
		return 0
	}
	u, errU := strconv.ParseFloat(fields[user], 64)
	s, errS := strconv.ParseFloat(fields[sys], 64)
	if errU != nil || errS != nil {
		return 0
	}
	return (u + s) / ticks
}

// peakOf returns VmHWM of a process in bytes, or 0 where it can't be read.
func peakOf(pid int) float64 { return peakIn(readProc("/proc/" + strconv.Itoa(pid) + "/status")) }
