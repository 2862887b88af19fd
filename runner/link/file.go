package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{width: 3, start: startFiles, tie: tieFile}
	register(Kind{
		Name:    "file",
		Summary: "messages in a regular file, with a pipe as doorbell",
		Doc: `Definition: for each one-way channel a regular file in the trial's scratch
folder, on the file system of the results, with slots for as many of the longest
messages as fit into 64 KiB, at least 1 and at most 64. The sender writes a
message into the next slot and its length, four bytes, into a pipe; the receiver
sleeps in the read of that pipe, then reads the slot. A second pipe carries a
byte for each slot that is free again, half of the slots at a time. Nothing is
synced; the file's name is removed as soon as it is open.
Copies: two, into the page cache and out of it.
System calls: one pwrite and one write, one read and one pread for every
message; for each half of the slots a write and a read more.
Limits: descriptors (six a channel in the host, three in a worker), room on the
file system.
Stresses: the file system's write path and locks, and the wakeup of a pipe; no
device.`,
		Across:  true,
		Notices: true,
		Open:    w.open,
		join:    w.join,
	})
}

func startFiles(p Plan, lines int, dir string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		a, b, err = newFileLine(p, dir)
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			err = Unavailable{fmt.Sprintf("%v: the file system of the results is full; free space there", err)}
		}
		return a, b, descriptorLimit(err, 6*lines)
	}}, nil
}

// newFileLine returns for the sender the file, the bell to ring and the slots
// that come back; for the receiver the file, the bell and the way back.
func newFileLine(p Plan, dir string) (a, b []int, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(a), closeAll(b))
			a, b = nil, nil
		}
	}()
	near, far, err := newFile(dir, depth(p)*p.Max)
	if err != nil {
		return nil, nil, err
	}
	a, b = []int{near}, []int{far}
	heard, ring, err := newPipe()
	if err != nil {
		return a, b, fmt.Errorf("make a pipe: %w", err)
	}
	a, b = append(a, ring), append(b, heard)
	back, free, err := newPipe()
	if err != nil {
		return a, b, fmt.Errorf("make a pipe: %w", err)
	}
	return append(a, back), append(b, free), nil
}

// newFile returns two descriptors of a file without a name, whose blocks are
// there.
func newFile(dir string, length int) (near, far int, err error) {
	f, err := os.CreateTemp(dir, "link-")
	if err != nil {
		return -1, -1, fmt.Errorf("make a file for messages: %w", err)
	}
	defer f.Close()
	if _, err = f.Write(touched(length)); err != nil {
		return -1, -1, errors.Join(fmt.Errorf("fill a file for messages: %w", err), os.Remove(f.Name()))
	}
	if err = os.Remove(f.Name()); err != nil {
		return -1, -1, err
	}
	fd := f.Fd()
	if near, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return -1, -1, fmt.Errorf("open a file for messages: %w", err)
	}
	if far, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return -1, -1, errors.Join(fmt.Errorf("open a file for messages: %w", err), unix.Close(near))
	}
	return near, far, nil
}

func tieFile(p Plan, e end) (port, error) {
	s := slots{file: e.fds[0], bell: e.fds[1], back: e.fds[2], count: depth(p), size: p.Max, bytes: spaced(64)}
	if e.a {
		return port{out: &fileOut{s, s.count}}, nil
	}
	return port{in: &fileIn{s, 0}}, nil
}

// slots is one side's view of the file.
type slots struct {
	file, bell, back int
	count, size      int
	next             int
	bytes            []byte // through the pipes
	_                apart
}

// step returns where the next message lies in the file.
func (s *slots) step() int64 {
	at := int64(s.next) * int64(s.size)
	if s.next++; s.next == s.count {
		s.next = 0
	}
	return at
}

type fileOut struct {
	slots
	free int
}

func (f *fileOut) send(message []byte) error {
	if f.free == 0 {
		n, err := read(f.back, f.bytes)
		if err != nil {
			return err
		}
		f.free = n
	}
	f.free--
	at := f.step()
	for rest := message; len(rest) > 0; {
		n, err := unix.Pwrite(f.file, rest, at)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("write the message into the file: %w", err)
		}
		rest, at = rest[max(n, 0):], at+int64(max(n, 0))
	}
	binary.LittleEndian.PutUint32(f.bytes, uint32(len(message)))
	return writeAll(f.bell, f.bytes[:headLen])
}

type fileIn struct {
	slots
	taken int // slots that are free and not yet given back
}

func (f *fileIn) recv(buffer []byte) (int, error) {
	if err := readFull(f.bell, f.bytes[:headLen]); err != nil {
		return 0, err
	}
	length := int(binary.LittleEndian.Uint32(f.bytes))
	if length > len(buffer) {
		return 0, tooLong(length, len(buffer))
	}
	at := f.step()
	for rest := buffer[:length]; len(rest) > 0; {
		n, err := unix.Pread(f.file, rest, at)
		if err == nil && n == 0 {
			return 0, errors.New("read the message from the file: the file is too short")
		}
		if err != nil && err != unix.EINTR {
			return 0, fmt.Errorf("read the message from the file: %w", err)
		}
		rest, at = rest[max(n, 0):], at+int64(max(n, 0))
	}
	return length, f.giveBack()
}

// giveBack frees the slot just read. A sender that has ended needs none: its
// absence is no error of a message that came.
func (f *fileIn) giveBack() error {
	if f.taken++; f.taken < max(f.count/2, 1) {
		return nil
	}
	n := f.taken
	f.taken = 0
	if err := writeAll(f.back, f.bytes[:n]); !errors.Is(err, unix.EPIPE) {
		return err
	}
	return nil
}
