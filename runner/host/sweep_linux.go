package host

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func sysProcAttr(cgroupFD int) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, UseCgroupFD: cgroupFD > 0, CgroupFD: cgroupFD}
}

// Adopt makes this process the parent of every orphan below it, so that what
// outlives its host can be found, killed and reaped, and keeps descriptors that
// it inherited itself from the trials. Call it once, before the first trial.
func Adopt() error {
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) // older kernels can't: then a trial inherits what we inherited
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphans (PR_SET_CHILD_SUBREAPER): %w", err)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid())); err != nil {
		return fmt.Errorf("find orphans (this kernel lists no children): %w", err)
	}
	return nil
}

// sweep kills and reaps what is left of a trial whose host is gone: first its
// process group, then whatever left the group but still carries the trial's
// token. It returns the ones that were alive, in words, and the rusage of all.
func sweep(group int, token string) (alive []string, used []syscall.Rusage) {
	begin := time.Now()
	for limit := begin.Add(killPatience); time.Now().Before(limit); {
		left, ru := reapGroup(group)
		used = append(used, ru...)
		strays, unsure := straysOf(token)
		if !left && len(strays) == 0 && (!unsure || time.Since(begin) > execPatience) {
			return alive, used
		}
		if left {
			alive = appendNew(alive, groupMembers(group)...)
			_ = unix.Kill(-group, unix.SIGKILL)
		}
		for _, pid := range strays {
			alive = appendNew(alive, describe(pid))
			used = append(used, killAndReap(pid)...)
		}
		time.Sleep(time.Millisecond) // the kernel offers no way to wait for a group that is not all ours
	}
	return append(alive, "(not all could be killed)"), used
}

// reapGroup reaps the dead of a process group and tells whether it has living
// members.
func reapGroup(group int) (left bool, used []syscall.Rusage) {
	for {
		var ru syscall.Rusage
		pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, &ru)
		switch {
		case errors.Is(err, syscall.EINTR):
		case pid > 0:
			used = append(used, ru)
		case pid == 0:
			return true, used
		default:
			return unix.Kill(-group, 0) == nil, used
		}
	}
}

// execPatience is how long a child without an environment may be in the middle
// of exec: from the moment that its parent is told of success the kernel has some
// pages left to set up.
const execPatience = 50 * time.Millisecond

// straysOf returns this process's children outside any trial's group that carry
// the token: orphans of the trial that we adopted. It is unsure where a living child has
// no environment, for it may be about to get one.
func straysOf(token string) (strays []int, unsure bool) {
	if token == "" {
		return nil, false
	}
	mark := []byte(tokenVar + "=" + token + "\x00")
	for _, pid := range ownChildren() {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		switch {
		case err == nil && bytes.Contains(env, mark):
			strays = append(strays, pid)
		case err == nil && len(env) == 0 && !isZombie(pid):
			unsure = true
		}
	}
	return strays, unsure
}

// isZombie reports whether a process has ended and waits to be reaped.
func isZombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	end := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	return err != nil || end < 0 || bytes.HasPrefix(stat[end+1:], []byte(" Z"))
}

func ownChildren() []int { return childrenOf(os.Getpid()) }

func killAndReap(pid int) []syscall.Rusage {
	_ = unix.Kill(pid, unix.SIGKILL)
	var ru syscall.Rusage
	if _, err := syscall.Wait4(pid, nil, 0, &ru); err != nil {
		return nil
	}
	return []syscall.Rusage{ru}
}

func groupMembers(group int) []string {
	var names []string
	for _, pid := range ownChildren() {
		if g, err := unix.Getpgid(pid); err == nil && g == group {
			names = append(names, describe(pid))
		}
	}
	return names
}

func describe(pid int) string {
	comm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return fmt.Sprintf("pid %d", pid)
	}
	return fmt.Sprintf("%s (pid %d)", bytes.TrimSpace(comm), pid)
}

func appendNew(list []string, more ...string) []string {
next:
	for _, m := range more {
		for _, l := range list {
			if l == m {
				continue next
			}
		}
		list = append(list, m)
	}
	return list
}
