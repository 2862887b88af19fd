package link

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{width: 1, start: startMqueues, tie: tieMqueue}
	register(Kind{
		Name:    "mqueue",
		Summary: "POSIX message queues",
		Doc: `Definition: a POSIX message queue for each one-way channel (mq_open(3),
mq_send(3), mq_receive(3); all messages of priority 0). A queue holds as many of
the longest messages as fit into 64 KiB, at least 1 and at most 10. Its name is
removed as soon as it is open: a queue is a descriptor, and nothing is left in
/dev/mqueue whatever is killed.
Copies: two, into the queue and out of it; a receiver whose buffer is shorter
than the longest message takes a third.
System calls: one mq_timedsend and one mq_timedreceive, whatever the length.
Limits: fs.mqueue.msg_max (10), msgsize_max (8192 bytes) and queues_max (256),
which CAP_SYS_RESOURCE lifts; RLIMIT_MSGQUEUE (819200 bytes for all queues of a
user), which nothing lifts; descriptors. The death of the other worker is not
noticed.
Stresses: a wakeup and a context switch, and the allocation of a kernel message
each time.`,
		Across: true,
		Open:   w.open,
		join:   w.join,
	})
}

// mqueueDepth is the most messages that a queue holds: the default limit of the
// system.
const mqueueDepth = 10

// mqueueName is the name of a queue while it is being made, without the slash.
// The process's number in it lets Sweep find what a kill in that moment left.
func mqueueName() string { return fmt.Sprintf("%s%d", mqueuePrefix, os.Getpid()) }

const mqueuePrefix = "forklore."

func startMqueues(p Plan, lines int, _ string) (*loom, error) {
	attr := mqAttr{MaxMsg: int64(min(depth(p), mqueueDepth)), MsgSize: int64(p.Max)}
	return &loom{line: func() (a, b []int, err error) {
		s, r, err := newMqueue(mqueueName(), attr)
		if err != nil {
			return nil, nil, mqueueLimit(err, attr, lines)
		}
		return []int{s}, []int{r}, nil
	}}, nil
}

// mqAttr is the kernel's struct mq_attr.
type mqAttr struct {
	Flags, MaxMsg, MsgSize, CurMsgs int64
	_                               [4]int64
}

// newMqueue returns the two ends of a new queue without a name.
func newMqueue(name string, attr mqAttr) (sender, receiver int, err error) {
	_ = mqUnlink(name) // left by a dead process of our number
	sender, err = mqOpen(name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, &attr)
	if err != nil {
		return -1, -1, fmt.Errorf("make a message queue of %d messages of %d bytes: %w", attr.MaxMsg, attr.MsgSize, err)
	}
	receiver, err = mqOpen(name, unix.O_RDONLY, nil)
	if err = errors.Join(err, mqUnlink(name)); err != nil {
		return -1, -1, errors.Join(fmt.Errorf("open a message queue: %w", err), unix.Close(sender))
	}
	return sender, receiver, nil
}

// mqOpen returns a blocking descriptor that is closed on exec: so are all
// message queues.
func mqOpen(name string, flags int, attr *mqAttr) (int, error) {
	text, err := unix.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(text)), uintptr(flags|unix.O_CLOEXEC), 0o600, uintptr(unsafe.Pointer(attr)), 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func mqUnlink(name string) error {
	text, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_MQ_UNLINK, uintptr(unsafe.Pointer(text)), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// mqueueLimit says which limit a queue ran into.
func mqueueLimit(err error, attr mqAttr, queues int) error {
	const folder = "/proc/sys/fs/mqueue/"
	switch {
	case errors.Is(err, unix.ENOSYS):
		return Unavailable{fmt.Sprintf("%v: this kernel has no POSIX message queues (CONFIG_POSIX_MQUEUE)", err)}
	case errors.Is(err, unix.EINVAL):
		return Unavailable{fmt.Sprintf("%v: fs.mqueue.msgsize_max is %s and msg_max is %s; raise them with sysctl, or run with CAP_SYS_RESOURCE", err, setting(folder+"msgsize_max"), setting(folder+"msg_max"))}
	case errors.Is(err, unix.ENOSPC):
		return Unavailable{fmt.Sprintf("%v: the trial takes %d queues and fs.mqueue.queues_max is %s for all users; raise it with sysctl, or run with CAP_SYS_RESOURCE", err, queues, setting(folder+"queues_max"))}
	case errors.Is(err, unix.EMFILE) && spareDescriptor():
		var limit unix.Rlimit
		if unix.Getrlimit(unix.RLIMIT_MSGQUEUE, &limit) != nil {
			return err
		}
		return Unavailable{fmt.Sprintf("%v: the trial's %d queues take more than %d bytes and RLIMIT_MSGQUEUE is %d for all queues of this user; raise it with ulimit -q", err, queues, int64(queues)*attr.MaxMsg*attr.MsgSize, limit.Cur)}
	}
	return descriptorLimit(err, 2*queues)
}

// spareDescriptor tells whether this process may open one more descriptor.
func spareDescriptor() bool {
	r, w, err := newPipe()
	if err != nil {
		return false
	}
	return closeAll([]int{r, w}) == nil
}

func tieMqueue(p Plan, e end) (port, error) {
	if e.a {
		return port{out: &mqueueOut{e.fds[0]}}, nil
	}
	return port{in: &mqueueIn{fd: e.fds[0], whole: make([]byte, p.Max)}}, nil
}

type mqueueOut struct{ fd int }

func (q *mqueueOut) send(message []byte) error {
	for {
		_, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDSEND, uintptr(q.fd), uintptr(unsafe.Pointer(&message[0])), uintptr(len(message)), 0, 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

type mqueueIn struct {
	fd    int
	whole []byte // the kernel refuses a buffer that is shorter than the longest message
}

func (q *mqueueIn) recv(buffer []byte) (int, error) {
	into := buffer
	if len(into) < len(q.whole) {
		into = q.whole
	}
	for {
		r, _, errno := unix.Syscall6(unix.SYS_MQ_TIMEDRECEIVE, uintptr(q.fd), uintptr(unsafe.Pointer(&into[0])), uintptr(len(into)), 0, 0, 0)
		switch n := int(r); {
		case errno == unix.EINTR:
		case errno != 0:
			return 0, errno
		case n > len(buffer):
			return 0, tooLong(n, len(buffer))
		default:
			if len(buffer) < len(q.whole) {
				copy(buffer, q.whole[:n])
			}
			return n, nil
		}
	}
}
