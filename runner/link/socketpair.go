package link

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{duplex: true, width: 1, start: startSocketpairs, tie: tieStream}
	register(Kind{
		Name:    "socketpair",
		Summary: "pairs of Unix stream sockets with blocking reads and writes",
		Doc: `Definition: a pair of connected AF_UNIX stream sockets for each two ranks that
talk, which carries both directions. Messages are framed as in a pipe: four
bytes of length unless the workload sends only one length.
Copies: two, into the socket and out of it; with a length in front one more at
each end, of at most 16 KiB.
System calls: as for a pipe: one write and one read for a message of up to 16
KiB.
Limits: descriptors (one for each rank that another talks to); a socket holds
net.core.wmem_default bytes, of which each message takes several hundred beyond
its own.
Stresses: a wakeup and a context switch as in a pipe, and the allocation of
socket buffers.`,
		Across:  true,
		Notices: true,
		Open:    w.open,
		join:    w.join,
	})
}

func startSocketpairs(_ Plan, lines int, _ string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		s, t, err := newSocketpair(unix.SOCK_STREAM)
		if err != nil {
			return nil, nil, descriptorLimit(fmt.Errorf("make a pair of sockets: %w", err), 2*lines)
		}
		return []int{s}, []int{t}, nil
	}}, nil
}

// tieStream ties an end that carries bytes both ways.
func tieStream(p Plan, e end) (port, error) {
	return port{out: newStreamOut(p, e.fds[0]), in: newStreamIn(p, e.fds[0])}, nil
}
