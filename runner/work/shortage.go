package work

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Shortage makes an error by which the system refuses more of something an [Unavailable]
// that names the limit, its present value and how to raise it. Any other error
// stays as it is.
func Shortage(err error) error {
	if err == nil || errors.As(err, &Unavailable{}) {
		return err
	}
	switch {
	case errors.Is(err, unix.EMFILE):
		return Unavailable{Reason: fmt.Sprintf("%v: RLIMIT_NOFILE is %s (raise it with ulimit -n)", err, resource(unix.RLIMIT_NOFILE))}
	case errors.Is(err, unix.ENFILE):
		return Unavailable{Reason: fmt.Sprintf("%v: fs.file-max is %s (raise it with sysctl)", err, sysctl("fs/file-max"))}
	case errors.Is(err, unix.EFBIG):
		return Unavailable{Reason: fmt.Sprintf("%v: RLIMIT_FSIZE is %s (raise it with ulimit -f), or the file system of the results allows no file as long as that", err, resource(unix.RLIMIT_FSIZE))}
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return Unavailable{Reason: fmt.Sprintf("%v: the file system of the results has no more room for this user: free space there, or name another folder with --results", err)}
	case errors.Is(err, unix.ENOMEM):
		return Unavailable{Reason: fmt.Sprintf("%v: memory is short: RLIMIT_AS is %s (ulimit -v), vm.max_map_count %s and vm.overcommit_memory %s (sysctl); raise them, or ask for a smaller size or fewer workers",
			err, resource(unix.RLIMIT_AS), sysctl("vm/max_map_count"), sysctl("vm/overcommit_memory"))}
	}
	return err
}

// StartShortage is [Shortage] for an error of starting processes or threads, which meets
// limits of its own.
func StartShortage(err error) error {
	if !errors.Is(err, unix.EAGAIN) || errors.As(err, &Unavailable{}) {
		return Shortage(err)
	}
	return Unavailable{Reason: fmt.Sprintf("%v: one of the limits on processes and threads is reached%s; or ask for fewer at a time", err, taskLimitList())}
}

// MemoryLimits names what may have kept memory from a process that ran out of it, as it is for this one,
// whose children inherit it, and how to raise it.
func MemoryLimits() string {
	var set []string
	for _, l := range []struct {
		name, flag string
		which      int
	}{{"RLIMIT_AS", "-v", unix.RLIMIT_AS}, {"RLIMIT_DATA", "-d", unix.RLIMIT_DATA}} {
		if v := resource(l.which); v != "unlimited" {
			set = append(set, fmt.Sprintf("%s is %s bytes (raise it with ulimit %s, which counts KiB)", l.name, v, l.flag))
		}
	}
	if set == nil {
		set = append(set, fmt.Sprintf("no limit of its own is set, vm.overcommit_memory is %s and vm.max_map_count %s (raise them with sysctl)",
			sysctl("vm/overcommit_memory"), sysctl("vm/max_map_count")))
	}
	return strings.Join(set, ", ") + "; or ask for a smaller size or fewer workers"
}

// inFolder says of an error of writing to the trial's folder what helps.
func inFolder(err error) error {
	if err = Shortage(err); errors.As(err, &Unavailable{}) {
		return err
	}
	return fmt.Errorf("%w: the results' folder must be writable", err)
}

// resource returns a limit of this process in words.
func resource(which int) string {
	var r unix.Rlimit
	switch err := unix.Getrlimit(which, &r); {
	case err != nil:
		return "unknown"
	case r.Cur == unix.RLIM_INFINITY:
		return "unlimited"
	}
	return strconv.FormatUint(uint64(r.Cur), 10)
}

// sysctl returns a setting of the kernel in words.
func sysctl(name string) string {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}
