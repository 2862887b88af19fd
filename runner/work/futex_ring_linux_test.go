package work

import (
	"slices"
	"sync/atomic"
	"testing"
)

func init() {
	// Even ranks send the numbers of their own, odd ones receive until they have
	// seen their share. The sum of squares tells a lost and a doubled number
	// from the right ones.
	forkedJobs["ring"] = func(c *forked) forkedResult {
		r := newFutexRing(c.shared, c.Items)
		var sum, disorder atomic.Uint64
		c.gate()
		c.each(func(rank int) {
			if rank%2 == 0 {
				for n := range uint64(c.Rounds) {
					r.send(uint64(rank)<<32 | n + 1)
				}
				return
			}
			last := make([]uint64, c.Workers)
			for range c.Rounds {
				v := r.receive()
				sum.Add(v * v)
				if sender := v >> 32; v <= last[sender] {
					disorder.Add(1)
				} else {
					last[sender] = v
				}
			}
		})
		result := forkedResult{Sum: sum.Load()}
		if disorder.Load() > 0 {
			result.Broken = "a receiver saw a sender's values out of order"
		}
		return result
	}
}

// Every value arrives once, and those of one sender in the order in which they were sent,
// whatever the buffer.
func TestRingAcrossProcesses(t *testing.T) {
	for _, buffer := range []int64{0, 1, 3, 64} {
		for name, layout := range map[string][]int{"processes": {1, 1, 1, 1}, "hybrid": {2, 2}} {
			t.Run(name+itoa(int(buffer)), func(t *testing.T) {
				const each = 3000
				task := forkedTask{Job: "ring", Size: futexRingSize(buffer), Items: buffer, Rounds: each}
				list, shared := inProcesses(t, layout, task, nil)
				var sum, want uint64
				for _, r := range list {
					sum += r.Sum
				}
				for _, rank := range []uint64{0, 2} {
					for n := range uint64(each) {
						v := rank<<32 | n + 1
						want += v * v
					}
				}
				if sum != want {
					t.Errorf("the values' squares sum up to %x, want %x", sum, want)
				}
				r := newFutexRing(shared, buffer)
				if a, b := r.ends.send.Load(), r.ends.receive.Load(); a != 2*each || b != 2*each {
					t.Errorf("%d tickets to send and %d to receive were drawn, want %d", a, b, 2*each)
				}
			})
		}
	}
}

func futexRingOf(buffer int64) futexRing {
	return newFutexRing(pageAligned(futexRingSize(buffer)), buffer)
}

// A model of a queue: the values in order, and as many as the buffer holds
// without anybody to take them.
func TestRingIsAQueue(t *testing.T) {
	r := futexRingOf(3)
	var got []uint64
	for lap := range uint64(5) {
		for v := range uint64(3) {
			r.send(10*lap + v)
		}
		for range 3 {
			got = append(got, r.receive())
		}
	}
	want := []uint64{0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The fourth value has to wait until there is room for it.
func TestRingBlocksWhenFull(t *testing.T) {
	r := futexRingOf(3)
	for v := range uint64(3) {
		r.send(v)
	}
	sent := make(chan bool)
	go func() {
		r.send(3)
		close(sent)
	}()
	pollUntil(t, "the sender waits", func() bool { return r.cells[0].waiters.Load() == 1 })
	select {
	case <-sent:
		t.Fatal("four values were sent into a buffer for three")
	default:
	}
	for want := range uint64(4) {
		if got := r.receive(); got != want {
			t.Errorf("received %d, want %d", got, want)
		}
	}
	<-sent
}

// Without a buffer a send ends only when its value has been received.
func TestRingWithoutBufferIsARendezvous(t *testing.T) {
	r := futexRingOf(0)
	sent := make(chan bool)
	go func() {
		r.send(7)
		close(sent)
	}()
	pollUntil(t, "the sender waits", func() bool { return r.cells[0].waiters.Load() == 1 })
	select {
	case <-sent:
		t.Fatal("the send ended though nobody has received")
	default:
	}
	if got := r.receive(); got != 7 {
		t.Errorf("received %d", got)
	}
	<-sent
}

// Turns wrap around; the ring does not notice.
func TestRingOutlivesItsTurns(t *testing.T) {
	r := futexRingOf(2)
	laps := uint64(1<<31 - 2)
	r.ends.send.Store(2 * laps)
	r.ends.receive.Store(2 * laps)
	for i := range r.cells {
		r.cells[i].turn.Store(uint32(laps) * 2)
	}
	for v := range uint64(20) {
		r.send(v)
		if got := r.receive(); got != v {
			t.Fatalf("received %d, want %d", got, v)
		}
	}
}
