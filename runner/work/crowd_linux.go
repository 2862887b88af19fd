package work

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// crowd is processes that a part has started, to use up RLIMIT_NPROC or to see whether any is left. That counts all
// processes and threads of a user alike, and is held against whoever starts one more: a part lowers its own process's
// for the moment of a start, and nobody else's. The processes are bare, since Go's runtime would start
// threads of its own, and ends where it gets none. They end with the process that started them, however
// that ends: they read from a pipe that nobody else holds.
type crowd struct {
	image *os.File
	pipe  [2]int
	pids  []int
}

const (
	fewTasks   = 8   // what RLIMIT_NPROC is lowered to is as many more than the user has, at first
	mostTasks  = 256 // and as many at the most; twice as many processes may be started to use it up
	spareTasks = 64  // as many are left to the user's other processes, under the limit as it was
)

func (c *crowd) open() error {
	if c.image != nil {
		return nil
	}
	image, err := openBareImage()
	if err != nil {
		return err
	}
	if err := unix.Pipe2(c.pipe[:], unix.O_CLOEXEC); err != nil {
		return errors.Join(err, image.Close())
	}
	c.image = image
	return nil
}

// start starts a process.
func (c *crowd) start() (pid int, err error) {
	if err := c.open(); err != nil {
		return 0, err
	}
	in := uintptr(c.pipe[0]) // also for the word that it writes, which nobody wants
	return syscall.ForkExec(pathOf(c.image), []string{"bare", "", "somebody"}, &syscall.ProcAttr{Files: []uintptr{in, in, in}})
}

// startUnder starts a process while RLIMIT_NPROC is most. EAGAIN says that this is reached, and nothing else.
func (c *crowd) startUnder(most uint64) (pid int, err error) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &was); err != nil {
		return 0, err
	}
	if most+spareTasks > was.Cur {
		return 0, Unavailable{Reason: fmt.Sprintf("RLIMIT_NPROC is %d, and the user's processes and threads are near it (raise it with ulimit -u)", was.Cur)}
	}
	if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: most, Max: was.Max}); err != nil {
		return 0, err
	}
	pid, err = c.start()
	if err2 := unix.Setrlimit(unix.RLIMIT_NPROC, &was); err2 != nil {
		return pid, fmt.Errorf("set RLIMIT_NPROC back: %v", err2)
	}
	if !errors.Is(err, unix.EAGAIN) {
		return pid, err
	}
	other, failed := c.start()
	if failed != nil {
		return 0, Unavailable{Reason: "another limit than RLIMIT_NPROC is reached: pids.max of a cgroup, or threads-max or pid_max of sysctl kernel"}
	}
	if err := end(other); err != nil {
		return 0, fmt.Errorf("end process %d: %v", other, err)
	}
	return 0, unix.EAGAIN
}

// useUp starts processes until RLIMIT_NPROC, lowered to most, is reached, and tells how many it took.
func (c *crowd) useUp(most uint64) string {
	for n := 0; len(c.pids) < 2*mostTasks; n++ {
		pid, err := c.startUnder(most)
		if err == unix.EAGAIN {
			return fmt.Sprintf("%s %d", answerData, n)
		}
		if err != nil {
			return notStarted(err)
		}
		c.pids = append(c.pids, pid)
	}
	return answerLacks + " RLIMIT_NPROC is not enforced"
}

// one starts a process and ends it.
func (c *crowd) one(most uint64) string {
	pid, err := c.startUnder(most)
	if err != nil {
		return notStarted(err)
	}
	return finished(end(pid))
}

// notStarted is the answer where a process could not be started.
func notStarted(err error) string {
	var errno unix.Errno
	switch {
	case errors.As(err, &Unavailable{}):
		return answerLacks + " " + err.Error()
	case err == unix.EAGAIN:
		return failed(err)
	case errors.As(err, &errno):
		return answerLacks + " a bare process cannot be started: " + err.Error()
	}
	return answerError + " start a process: " + err.Error()
}

func (c *crowd) giveBack() error {
	var faults []error
	for _, pid := range c.pids {
		faults = append(faults, end(pid))
	}
	c.pids = c.pids[:0]
	return errors.Join(faults...)
}

// end kills a child of this process and reaps it.
func end(pid int) error {
	err := unix.Kill(pid, unix.SIGKILL)
	_, err2 := unix.Wait4(pid, nil, 0, nil)
	for err2 == unix.EINTR {
		_, err2 = unix.Wait4(pid, nil, 0, nil)
	}
	return errors.Join(err, err2)
}

// tasksOfUser is the answer that tells how many processes and threads the user of this process has. Those of a
// process that is not dumpable seem to be root's: one's own are added.
func tasksOfUser() string {
	uid := unix.Getuid()
	n := userTasks("/proc", uid)
	var own unix.Stat_t
	if err := unix.Stat("/proc/self/task", &own); err != nil {
		return answerLacks + " the tasks of a user cannot be counted: /proc/self/task: " + err.Error()
	}
	if int(own.Uid) != uid {
		n += int64(own.Nlink) - 2
	}
	return answerData + " " + strconv.FormatInt(n, 10)
}

// withLimit calls use with the number behind the first word of a request.
func withLimit(request []string, use func(most uint64) string) string {
	if len(request) == 2 {
		if most, err := strconv.ParseUint(request[1], 10, 32); err == nil {
			return use(most)
		}
	}
	return fmt.Sprintf("%s unknown request %q", answerError, request)
}
