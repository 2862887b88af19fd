package host

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"forklore/runner/work"

	"golang.org/x/sys/unix"
)

// backlog is how many connections may wait to be accepted: as many as the kernel allows.
const backlog = 1 << 16

// listeners are the listening sockets of a server's trial, all on one port of 127.0.0.1.
type listeners struct {
	files []*os.File // one for each process that has its own; else one for all
	port  int
}

// openListeners reserves a port and listens on it before any worker starts, so that nobody else can
// have it and no connection is refused. apart gives each worker process a socket of its own.
func openListeners(job Job, apart bool) (*listeners, error) {
	l, sockets := &listeners{}, 1
	if apart {
		sockets = max(1, job.Processes)
	}
	for range sockets {
		if err := l.listen(apart); err != nil {
			return nil, errors.Join(unlistenable(err), l.close())
		}
	}
	return l, nil
}

// of returns the socket that child process p listens on, or the one in the host.
func (l *listeners) of(p int) *os.File { return l.files[p%len(l.files)] }

// listen adds a socket. The first one finds a free port, the others share it.
func (l *listeners) listen(shared bool) error {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	l.files = append(l.files, os.NewFile(uintptr(fd), "listener"))
	if shared {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return fmt.Errorf("set SO_REUSEPORT: %w", err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: l.port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return err
	}
	name, err := unix.Getsockname(fd)
	if v4, ok := name.(*unix.SockaddrInet4); ok {
		l.port = v4.Port
	}
	return err
}

// close gives the host's own descriptors back: children have theirs.
func (l *listeners) close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.Close())
	}
	l.files = nil
	return errors.Join(errs...)
}

// unlistenable names the limit that keeps a server from its port.
func unlistenable(err error) error {
	err = fmt.Errorf("listen on a port of 127.0.0.1: %w", err)
	switch {
	case errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENETUNREACH):
		return work.Unavailable{Reason: err.Error() + ": the loopback interface is down; bring it up with: ip link set lo up"}
	case errors.Is(err, unix.EADDRINUSE):
		return work.Unavailable{Reason: err.Error() + ": no port is free in the range of net.ipv4.ip_local_port_range; widen it with sysctl"}
	}
	return err
}
