package link

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{duplex: true, width: 1, start: startSeqpackets, tie: tieSeqpacket}
	register(Kind{
		Name:    "seqpacket",
		Summary: "pairs of Unix sockets that keep messages whole (SOCK_SEQPACKET)",
		Doc: `Definition: a pair of connected AF_UNIX sockets of type SOCK_SEQPACKET for each
two ranks that talk, which carries both directions. The kernel keeps messages
whole, so none has a length in front.
Copies: two, into the socket and out of it.
System calls: one write and one recvfrom, whatever the length.
Limits: descriptors (one for each rank that another talks to); a message must
fit into the socket's send buffer, net.core.wmem_max bytes doubled without
privilege, and into memory in one piece.
Stresses: as socketpair, with one buffer in the kernel for each message however
long.`,
		Across:  true,
		Notices: true,
		Open:    w.open,
		join:    w.join,
	})
}

func startSeqpackets(p Plan, lines int, _ string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		s, t, err := newSocketpair(unix.SOCK_SEQPACKET)
		if err != nil {
			return nil, nil, descriptorLimit(fmt.Errorf("make a pair of sockets: %w", err), 2*lines)
		}
		if err := errors.Join(roomFor(s, p.Max), roomFor(t, p.Max)); err != nil {
			return nil, nil, errors.Join(err, closeAll([]int{s, t}))
		}
		return []int{s}, []int{t}, nil
	}}, nil
}

// roomFor makes the send buffer of a socket take a message of n bytes, which
// the kernel wants 32 bytes shorter than the buffer. What is asked for it
// doubles.
func roomFor(fd, n int) error {
	const spare = 32
	have, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil || n <= have-spare {
		return err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, n) != nil { // without CAP_NET_ADMIN
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, n); err != nil {
			return fmt.Errorf("set the send buffer of a socket to %d bytes: %w", n, err)
		}
	}
	have, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err == nil && n > have-spare {
		return Unavailable{fmt.Sprintf("a message of %d bytes does not fit into the socket's send buffer of %d, which net.core.wmem_max = %s bounds; raise it with sysctl", n, have, setting("/proc/sys/net/core/wmem_max"))}
	}
	return err
}

func tieSeqpacket(_ Plan, e end) (port, error) {
	s := &seqpacket{fd: e.fds[0]}
	return port{out: s, in: s}, nil
}

type seqpacket struct{ fd int }

func (s *seqpacket) send(message []byte) error {
	if err := writeAll(s.fd, message); !errors.Is(err, unix.ENOBUFS) {
		return err
	}
	return Unavailable{fmt.Sprintf("the kernel found no piece of memory for a message of %d bytes (ENOBUFS); send shorter ones, or use the link socketpair", len(message))}
}

// recv asks for the true length of the message, also of one that is longer than
// buffer.
func (s *seqpacket) recv(buffer []byte) (int, error) {
	if len(buffer) == 0 {
		return 0, tooLong(1, 0)
	}
	for {
		r, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(s.fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), unix.MSG_TRUNC, 0, 0)
		switch n := int(r); {
		case errno == unix.EINTR:
		case errno == unix.ECONNRESET:
			return 0, fmt.Errorf("%w (%w)", errGone, errno)
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, errGone
		case n > len(buffer):
			return 0, tooLong(n, len(buffer))
		default:
			return n, nil
		}
	}
}
