//go:build !linux

package host

import "syscall"

func sysProcAttr(int) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// Adopt does nothing: only Linux lets a process adopt the orphans below it.
func Adopt() error { return nil }

// sweep kills the trial's process group.
func sweep(group int, _ string) (alive []string, used []syscall.Rusage) {
	if syscall.Kill(-group, syscall.SIGKILL) == nil {
		alive = append(alive, "members of the trial's process group")
	}
	return alive, nil
}

// abandoned finds nothing: only Linux shows the environment of other processes.
func abandoned() []string { return nil }
