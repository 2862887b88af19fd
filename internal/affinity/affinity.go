// Package affinity reads and sets the CPUs that threads may run on. What a thread starts
// inherits them.
package affinity

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
)

// Error is why threads could not be bound.
type Error struct {
	CPUs []int
	Err  error
}

func (e *Error) Error() string {
	which := fmt.Sprint("bind to CPUs ", e.CPUs)
	if errors.Is(e.Err, syscall.EINVAL) {
		which += ", of which none may be used"
	}
	return which + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Start calls start on a thread that is bound to the CPUs for just that long. An empty list
// binds nothing. What does not come from start is an [Error].
func Start(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := Get()
	if Has && len(before) == 0 { // else the thread would stay bound
		return &Error{cpus, errors.New("the CPUs of the thread cannot be read, so that it could not be given them back")}
	}
	if err := Set(cpus); err != nil {
		return err
	}
	defer func() { _ = Set(before) }() // it was allowed a moment ago
	return start()
}
