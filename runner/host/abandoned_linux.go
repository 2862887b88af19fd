package host

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// abandoned kills what trials of runners that are gone have left running, and returns it
// in words: programs that left their trial's process group did not end with it. It keeps
// to processes of its own PID namespace, whose numbers it can trust, and does nothing
// where it is part of a trial itself.
func abandoned() (killed []string) {
	own, err := os.Readlink("/proc/self/ns/pid")
	if _, inside := os.LookupEnv(tokenVar); err != nil || inside {
		return nil
	}
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, f := range all {
		pid, err := strconv.Atoi(f.Name())
		if err != nil || !isAbandoned(pid) {
			continue
		}
		if ns, err := os.Readlink("/proc/" + f.Name() + "/ns/pid"); err != nil || ns != own {
			continue
		}
		name := describe(pid)
		if killAbandoned(pid) {
			killed = append(killed, name)
		}
	}
	return killed
}

// isAbandoned tells whether a process carries a token whose runner is gone.
func isAbandoned(pid int) bool {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false
	}
	for word := range bytes.SplitSeq(env, []byte{0}) {
		if token, ok := bytes.CutPrefix(word, []byte(tokenVar+"=")); ok {
			runner := runnerOf(string(token))
			return runner > 0 && (errors.Is(unix.Kill(runner, 0), unix.ESRCH) || isZombie(runner))
		}
	}
	return false
}

// killAbandoned kills the process that it has looked at, never one that has got its
// number since.
func killAbandoned(pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false // gone, or a kernel before 5.3
	}
	defer unix.Close(fd)
	return isAbandoned(pid) && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}
