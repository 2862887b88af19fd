package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// stageLen bounds what a stream copies once more than it must: a message up to
// this length, with its own in front, takes one write and one read.
const stageLen = 16 << 10

// headLen is what stands before a message in a stream: its length.
const headLen = 4

// streamOut sends messages through a descriptor that carries bytes, with raw
// blocking writes.
type streamOut struct {
	fd    int
	stage []byte // nil where all messages have one length
}

func newStreamOut(p Plan, fd int) *streamOut {
	s := &streamOut{fd: fd}
	if !p.Fixed {
		s.stage = spaced(min(headLen+p.Max, stageLen))
	}
	return s
}

func (s *streamOut) send(message []byte) error {
	if s.stage == nil {
		return writeAll(s.fd, message)
	}
	binary.LittleEndian.PutUint32(s.stage, uint32(len(message)))
	n := copy(s.stage[headLen:], message)
	if err := writeAll(s.fd, s.stage[:headLen+n]); err != nil || n == len(message) {
		return err
	}
	return writeAll(s.fd, message[n:])
}

func writeAll(fd int, bytes []byte) error {
	for {
		n, err := unix.Write(fd, bytes)
		switch {
		case n == len(bytes):
			return nil
		case n > 0:
			bytes = bytes[n:]
		case err == unix.EPIPE || err == unix.ECONNRESET:
			return fmt.Errorf("the other worker is gone: %w", err)
		case err != unix.EINTR:
			return err
		}
	}
}

// streamIn receives what a streamOut sends. It reads ahead, so that a short
// message takes one read with its length, and several that wait take one
// together.
type streamIn struct {
	fd, max int
	ahead   []byte // nil where all messages have one length
	lo, hi  int    // ahead[lo:hi] was read and not yet received
	_       apart
}

func newStreamIn(p Plan, fd int) *streamIn {
	s := &streamIn{fd: fd, max: p.Max}
	if !p.Fixed {
		s.ahead = make([]byte, min(max(headLen+p.Max, 4096), stageLen))
	}
	return s
}

func (s *streamIn) recv(buffer []byte) (int, error) {
	if s.ahead == nil {
		if len(buffer) < s.max {
			return 0, tooLong(s.max, len(buffer))
		}
		return s.max, readFull(s.fd, buffer[:s.max])
	}
	if err := s.fill(headLen); err != nil {
		return 0, err
	}
	length := int64(binary.LittleEndian.Uint32(s.ahead[s.lo:]))
	if length > int64(len(buffer)) {
		return 0, tooLong(int(length), len(buffer))
	}
	s.lo += headLen
	message := buffer[:length]
	n := copy(message, s.ahead[s.lo:s.hi])
	s.lo += n
	if n == len(message) {
		return n, nil
	}
	return len(message), s.rest(message[n:])
}

// rest reads the end of a message of which everything read ahead has been
// received.
func (s *streamIn) rest(message []byte) error {
	if len(message) >= len(s.ahead) {
		return unexpected(readFull(s.fd, message))
	}
	if err := s.fill(len(message)); err != nil {
		return unexpected(err)
	}
	s.lo += copy(message, s.ahead[s.lo:s.hi])
	return nil
}

// fill reads until at least n bytes lie ahead.
func (s *streamIn) fill(n int) error {
	if s.lo == s.hi {
		s.lo, s.hi = 0, 0
	}
	if s.lo+n > len(s.ahead) {
		s.hi = copy(s.ahead, s.ahead[s.lo:s.hi])
		s.lo = 0
	}
	for s.hi-s.lo < n {
		got, err := read(s.fd, s.ahead[s.hi:])
		if err != nil {
			if s.hi > s.lo {
				err = unexpected(err)
			}
			return err
		}
		s.hi += got
	}
	return nil
}

// readFull reads until bytes is full.
func readFull(fd int, bytes []byte) error {
	for at := 0; at < len(bytes); {
		n, err := read(fd, bytes[at:])
		if err != nil {
			if at > 0 {
				err = unexpected(err)
			}
			return err
		}
		at += n
	}
	return nil
}

// read returns at least one byte, or an error: io.EOF where the other side has
// closed.
func read(fd int, bytes []byte) (int, error) {
	for {
		n, err := unix.Read(fd, bytes)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, errGone
		case err != unix.EINTR:
			return 0, err
		}
	}
}

// gone says that the other end of a stream is closed. It is no error of fmt,
// whose first use would be a part of every process's start.
type gone struct{}

func (gone) Error() string { return "the other worker is gone: EOF" }

func (gone) Unwrap() error { return io.EOF }

var errGone error = gone{}

// unexpected turns an end of the stream into one in the middle of a message.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the other worker is gone in the middle of a message: %w", io.ErrUnexpectedEOF)
	}
	return err
}
