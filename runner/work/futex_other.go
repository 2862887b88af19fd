//go:build !linux

package work

import (
	"sync/atomic"
	"time"
)

const hasFutex = false

// Layouts that would wait in a futex are refused where there is none.
func futexWait(*atomic.Uint32, uint32) { panic("work: a futex needs Linux") }
func futexWake(*atomic.Uint32, int32)  { panic("work: a futex needs Linux") }

// yieldProcessor lets another thread of the system run on this processor. Go
// has no sched_yield here; a short sleep does the same, if not as fast.
func yieldProcessor() { time.Sleep(time.Microsecond) }
