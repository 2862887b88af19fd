//go:build !linux

package link

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// newPipe returns a blocking pipe. The lock keeps a child that is started
// meanwhile from inheriting it.
func newPipe() (r, w int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return 0, 0, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds[0], fds[1], nil
}

// fullSize checks nothing: no call tells a pipe's capacity here.
func fullSize(int) error { return nil }

func newSocketpair(kind int) (a, b int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err != nil {
		return 0, 0, err
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return fds[0], fds[1], nil
}

func newSocket(domain, kind int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(domain, kind, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}

func acceptSocket(listener int) (int, unix.Sockaddr, error) {
	fd, peer, err := unix.Accept(listener)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, peer, err
}
