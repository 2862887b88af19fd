package link

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func init() {
	w := wiring{duplex: true, width: 1, start: startShm, tie: tieShm}
	register(Kind{
		Name:    "shm",
		Summary: "ring buffers in shared memory with futex waits",
		Doc: `Definition: for each two ranks that talk a piece of shared memory without a name
(memfd) with a ring buffer for each direction: one sender, one receiver, no
lock. Eight bytes of length stand before a message. A ring holds 64 messages or
64 KiB of the longest, at least one. Who finds the ring empty, or full, says so
in the ring and sleeps on a futex; the other wakes it. With two or more CPUs a
worker first looks again for up to about 2 us, for as long as that pays; on one
CPU never.
Copies: two, into the ring and out of it.
System calls: none while both sides keep up; a futex wake and a futex wait for a
message that is waited for.
Limits: descriptors (one for each rank that another talks to), mappings
(vm.max_map_count), memory. The death of the other worker is not noticed.
Stresses: caches that pass lines between cores, and the futex's wakeup. The
memory is there before the gate.`,
		Across: true,
		Open:   w.open,
		join:   w.join,
	})
}

func startShm(p Plan, lines int, _ string) (*loom, error) {
	return &loom{line: func() (a, b []int, err error) {
		m, n, err := newMemory(2 * ringLen(p))
		if err != nil {
			return nil, nil, descriptorLimit(err, 2*lines)
		}
		return []int{m}, []int{n}, nil
	}}, nil
}

func tieShm(p Plan, e end) (port, error) {
	memory, err := mapMemory(e.fds[0], 2*ringLen(p))
	if err != nil {
		return port{}, err
	}
	out, in := memory[:ringLen(p)], memory[ringLen(p):]
	if !e.a {
		out, in = in, out
	}
	cpus := runtime.NumCPU()
	return port{
		out:   newShmOut(ringIn(out, p), cpus),
		in:    newShmIn(ringIn(in, p), cpus),
		close: func() error { return unix.Munmap(memory) },
	}, nil
}

type shmOut struct {
	*ring
	sleeper
	length  int
	hasRoom func() bool // made once: a closure for each message would allocate
	_       apart
}

func newShmOut(r *ring, cpus int) *shmOut {
	s := &shmOut{ring: r, sleeper: newSleeper(r.crowded, cpus)}
	s.hasRoom = func() bool { return r.hasRoom(s.length) }
	return s
}

func (s *shmOut) send(message []byte) error {
	if !s.ring.hasRoom(len(message)) {
		s.length = len(message)
		s.wait(s.hasRoom)
	}
	s.add(message)
	wake(s.hungry)
	return nil
}

type shmIn struct {
	*ring
	sleeper
	hasMessage func() bool
	_          apart
}

func newShmIn(r *ring, cpus int) *shmIn {
	return &shmIn{ring: r, sleeper: newSleeper(r.hungry, cpus), hasMessage: r.hasMessage}
}

func (s *shmIn) recv(buffer []byte) (int, error) {
	if !s.ring.hasMessage() {
		s.wait(s.hasMessage)
	}
	n, err := s.take(buffer)
	wake(s.crowded)
	return n, err
}
