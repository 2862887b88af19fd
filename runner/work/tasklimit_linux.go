package work

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// limit is one of the system's bounds on the number of processes and threads.
type limit struct {
	name  string
	max   int64
	used  int64 // negative: not known
	raise string
}

func (l limit) String() string {
	used := ""
	if l.used >= 0 {
		used = fmt.Sprintf(", %d in use", l.used)
	}
	return fmt.Sprintf("%s is %d%s (%s)", l.name, l.max, used, l.raise)
}

// taskLimits lists the limits that this system sets on who wants need more. proc and cgroup are
// where it shows itself.
func taskLimits(proc, cgroup string, need int64) []limit {
	var list []limit
	var r unix.Rlimit
	total := allTasks(proc)
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &r); err == nil && r.Cur <= math.MaxInt64 && os.Getuid() != 0 { // root is not held to it
		used := total
		if used < 0 || used+need > int64(r.Cur) { // to count the user's own takes milliseconds
			used = userTasks(proc, os.Getuid())
		}
		list = append(list, limit{"RLIMIT_NPROC", int64(r.Cur), used, "raise it with ulimit -u"})
	}
	for _, name := range []string{"threads-max", "pid_max"} {
		if most := readNumber(filepath.Join(proc, "sys/kernel", name)); most >= 0 {
			list = append(list, limit{name, most, total, "raise it with sysctl kernel." + name})
		}
	}
	return append(list, pidsLimits(proc, cgroup)...)
}

// allTasks is the number of processes and threads of the machine: the second number of
// loadavg's fourth field.
func allTasks(proc string) int64 {
	text, err := os.ReadFile(filepath.Join(proc, "loadavg"))
	if err != nil {
		return -1
	}
	fields := bytes.Fields(text)
	if len(fields) < 4 {
		return -1
	}
	_, total, _ := bytes.Cut(fields[3], []byte("/"))
	return number(total)
}

// userTasks is the number of processes and threads of a user. A folder of threads has as many
// links as threads, and two more.
func userTasks(proc string, uid int) (n int64) {
	folders, _ := filepath.Glob(filepath.Join(proc, "[0-9]*", "task"))
	for _, f := range folders {
		var s unix.Stat_t
		if unix.Stat(f, &s) == nil && int(s.Uid) == uid {
			n += int64(s.Nlink) - 2
		}
	}
	return n
}

// pidsLimits are those of this process's cgroup and of all above it, of both
// versions of cgroups.
func pidsLimits(proc, cgroup string) []limit {
	text, err := os.ReadFile(filepath.Join(proc, "self/cgroup"))
	if err != nil {
		return nil
	}
	var list []limit
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 || fields[1] != "" && fields[1] != "pids" {
			continue
		}
		root := filepath.Join(cgroup, fields[1])
		for at := filepath.Clean("/" + fields[2]); ; at = filepath.Dir(at) {
			if most := readNumber(filepath.Join(root, at, "pids.max")); most >= 0 {
				used := readNumber(filepath.Join(root, at, "pids.current"))
				list = append(list, limit{"pids.max of cgroup " + at, most, used, "raise it there, TasksMax in systemd"})
			}
			if at == "/" {
				break
			}
		}
	}
	return list
}

// readNumber returns the number in a file, or -1: also for the word max.
func readNumber(path string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	return number(bytes.TrimSpace(text))
}

func number(text []byte) int64 {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// checkTasks looks whether need more threads fit. Go ends a process for which the system
// has no more, so there is no error to wait for.
func checkTasks(need int64, limits []limit) error {
	for _, l := range limits {
		if max(l.used, 0)+need > l.max {
			return Unavailable{Reason: fmt.Sprintf("%d more threads do not fit: %v", need, l)}
		}
	}
	return nil
}

// taskLimitList lists the limits on processes and threads, with what is used of each.
func taskLimitList() string {
	list := ""
	for _, l := range taskLimits("/proc", "/sys/fs/cgroup", math.MaxInt32) {
		list += "; " + l.String()
	}
	return list
}
