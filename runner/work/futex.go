package work

import (
	"math"
	"sync/atomic"
)

// The locks of this file work through memory alone: put into pages that several
// processes map, they lock these processes out. Their zero value is an unlocked
// lock. None spins and none is robust: the lock of a process that is killed while
// it holds it stays locked for ever.

// futexMutex is the third mutex of Drepper's "Futexes are tricky" (2011), which
// is the normal mutex of glibc: no system call where nobody waits.
type futexMutex struct {
	state atomic.Uint32 // one of the three below
}

const (
	mutexFree = iota
	mutexHeld
	mutexAwaited // held, and somebody may be asleep
)

func (m *futexMutex) Lock() {
	if !m.state.CompareAndSwap(mutexFree, mutexHeld) {
		m.lockSlow()
	}
}

// lockSlow takes the mutex as awaited, even where it was the only one to wait: it
// cannot know, and the price is one wake in vain. It is not inlined, so that Lock is.
//
//go:noinline
func (m *futexMutex) lockSlow() {
	for m.state.Swap(mutexAwaited) != mutexFree {
		futexWait(&m.state, mutexAwaited)
	}
}

func (m *futexMutex) Unlock() {
	if m.state.Swap(mutexFree) == mutexAwaited {
		futexWake(&m.state, 1)
	}
}

// futexSem is a counting semaphore. Either the one who waits sees the value
// that release has added, or release sees that somebody waits: both write
// their own word first and read the other's after it.
type futexSem struct {
	value   atomic.Uint32
	waiters atomic.Int32
}

// acquire takes one from the value, and waits until there is one.
func (s *futexSem) acquire() {
	if s.take() {
		return
	}
	s.waiters.Add(1)
	for !s.take() {
		futexWait(&s.value, 0)
	}
	s.waiters.Add(-1)
}

func (s *futexSem) take() bool {
	for {
		v := s.value.Load()
		if v == 0 {
			return false
		}
		if s.value.CompareAndSwap(v, v-1) {
			return true
		}
	}
}

// release adds n to the value.
func (s *futexSem) release(n int32) {
	s.value.Add(uint32(n))
	if s.waiters.Load() > 0 {
		futexWake(&s.value, n)
	}
}

// futexRWMutex is sync.RWMutex, algorithm and field names of Go's source, with
// futexes in place of the runtime's semaphores. A writer that waits keeps new
// readers out, so neither side starves.
type futexRWMutex struct {
	w           futexMutex // held by writers, also by those that wait for readers
	writerSem   futexSem
	readerSem   futexSem
	readerCount atomic.Int32 // readers, those that wait included; less rwMaxReaders while there is a writer
	readerWait  atomic.Int32 // readers that the writer still waits for
}

const rwMaxReaders = 1 << 30

func (rw *futexRWMutex) RLock() {
	if rw.readerCount.Add(1) < 0 {
		rw.readerSem.acquire()
	}
}

func (rw *futexRWMutex) RUnlock() {
	if rw.readerCount.Add(-1) < 0 && rw.readerWait.Add(-1) == 0 {
		rw.writerSem.release(1)
	}
}

func (rw *futexRWMutex) Lock() {
	rw.w.Lock()
	readers := rw.readerCount.Add(-rwMaxReaders) + rwMaxReaders
	if readers != 0 && rw.readerWait.Add(readers) != 0 {
		rw.writerSem.acquire()
	}
}

func (rw *futexRWMutex) Unlock() {
	if waiting := rw.readerCount.Add(rwMaxReaders); waiting > 0 {
		rw.readerSem.release(waiting)
	}
	rw.w.Unlock()
}

const wakeAll = math.MaxInt32
