package link

import (
	"runtime"
	"time"
)

// pace makes a worker pass through the Go scheduler every few milliseconds.
//
// A worker that does nothing but blocking system calls never does so by itself.
// After 10 ms the runtime's monitor takes it for one that hogs its P: it takes
// the P away in the middle of calls, starts threads that look in vain for
// something else to run, and does not go back to sleep for long. On one CPU
// that doubled the time of a round trip through a pipe between two processes
// (medians of 2.8 us in C, 7.8 us without this and 3.1 us with it).
type pace struct {
	left, stride int
	since        time.Time
}

// breath is how long a worker goes on at most, by what its last messages took:
// less than half of the 10 ms.
const breath = 4 * time.Millisecond

// step counts a message.
func (p *pace) step() {
	if p.left--; p.left < 0 {
		p.breathe()
	}
}

func (p *pace) breathe() {
	now := time.Now()
	took := max(now.Sub(p.since), time.Microsecond)
	most := time.Duration(16 * max(p.stride, 1)) // one quick message says little of the next
	p.stride = int(min(time.Duration(max(p.stride, 1))*breath/took, most, 1<<14))
	p.left, p.since = p.stride, now
	runtime.Gosched()
}
