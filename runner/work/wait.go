package work

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func init() { describe("wait", waitKind) }

func waitKind() Kind {
	return Kind{
		Name:    "wait",
		Summary: "a little computing, then waiting: a request that asks another machine",
		Doc: `Definition: an item uses cpu of processor time, then waits for wait on a
descriptor (a timerfd; elsewhere than on Linux a timer of Go's runtime), as one
waits for a reply. Its result is the item's number.
Source: the classic think-time model of a service centre (Lazowska et al.,
Quantitative System Performance, 1984). Tested against the thread's own clock
and the wall clock.
The processor time is read from the clock of the running thread, not calibrated
once: processes that calibrate side by side slow each other down (shared cores,
shared turbo) and would then do less work than a process that calibrates
alone. What an item uses beyond cpu, about 2 us, is taken off the worker's next
item, so that the mean is exact.
Unit: items; not bytes.
Stresses: the poller and the scheduler; with more workers than cores it shows what
waiting costs in each model.
Does not say: what the network stack or a disk costs on top of the wait. The
computing touches no memory, so its speed does not matter, only its duration.`,
		Item: "some processor time, then a wait",
		Params: []Param{
			{Name: "cpu", Type: "duration", Default: "200us", Min: 0, Max: 1, Doc: "processor time of an item"},
			{Name: "wait", Type: "duration", Default: "2ms", Min: 0, Max: 60, Doc: "wait of an item"},
		},
		New: newWait,
	}
}

type waiting struct {
	cpu, wait time.Duration
	workers   slots[waiter]
}

type waiter struct {
	pause *pause        // made once: one per item would allocate
	ahead time.Duration // processor time used beyond what the items so far asked for
	state uint64        // keeps the spinning from being optimised away
}

func newWait(ps Params, env Env) (Kernel, error) {
	if _, err := threadTime(); err != nil {
		return nil, fmt.Errorf("wait: read the thread's CPU clock, which this workload needs: %w", err)
	}
	return &waiting{cpu: ps.Duration("cpu"), wait: ps.Duration("wait"), workers: newSlots[waiter](env)}, nil
}

func (k *waiting) Prepare(_ context.Context, slot int) (err error) {
	k.workers.of(slot).pause, err = newPause()
	return err
}

// Close gives the timers back.
func (k *waiting) Close() error {
	var errs []error
	for i := range k.workers {
		if w := &k.workers[i].own; w.pause != nil {
			errs = append(errs, w.pause.close())
			w.pause = nil
		}
	}
	return errors.Join(errs...)
}

func (k *waiting) Do(ctx context.Context, t Task) (uint64, error) {
	w := k.workers.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		if err := w.burn(k.cpu); err != nil {
			return 0, err
		}
		if k.wait == 0 {
			return uint64(i), nil
		}
		return uint64(i), w.pause.sleep(ctx, k.wait)
	})
}

// burn uses processor time until the thread's clock has advanced by cpu, less
// what the item before used too much. The thread is held meanwhile: a goroutine
// that moved to another would compare two clocks.
func (w *waiter) burn(cpu time.Duration) error {
	if w.ahead >= cpu {
		w.ahead -= cpu
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now, err := threadTime()
	for end := now + cpu - w.ahead; err == nil; now, err = threadTime() {
		if now >= end {
			w.ahead = now - end
			return nil
		}
		for range 1000 { // about 2 us: the clock is a system call and costs a tenth of that
			w.state = scramble(w.state)
		}
	}
	return fmt.Errorf("wait: read the thread's CPU clock: %w", err)
}

// threadTime is the processor time that the calling thread has used.
func threadTime() (time.Duration, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano()), err
}
