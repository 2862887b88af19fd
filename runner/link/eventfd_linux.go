package link

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{width: 3, start: startEventfds, tie: tieEventfd}
	register(Kind{
		Name:    "eventfd",
		Summary: "ring buffers in shared memory, each message announced by an eventfd",
		Doc: `Definition: for each one-way channel a ring buffer in shared memory (memfd) as
in the link shm, and an eventfd that counts the messages in it (EFD_SEMAPHORE):
the sender adds one for each message, the receiver takes one off before it
looks, and sleeps in that read while there is none. A second eventfd wakes a
sender that found no room.
Copies: two, into the ring and out of it.
System calls: one write and one read of an eventfd for every message, waited for
or not; two more when the ring was full.
Limits: descriptors (six a channel in the host, three in a worker), mappings
(vm.max_map_count), memory. The death of the other worker is not noticed.
Stresses: what a descriptor that an event loop could watch costs above a futex.`,
		Across: true,
		Open:   w.open,
		join:   w.join,
	})
}

// startEventfds gives both ends the same three things: the memory, the count of
// messages, and the bell for a sender that waits.
func startEventfds(p Plan, lines int, _ string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		m, n, err := newMemory(ringLen(p))
		if err != nil {
			return nil, nil, descriptorLimit(err, 6*lines)
		}
		a, b = []int{m}, []int{n}
		for _, flags := range []int{unix.EFD_SEMAPHORE, 0} {
			near, far, err := newEventfd(flags)
			if err != nil {
				return nil, nil, errors.Join(descriptorLimit(fmt.Errorf("make an eventfd: %w", err), 6*lines), closeAll(a), closeAll(b))
			}
			a, b = append(a, near), append(b, far)
		}
		return a, b, nil
	}}, nil
}

// newEventfd returns two descriptors of one counter, which is 0.
func newEventfd(flags int) (near, far int, err error) {
	near, err = unix.Eventfd(0, flags|unix.EFD_CLOEXEC)
	if err != nil {
		return -1, -1, err
	}
	far, err = unix.FcntlInt(uintptr(near), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, -1, errors.Join(err, unix.Close(near))
	}
	return near, far, nil
}

func tieEventfd(p Plan, e end) (port, error) {
	memory, err := mapMemory(e.fds[0], ringLen(p))
	if err != nil {
		return port{}, err
	}
	tied := port{close: func() error { return unix.Munmap(memory) }}
	c := counted{ring: ringIn(memory, p), messages: counter{fd: e.fds[1]}, room: counter{fd: e.fds[2]}}
	if e.a {
		tied.out = &eventfdOut{c}
	} else {
		tied.in = &eventfdIn{c}
	}
	return tied, nil
}

// counted is a ring and its two eventfds.
type counted struct {
	*ring
	messages, room counter
}

type eventfdOut struct{ counted }

func (s *eventfdOut) send(message []byte) error {
	for !s.hasRoom(len(message)) {
		s.crowded.Store(1)
		if s.hasRoom(len(message)) {
			s.crowded.Store(0)
			break
		}
		if err := s.room.take(); err != nil {
			return err
		}
	}
	s.add(message)
	return s.messages.add()
}

type eventfdIn struct{ counted }

func (s *eventfdIn) recv(buffer []byte) (int, error) {
	if err := s.messages.take(); err != nil {
		return 0, err
	}
	if !s.hasMessage() {
		return 0, errors.New("the eventfd counts a message that is not in the ring")
	}
	n, err := s.ring.take(buffer)
	if s.crowded.Load() != 0 {
		s.crowded.Store(0)
		err = errors.Join(err, s.room.add())
	}
	return n, err
}

// counter is an eventfd.
type counter struct {
	fd    int
	count [8]byte // in the heap with its owner: a local would be allocated each time
	_     apart
}

// add counts one more.
func (c *counter) add() error {
	binary.NativeEndian.PutUint64(c.count[:], 1)
	return writeAll(c.fd, c.count[:])
}

// take waits until the count is above 0, and lowers it: by one if it is a
// semaphore, else to 0.
func (c *counter) take() error {
	_, err := read(c.fd, c.count[:])
	return err
}
