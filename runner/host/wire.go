package host

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Commands on fd 3 after the job, one a line.
const (
	cmdOpen    = "open"
	cmdMeasure = "measure"
	cmdStop    = "stop"
)

// File descriptors of a measured process.
const (
	fdCommands = 3
	fdAnswers  = 4
	fdPage     = 5
)

// wire is one end of a pair of pipes.
type wire struct {
	in  *bufio.Reader
	out io.Writer
	mu  sync.Mutex // a host's faults may race with its answers
}

func (w *wire) send(m message) error { return w.line(m.encode()) }

func (w *wire) line(b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.out.Write(append(b, '\n'))
	return err
}

// receive reads one message. io.EOF means that the other end is gone.
func (w *wire) receive() (message, error) {
	line, err := w.in.ReadString('\n')
	if err != nil {
		return message{}, io.EOF
	}
	return decode(line)
}

// childFile adopts an inherited pipe as a file that parks its goroutine while
// it waits, instead of an OS thread: the reader must not hold a P that a worker
// could use.
func childFile(fd int, name string) (*os.File, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("%s (fd %d) is not open: trialhost is started by forklore, not by hand: %w", name, fd, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}
