package link

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{width: 1, start: startPipes, tie: tiePipe}
	register(Kind{
		Name:    "pipe",
		Summary: "anonymous pipes with blocking reads and writes",
		Doc: `Definition: a pipe for each one-way channel, of the system's default capacity
(64 KiB with pages of 4 KiB). Its worker writes and reads it with blocking
system calls on its own thread, never through the runtime's poller, whatever the
model. A message is its bytes; unless the workload sends only one length, four
bytes of length stand before it.
Copies: two, into the pipe and out of it; with a length in front one more at
each end, of at most 16 KiB.
System calls: one write and one read for a message of up to 16 KiB (a read
brings along what else is there); beyond that two writes and as many reads as it
takes to pass it through the pipe. With one length no second write, and a read
for each message.
Limits: descriptors (two a channel, in the host), pages of pipes of one user
(fs.pipe-user-pages-soft).
Stresses: a wakeup and, on one CPU, a context switch for each message that is
waited for.`,
		Across:  true,
		Notices: true,
		Open:    w.open,
		join:    w.join,
	})
}

func startPipes(_ Plan, lines int, _ string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		r, w, err := newPipe()
		if err != nil {
			return nil, nil, descriptorLimit(fmt.Errorf("make a pipe: %w", err), 2*lines)
		}
		if err := fullSize(r); err != nil {
			return nil, nil, errors.Join(err, closeAll([]int{r, w}))
		}
		return []int{w}, []int{r}, nil
	}}, nil
}

func tiePipe(p Plan, e end) (port, error) {
	if e.a {
		return port{out: newStreamOut(p, e.fds[0])}, nil
	}
	return port{in: newStreamIn(p, e.fds[0])}, nil
}

// descriptorLimit makes an error that says too many descriptors are open one of
// the system's limits.
func descriptorLimit(err error, need int) error {
	var limit unix.Rlimit
	switch {
	case errors.Is(err, unix.EMFILE):
		if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
			return err
		}
		return Unavailable{fmt.Sprintf("%v: the channels take %d descriptors and a process may have %d; raise it with ulimit -n", err, need, limit.Cur)}
	case errors.Is(err, unix.ENFILE):
		return Unavailable{fmt.Sprintf("%v: the system's table of open files is full; raise fs.file-max with sysctl", err)}
	}
	return err
}
