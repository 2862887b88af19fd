package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	emptyWithin = 2 * time.Second // for killed processes to be gone
	killRounds  = 10              // without cgroup.kill, which Linux has since 5.14
)

// Kill ends every process inside with SIGKILL, those included that are just
// being forked. It does not wait: Remove does.
func (c *Cgroup) Kill() error {
	err := os.WriteFile(filepath.Join(c.path, "cgroup.kill"), []byte("1"), 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for range killRounds {
		pids, err := c.Pids()
		if err != nil || len(pids) == 0 {
			return err
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("kill process %d of cgroup %s: %w", pid, c.path, err)
			}
		}
		if err := c.empty(emptyWithin / killRounds); err == nil {
			return nil
		}
	}
	return fmt.Errorf("kill cgroup %s: its processes multiply faster than they die", c.path)
}

// Remove waits until no process is left inside, at most two seconds, and
// removes the cgroup. Read CPU and MemPeak before.
func (c *Cgroup) Remove() error {
	if c.dir != nil {
		c.dir.Close()
		c.dir = nil
	}
	err := syscall.Rmdir(c.path)
	if errors.Is(err, unix.EBUSY) {
		if err := c.empty(emptyWithin); err != nil {
			return err
		}
		err = syscall.Rmdir(c.path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove cgroup %s: %w", c.path, err)
	}
	return nil
}

// empty waits for "populated 0": the kernel wakes readers of cgroup.events by
// POLLPRI whenever that changes.
func (c *Cgroup) empty(within time.Duration) error {
	f, err := os.Open(filepath.Join(c.path, "cgroup.events"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another run has swept it
	}
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 256)
	for deadline := time.Now().Add(within); ; {
		n, err := unix.Pread(int(f.Fd()), buf, 0)
		if errors.Is(err, unix.ENODEV) {
			return nil // swept meanwhile
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name(), err)
		}
		if strings.Contains(string(buf[:n]), "populated 0") {
			return nil
		}
		left := time.Until(deadline)
		if left <= 0 {
			pids, _ := c.Pids()
			return fmt.Errorf("cgroup %s still holds processes %v after %v: kill it first", c.path, pids, within)
		}
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for %s: %w", f.Name(), err)
		}
	}
}
