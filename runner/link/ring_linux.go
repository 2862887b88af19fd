package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is a queue of messages in shared memory with one sender and one
// receiver. Both count bytes from the start of the trial; each message begins
// at a multiple of eight with its length. Who must wait and how is up to the
// link: it sets a flag for the other, looks again, and sleeps.
//
// Four cache lines that only one side writes come first, 128 bytes apart (a
// line and the neighbour that the prefetcher brings along), then the bytes.
type ring struct {
	tail    *atomic.Uint64 // bytes ever put in; the sender's
	head    *atomic.Uint64 // bytes ever taken out; the receiver's
	hungry  *atomic.Uint32 // set by a receiver that waits for a message
	crowded *atomic.Uint32 // set by a sender that waits for room
	bytes   []byte         // a power of two

	put, taken uint64 // this side's copies of its own counter
	seen       uint64 // what this side last saw of the other's
	_          apart
}

const (
	ringHead = 4 * 128
	ringUnit = 8
)

// ringLen is how much memory a plan's ring takes: room for depth messages, in
// whole pages.
func ringLen(p Plan) int {
	page := os.Getpagesize()
	return (ringHead + ringRoom(p) + page - 1) / page * page
}

// ringRoom is how many bytes a ring holds: a power of two.
func ringRoom(p Plan) int {
	room := 64
	for room < depth(p)*slot(p.Max) {
		room *= 2
	}
	return room
}

// slot is how many bytes a message of n takes in a ring.
func slot(n int) int { return (ringUnit + n + ringUnit - 1) / ringUnit * ringUnit }

// ringIn finds a ring at the start of memory that was all zero at first.
func ringIn(memory []byte, p Plan) *ring {
	return &ring{
		tail:    (*atomic.Uint64)(unsafe.Pointer(&memory[0])),
		head:    (*atomic.Uint64)(unsafe.Pointer(&memory[128])),
		hungry:  (*atomic.Uint32)(unsafe.Pointer(&memory[256])),
		crowded: (*atomic.Uint32)(unsafe.Pointer(&memory[384])),
		bytes:   memory[ringHead:][:ringRoom(p)],
	}
}

// hasRoom tells whether a message of n bytes fits in now.
func (r *ring) hasRoom(n int) bool {
	if r.put-r.seen+uint64(slot(n)) <= uint64(len(r.bytes)) {
		return true
	}
	r.seen = r.head.Load()
	return r.put-r.seen+uint64(slot(n)) <= uint64(len(r.bytes))
}

// add puts a message in. There must be room for it.
func (r *ring) add(message []byte) {
	at := int(r.put) & (len(r.bytes) - 1)
	binary.LittleEndian.PutUint64(r.bytes[at:], uint64(len(message)))
	at = (at + ringUnit) & (len(r.bytes) - 1)
	if n := copy(r.bytes[at:], message); n < len(message) {
		copy(r.bytes, message[n:])
	}
	r.put += uint64(slot(len(message)))
	r.tail.Store(r.put)
}

// hasMessage tells whether a message is in.
func (r *ring) hasMessage() bool {
	if r.seen != r.taken {
		return true
	}
	r.seen = r.tail.Load()
	return r.seen != r.taken
}

// take copies the oldest message out. There must be one.
func (r *ring) take(buffer []byte) (int, error) {
	at := int(r.taken) & (len(r.bytes) - 1)
	length := binary.LittleEndian.Uint64(r.bytes[at:])
	if length > uint64(len(buffer)) {
		return 0, tooLong(int(length), len(buffer))
	}
	at = (at + ringUnit) & (len(r.bytes) - 1)
	message := buffer[:length]
	if n := copy(message, r.bytes[at:]); n < len(message) {
		copy(message[n:], r.bytes)
	}
	r.taken += uint64(slot(len(message)))
	r.head.Store(r.taken)
	return len(message), nil
}

// newMemory returns two descriptors of new memory without a name, all zero:
// nothing of it is left behind, whatever is killed.
func newMemory(length int) (a, b int, err error) {
	a, err = unix.MemfdCreate("forklore", unix.MFD_CLOEXEC)
	if errors.Is(err, unix.ENOSYS) {
		return -1, -1, Unavailable{"this kernel has no memfd_create (Linux 3.17 has)"}
	}
	if err != nil {
		return -1, -1, fmt.Errorf("make shared memory: %w", err)
	}
	if err = unix.Ftruncate(a, int64(length)); err == nil {
		b, err = unix.FcntlInt(uintptr(a), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err != nil {
		return -1, -1, errors.Join(fmt.Errorf("make %d bytes of shared memory: %w", length, err), unix.Close(a))
	}
	return a, b, nil
}

// mapMemory maps shared memory, with all of its pages.
func mapMemory(fd, length int) ([]byte, error) {
	memory, err := unix.Mmap(fd, 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if errors.Is(err, unix.ENOMEM) {
		return nil, Unavailable{fmt.Sprintf("map %d bytes of shared memory: %v: memory is short, or a process has more mappings than vm.max_map_count = %s; raise it with sysctl", length, err, setting("/proc/sys/vm/max_map_count"))}
	}
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of shared memory: %w", length, err)
	}
	return memory, nil
}
