package work

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// alarm is what the thread of an event loop sleeps on: a timer and a bell, in one poll that
// blocks in the kernel, as the loops of GLib and Qt do. Go's poller takes no part.
type alarm struct {
	fds []unix.PollFd // the timer, the bell
}

func newAlarm() (*alarm, error) {
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make the timer of an event loop: %w", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(timer)
		return nil, fmt.Errorf("make the bell of an event loop: %w", err)
	}
	return &alarm{[]unix.PollFd{{Fd: int32(timer), Events: unix.POLLIN}, {Fd: int32(bell), Events: unix.POLLIN}}}, nil
}

// set lets wait return at a time of CLOCK_MONOTONIC; 0: never.
func (a *alarm) set(ns int64) error {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(ns)}
	if err := unix.TimerfdSettime(int(a.fds[0].Fd), unix.TFD_TIMER_ABSTIME, &spec, nil); err != nil {
		return fmt.Errorf("set the timer of an event loop: %w", err)
	}
	return nil
}

// ring lets wait return at once.
func (a *alarm) ring() error {
	if _, err := unix.Write(int(a.fds[1].Fd), []byte{1, 0, 0, 0, 0, 0, 0, 1}); err != nil { // not 0 in either byte order
		return fmt.Errorf("wake an event loop: %w", err)
	}
	return nil
}

// wait returns when it is time, or when the bell was rung.
func (a *alarm) wait() (rung bool, err error) {
	for {
		_, err = unix.Ppoll(a.fds, nil, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) { // Go's own signals
			return false, fmt.Errorf("wait for an event: %w", err)
		}
	}
	if a.fds[1].Revents == 0 {
		return false, a.clear(0)
	}
	return true, a.clear(1)
}

// clear takes back what made a descriptor ready. A timer that was set again meanwhile
// has nothing to read.
func (a *alarm) clear(which int) error {
	var count [8]byte
	_, err := unix.Read(int(a.fds[which].Fd), count[:])
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		return fmt.Errorf("wait for an event: %w", err)
	}
	return nil
}
