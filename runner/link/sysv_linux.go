package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{width: 1, start: startSysv, tie: tieSysv}
	register(Kind{
		Name:    "sysv_mq",
		Summary: "one System V message queue for all workers of a trial",
		Doc: `Definition: one System V message queue for the whole trial (msgget(2),
msgsnd(2), msgrcv(2)); each one-way channel is a message type in it. A channel
may have as many messages in the queue as its equal share of the queue's bytes
allows, at most 64, counted in a page of shared memory: else one channel could
fill the queue and stop all others for ever. A sender whose share is used up
sleeps on a futex there.
Copies: four, into a buffer with the type in front, into the queue, out of it,
and out of such a buffer.
System calls: one msgsnd and one msgrcv, whatever the length; two more when the
share was used up.
Limits: kernel.msgmax (8192 bytes a message), kernel.msgmnb (16384 bytes in the
queue: one of the longest messages for each channel must fit; CAP_SYS_RESOURCE
lifts it), kernel.msgmni (queues). The death of the other worker is not noticed;
the end of the trial's host is, when the queue is removed.
Stresses: the queue's one lock, and its list of messages, which a receiver
searches for its type.`,
		Across: true,
		Open:   w.open,
		join:   w.join,
	})
}

// A queue's key is the tag and the number of the process that made it: Sweep
// knows by it what a dead process left.
const (
	sysvTag     = 0x46
	sysvPIDBits = 24 // Linux counts processes to 2^22
)

func sysvKey(pid int) int { return sysvTag<<sysvPIDBits | pid }

// ownQueue says that this process has a queue: its key allows one.
var ownQueue atomic.Bool

func startSysv(p Plan, lines int, _ string) (*loom, error) {
	if !ownQueue.CompareAndSwap(false, true) {
		return nil, errors.New("this process has a System V queue of another trial open; close that first")
	}
	id, share, err := newSysvQueue(p, lines)
	if err != nil {
		ownQueue.Store(false)
		return nil, err
	}
	return &loom{
		words: []string{strconv.Itoa(id), strconv.Itoa(share)},
		line: func() (a, b []int, err error) {
			m, n, err := newMemory(os.Getpagesize())
			if err != nil {
				return nil, nil, descriptorLimit(err, 2*lines)
			}
			return []int{m}, []int{n}, nil
		},
		close: func() error {
			ownQueue.Store(false)
			return msgctl(id, unix.IPC_RMID, nil)
		},
	}, nil
}

// newSysvQueue returns a new queue and how many messages each channel may have
// in it.
func newSysvQueue(p Plan, lines int) (id, share int, err error) {
	if most, err := strconv.Atoi(setting("/proc/sys/kernel/msgmax")); err == nil && p.Max > most {
		return 0, 0, Unavailable{fmt.Sprintf("a message may have %d bytes and kernel.msgmax is %d; raise it with sysctl, and kernel.msgmnb with it", p.Max, most)}
	}
	if id, err = msgget(sysvKey(os.Getpid())); err != nil {
		return 0, 0, sysvLimit(err)
	}
	var state msqid
	if err = msgctl(id, unix.IPC_STAT, &state); err == nil {
		if need := uint64(max(lines, 1) * p.Max); state.Qbytes < need {
			err = raiseSysv(id, &state, need)
		}
	}
	if err != nil {
		return 0, 0, errors.Join(err, msgctl(id, unix.IPC_RMID, nil))
	}
	return id, min(int(state.Qbytes)/(max(lines, 1)*p.Max), 64), nil
}

// msgget makes the queue of a key. One that is there belonged to a dead process
// of our number.
func msgget(key int) (id int, err error) {
	for range 2 {
		r, _, errno := unix.Syscall(unix.SYS_MSGGET, uintptr(key), unix.IPC_CREAT|unix.IPC_EXCL|0o600, 0)
		if errno == 0 {
			return int(r), nil
		}
		err = errno
		if errno != unix.EEXIST {
			break
		}
		r, _, errno = unix.Syscall(unix.SYS_MSGGET, uintptr(key), 0, 0)
		if errno == 0 {
			if fault := msgctl(int(r), unix.IPC_RMID, nil); fault != nil {
				return 0, fmt.Errorf("remove the System V queue that a dead process of the same number left: %w", fault)
			}
		}
	}
	return 0, fmt.Errorf("make a System V message queue: %w", err)
}

