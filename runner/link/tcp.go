package link

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{duplex: true, width: 1, start: startTCP, tie: tieStream}
	register(Kind{
		Name:    "tcp",
		Summary: "TCP over the loopback interface with blocking reads and writes",
		Doc: `Definition: a TCP connection over 127.0.0.1 for each two ranks that talk, which
carries both directions, with TCP_NODELAY: a message leaves at once. The
connections are made before any worker starts. Messages are framed as in a pipe.
Copies: two, into the socket and out of it; with a length in front one more at
each end, of at most 16 KiB.
System calls: as for a pipe: one write and one read for a message of up to 16
KiB.
Limits: descriptors (one for each rank that another talks to), ports of
127.0.0.1 that are free (net.ipv4.ip_local_port_range); net.ipv4.tcp_wmem and
tcp_rmem say how much a connection holds.
Stresses: the network stack down to the loopback device, with its soft
interrupts and acknowledgements; not a network card.`,
		Across:  true,
		Notices: true,
		Open:    w.open,
		join:    w.join,
	})
}

func startTCP(_ Plan, lines int, _ string) (*loom, error) {
	listener, address, err := listenLoopback()
	if err != nil {
		return nil, descriptorLimit(err, 2*lines+1)
	}
	stop := func() error {
		fd := listener
		listener = -1
		if fd < 0 {
			return nil
		}
		return closeAll([]int{fd})
	}
	return &loom{
		line: func() (a, b []int, err error) {
			a, b, err = connectLoopback(listener, address)
			return a, b, descriptorLimit(err, 2*lines+1)
		},
		made:  stop,
		close: stop,
	}, nil
}

// listenLoopback returns a listening socket on a port that was free.
func listenLoopback() (fd int, address unix.Sockaddr, err error) {
	if fd, err = newSocket(unix.AF_INET, unix.SOCK_STREAM); err != nil {
		return -1, nil, fmt.Errorf("make a TCP socket: %w", err)
	}
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		err = unix.Listen(fd, 16)
	}
	if err == nil {
		address, err = unix.Getsockname(fd)
	}
	switch {
	case err == nil:
		return fd, address, nil
	case errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENETUNREACH):
		err = Unavailable{fmt.Sprintf("listen on 127.0.0.1: %v: the loopback interface is down; bring it up with: ip link set lo up", err)}
	}
	return -1, nil, errors.Join(err, unix.Close(fd))
}

// connectLoopback returns both ends of a new connection. Others on this machine
// can connect to the listener too: whoever is not our own end is sent away.
func connectLoopback(listener int, address unix.Sockaddr) (a, b []int, err error) {
	near, err := newSocket(unix.AF_INET, unix.SOCK_STREAM)
	if err != nil {
		return nil, nil, fmt.Errorf("make a TCP socket: %w", err)
	}
	a = []int{near}
	if err = unix.Connect(near, address); err != nil {
		if errors.Is(err, unix.EADDRNOTAVAIL) {
			err = Unavailable{fmt.Sprintf("connect to 127.0.0.1: %v: no port is free in net.ipv4.ip_local_port_range = %s; widen it with sysctl", err, setting("/proc/sys/net/ipv4/ip_local_port_range"))}
		}
		return nil, nil, errors.Join(fmt.Errorf("connect to 127.0.0.1: %w", err), closeAll(a))
	}
	far, err := acceptFrom(listener, near)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("accept a connection to 127.0.0.1: %w", err), closeAll(a))
	}
	b = []int{far}
	for _, fd := range []int{near, far} {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("set TCP_NODELAY: %w", err), closeAll(a), closeAll(b))
		}
	}
	return a, b, nil
}

// acceptFrom accepts the connection that near has made.
func acceptFrom(listener, near int) (int, error) {
	own, err := unix.Getsockname(near)
	if err != nil {
		return -1, err
	}
	for {
		far, peer, err := acceptSocket(listener)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNABORTED) {
			continue
		}
		if err != nil {
			return -1, err
		}
		if samePort(own, peer) {
			return far, nil
		}
		if err := unix.Close(far); err != nil {
			return -1, err
		}
	}
}

func samePort(a, b unix.Sockaddr) bool {
	x, ok := a.(*unix.SockaddrInet4)
	y, too := b.(*unix.SockaddrInet4)
	return ok && too && x.Port == y.Port && x.Addr == y.Addr
}
