package link

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// newPipe returns a blocking pipe: os.Pipe would make it non-blocking for the
// poller.
func newPipe() (r, w int, err error) {
	var fds [2]int
	err = unix.Pipe2(fds[:], unix.O_CLOEXEC)
	return fds[0], fds[1], err
}

// fullSize checks that a pipe has its default capacity: the kernel quietly
// gives two pages to a user who has many.
func fullSize(fd int) error {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if err != nil {
		return fmt.Errorf("ask for the capacity of a pipe: %w", err)
	}
	if want := 16 * os.Getpagesize(); got < want {
		return Unavailable{fmt.Sprintf("a new pipe holds %d bytes instead of %d, because this user's pipes take more pages than fs.pipe-user-pages-soft = %s allows; raise it with sysctl", got, want, setting("/proc/sys/fs/pipe-user-pages-soft"))}
	}
	return nil
}

func newSocketpair(kind int) (a, b int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	return fds[0], fds[1], err
}

func newSocket(domain, kind int) (int, error) {
	return unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
}

func acceptSocket(listener int) (int, unix.Sockaddr, error) {
	return unix.Accept4(listener, unix.SOCK_CLOEXEC)
}
