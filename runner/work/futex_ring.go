package work

import (
	"sync/atomic"
	"unsafe"
)

// futexRing is a bounded queue of words for many senders and many receivers, in
// memory that they share, also across processes: what a channel is within one.
// A sender and a receiver each draw a ticket, which names a cell and the turn at
// which it is theirs; who comes too early waits in a futex on the cell's turn.
// Values leave in the order of the senders' tickets. Zeroed memory is an empty
// ring.
//
// The scheme is that of the ticket queues without a lock (rigtorp's MPMCQueue; a
// Vyukov queue whose tickets are drawn by addition), with sleeping in place of
// spinning. A ticket cannot be given back: who is killed while it holds
// one leaves its cell, and in time everybody, waiting.
type futexRing struct {
	ends       *futexRingEnds
	cells      []futexRingCell
	rendezvous bool // send returns only when the value has been received
}

// futexRingEnds are the next tickets, each on a line of its own.
type futexRingEnds struct {
	send    atomic.Uint64
	_       [120]byte
	receive atomic.Uint64
	_       [120]byte
}

// futexRingCell takes a line: neighbours are in use by others at the same time.
type futexRingCell struct {
	turn    atomic.Uint32 // even: lap turn/2 may be written; odd: it may be read
	waiters atomic.Int32
	value   uint64
	_       [48]byte
}

// futexRingSize is how many bytes a ring takes that buffers so many values.
func futexRingSize(buffer int64) int64 {
	return int64(unsafe.Sizeof(futexRingEnds{})) + max(1, buffer)*int64(unsafe.Sizeof(futexRingCell{}))
}

// newFutexRing returns the ring in mem, which is aligned to a page and of futexRingSize
// bytes. A buffer of 0 makes send and receive meet, as in a channel without
// a buffer: the value lies in one cell, and its sender waits there.
func newFutexRing(mem []byte, buffer int64) futexRing {
	cells := unsafe.Pointer(&mem[unsafe.Sizeof(futexRingEnds{})])
	return futexRing{
		ends:       (*futexRingEnds)(unsafe.Pointer(&mem[0])),
		cells:      unsafe.Slice((*futexRingCell)(cells), max(1, buffer)),
		rendezvous: buffer == 0,
	}
}

// send appends v. It waits while the ring is full.
func (r *futexRing) send(v uint64) {
	c, turn := r.cell(r.ends.send.Add(1) - 1)
	c.await(turn)
	c.value = v
	c.pass(turn + 1)
	if r.rendezvous {
		c.awaitEnd(turn + 1)
	}
}

// receive removes the first value. It waits while the ring is empty.
func (r *futexRing) receive() uint64 {
	c, turn := r.cell(r.ends.receive.Add(1) - 1)
	c.await(turn + 1)
	v := c.value
	c.pass(turn + 2)
	return v
}

// cell returns the cell of a ticket and the turn at which it may be written. Turns
// wrap around after 2^31 laps, which nobody sleeps through.
func (r *futexRing) cell(ticket uint64) (*futexRingCell, uint32) {
	n := uint64(len(r.cells))
	return &r.cells[ticket%n], uint32(ticket/n) * 2
}

func (c *futexRingCell) await(turn uint32) {
	if c.turn.Load() == turn {
		return
	}
	c.waiters.Add(1)
	for now := c.turn.Load(); now != turn; now = c.turn.Load() {
		futexWait(&c.turn, now)
	}
	c.waiters.Add(-1)
}

func (c *futexRingCell) awaitEnd(turn uint32) {
	if c.turn.Load() != turn {
		return
	}
	c.waiters.Add(1)
	for c.turn.Load() == turn {
		futexWait(&c.turn, turn)
	}
	c.waiters.Add(-1)
}

// pass gives the cell on to the owner of turn. All that sleep on it are woken:
// they wait for different turns.
func (c *futexRingCell) pass(turn uint32) {
	c.turn.Store(turn)
	if c.waiters.Load() > 0 {
		futexWake(&c.turn, wakeAll)
	}
}