func sysvLimit(err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return Unavailable{fmt.Sprintf("%v: this kernel has no System V message queues (CONFIG_SYSVIPC)", err)}
	case errors.Is(err, unix.ENOSPC):
		return Unavailable{fmt.Sprintf("%v: there are as many queues as kernel.msgmni = %s allows; raise it with sysctl, or remove queues that nobody uses (ipcs -q, ipcrm -q)", err, setting("/proc/sys/kernel/msgmni"))}
	}
	return err
}

// raiseSysv asks for a queue that holds more bytes than the system's default.
func raiseSysv(id int, state *msqid, need uint64) error {
	had := state.Qbytes
	state.Qbytes = need
	err := msgctl(id, unix.IPC_SET, state)
	if errors.Is(err, unix.EPERM) {
		return Unavailable{fmt.Sprintf("one of the longest messages for each channel takes %d bytes in the System V queue and kernel.msgmnb is %d; raise it with sysctl, or run with CAP_SYS_RESOURCE", need, had)}
	}
	if err != nil {
		return fmt.Errorf("make the System V queue hold %d bytes: %w", need, err)
	}
	return nil
}

// msqid is the kernel's struct msqid64_ds on 64-bit machines.
type msqid struct {
	Perm                          unix.SysvIpcPerm
	Stime, Rtime, Ctime           int64
	Cbytes, Qnum, Qbytes          uint64
	LastSendPID, LastReceiverPIDs int32
	_                             [2]uint64
}

func msgctl(id, command int, state *msqid) error {
	if _, _, errno := unix.Syscall(unix.SYS_MSGCTL, uintptr(id), uintptr(command), uintptr(unsafe.Pointer(state))); errno != 0 {
		return errno
	}
	return nil
}

func tieSysv(p Plan, e end) (port, error) {
	id, err := strconv.Atoi(e.words[0])
	share, err2 := strconv.Atoi(e.words[1])
	if err := errors.Join(err, err2); err != nil {
		return port{}, err
	}
	memory, err := mapMemory(e.fds[0], os.Getpagesize())
	if err != nil {
		return port{}, err
	}
	q := sysvEnd{
		id: id, kind: e.line + 1, share: uint32(share),
		crowded:  (*atomic.Uint32)(unsafe.Pointer(&memory[0])),
		received: (*atomic.Uint32)(unsafe.Pointer(&memory[128])),
		typed:    spaced(8 + p.Max),
	}
	tied := port{close: func() error { return unix.Munmap(memory) }}
	if e.a {
		out := &sysvOut{sysvEnd: q, sleeper: newSleeper(q.crowded, 1)}
		out.allowed = func() bool { return out.sent-out.received.Load() < out.share }
		tied.out = out
	} else {
		tied.in = &sysvIn{sysvEnd: q}
	}
	return tied, nil
}

// sysvEnd is one side of a channel.
type sysvEnd struct {
	id, kind int    // the queue, and the type of the channel's messages
	share    uint32 // how many may be in the queue
	crowded  *atomic.Uint32
	received *atomic.Uint32 // how many were taken out, modulo 2^32
	typed    []byte         // a message with its type in front, as the kernel wants it
}

type sysvOut struct {
	sysvEnd
	sleeper
	sent    uint32
	allowed func() bool
	_       apart
}

func (q *sysvOut) send(message []byte) error {
	if !q.allowed() {
		q.wait(q.allowed)
	}
	binary.NativeEndian.PutUint64(q.typed, uint64(q.kind))
	copy(q.typed[8:], message)
	for {
		_, _, errno := unix.Syscall6(unix.SYS_MSGSND, uintptr(q.id), uintptr(unsafe.Pointer(&q.typed[0])), uintptr(len(message)), 0, 0, 0)
		switch errno {
		case 0:
			q.sent++
			return nil
		case unix.EINTR:
		default:
			return sysvGone(errno)
		}
	}
}

type sysvIn struct{ sysvEnd }

func (q *sysvIn) recv(buffer []byte) (int, error) {
	for {
		r, _, errno := unix.Syscall6(unix.SYS_MSGRCV, uintptr(q.id), uintptr(unsafe.Pointer(&q.typed[0])), uintptr(len(q.typed)-8), uintptr(q.kind), 0, 0)
		switch n := int(r); {
		case errno == unix.EINTR:
		case errno != 0:
			return 0, sysvGone(errno)
		default:
			q.received.Add(1)
			wake(q.crowded)
			if n > len(buffer) {
				return 0, tooLong(n, len(buffer))
			}
			return copy(buffer, q.typed[8:8+n]), nil
		}
	}
}

func sysvGone(errno unix.Errno) error {
	if errno == unix.EIDRM || errno == unix.EINVAL {
		return fmt.Errorf("the trial's System V queue was removed: %w", errno)
	}
	return errno
}
