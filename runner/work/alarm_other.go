//go:build !linux

package work

import (
	"time"

	"golang.org/x/sys/unix"
)

// alarm is what the thread of an event loop sleeps on: a timer of Go's runtime and a bell.
type alarm struct {
	timer *time.Timer
	bell  chan struct{}
}

func newAlarm() (*alarm, error) {
	a := &alarm{timer: time.NewTimer(time.Hour), bell: make(chan struct{}, 2)} // the end of an iteration, then that of the loop
	a.timer.Stop()
	return a, nil
}

// set lets wait return at a time of CLOCK_MONOTONIC; 0: never.
func (a *alarm) set(ns int64) error {
	if ns == 0 {
		a.timer.Stop()
		return nil
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return err
	}
	a.timer.Reset(time.Duration(ns - now.Nano()))
	return nil
}

// ring lets wait return at once.
func (a *alarm) ring() error {
	a.bell <- struct{}{}
	return nil
}

// wait returns when it is time, or when the bell was rung.
func (a *alarm) wait() (rung bool, err error) {
	select {
	case <-a.bell:
		return true, nil
	case <-a.timer.C:
		return false, nil
	}
}
