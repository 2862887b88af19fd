package work

import "sync/atomic"

// OwnedMutex is a [futexMutex] that knows who holds it: of a lock that a dead worker
// held, its supervisor can tell that it was held by one who is dead, and free it. The zero
// value is an unlocked mutex, also in pages that several processes map.
//
// The kernel's robust futexes do the same by a list for each thread, which a goroutine has
// no use for: it moves between threads.
type OwnedMutex struct {
	state atomic.Uint32 // 0: free; else its owner, and ownedAwaited where somebody may be asleep
}

const ownedAwaited = 1 << 31

// Lock takes the mutex for an owner, who is not 0 and below 2^31.
func (m *OwnedMutex) Lock(owner uint32) {
	if !m.state.CompareAndSwap(0, owner) {
		m.lockSlow(owner)
	}
}

// lockSlow takes the mutex as awaited, for the reason that futexMutex has.
func (m *OwnedMutex) lockSlow(owner uint32) {
	for {
		s := m.state.Load()
		switch {
		case s == 0:
			if m.state.CompareAndSwap(0, owner|ownedAwaited) {
				return
			}
		case s&ownedAwaited != 0 || m.state.CompareAndSwap(s, s|ownedAwaited):
			futexWait(&m.state, s|ownedAwaited)
		}
	}
}

// Unlock gives the mutex back.
func (m *OwnedMutex) Unlock() {
	if m.state.Swap(0)&ownedAwaited != 0 {
		futexWake(&m.state, 1)
	}
}

// Free unlocks the mutex if its owner is dead, and tells whether that was so. It wakes all who
// wait in any case: the dead may have been woken to take it, and have died before that.
func (m *OwnedMutex) Free(dead func(owner uint32) bool) (freed bool) {
	for {
		s := m.state.Load()
		if s == 0 || !dead(s&^ownedAwaited) {
			break
		}
		if m.state.CompareAndSwap(s, 0) {
			freed = true
			break
		}
	}
	futexWake(&m.state, wakeAll)
	return freed
}
