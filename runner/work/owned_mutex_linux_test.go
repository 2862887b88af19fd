package work

import (
	"sync"
	"testing"
)

func TestOwnedMutexExcludes(t *testing.T) {
	var m OwnedMutex
	var workers sync.WaitGroup
	inside := 0
	for owner := range uint32(4) {
		workers.Go(func() {
			for range 5000 {
				m.Lock(owner + 1)
				inside++
				m.Unlock()
			}
		})
	}
	workers.Wait()
	if inside != 20000 || m.state.Load() != 0 {
		t.Errorf("20000 sections counted as %d; the lock is left as %#x", inside, m.state.Load())
	}
}

// Only the dead lose a lock, and then somebody who waits gets it.
func TestOwnedMutexIsFreedOfTheDead(t *testing.T) {
	var m OwnedMutex
	dead := func(of uint32) func(uint32) bool { return func(owner uint32) bool { return owner == of } }
	if m.Free(dead(7)) {
		t.Error("a free lock was freed")
	}
	m.Lock(7)
	if m.Free(dead(8)) || m.state.Load() != 7 {
		t.Error("a lock was taken from the living")
	}
	got := make(chan bool)
	go func() {
		m.Lock(8)
		close(got)
	}()
	pollUntil(t, "somebody waits", func() bool { return m.state.Load() == 7|ownedAwaited })
	if !m.Free(dead(7)) {
		t.Error("the lock of the dead was not freed")
	}
	<-got
	if m.state.Load()&^ownedAwaited != 8 {
		t.Errorf("the lock is left as %#x", m.state.Load())
	}
	m.Unlock()
}
