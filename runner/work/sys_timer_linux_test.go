//go:build amd64 || arm64

package work

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["timer"] = map[string]string{"batch": "8", "of": "posix"} }

func TestTimerfd(t *testing.T) {
	eachLevel(t, "timer", func(t *testing.T, level string) {
		k := newKernel(t, "timer", map[string]string{"batch": "10", "level": level}, Env{Slots: 1})
		f := workerOf[timer](k, 0)
		if err := unix.TimerfdSettime(int(f.id), 0, &unix.ItimerSpec{Value: unix.Timespec{Sec: 60}}, nil); err != nil {
			t.Fatal(err)
		}
		runItems(t, k, 3, 10)
		info := fdinfo(t, f.id) // it_value: (3599, 999912345)
		if left := info["it_value"]; !strings.HasPrefix(left, "(3599,") && !strings.HasPrefix(left, "(3600,") || info["clockid"] != "1" {
			t.Errorf("the kernel has the timer as %v", info)
		}
	})
}

func TestPosixTimer(t *testing.T) {
	eachLevel(t, "timer", func(t *testing.T, level string) {
		k := newKernel(t, "timer", map[string]string{"batch": "10", "level": level, "of": "posix"}, Env{Slots: 1})
		f := workerOf[timer](k, 0)
		f.set.Value.Sec = 60
		if _, err := f.posixSetRaw(1); err != nil {
			t.Fatal(err)
		}
		f.set.Value.Sec = timerHour
		runItems(t, k, 3, 10)
		if _, err := f.posixGetRaw(1); err != nil || f.left.Value.Sec < timerHour-60 {
			t.Errorf("the timer has %v to go, %v", f.left.Value, err)
		}
		closeKernel(t, k)
		if _, err := f.posixGetRaw(1); err == nil {
			t.Error("the timer is still there")
		}
	})
}

// A timer that has fired, or does not run, is not answered for.
func TestTimerGettime(t *testing.T) {
	eachLevel(t, "timer", func(t *testing.T, level string) {
		for _, of := range []string{"timerfd", "posix"} {
			k := newKernel(t, "timer", map[string]string{"batch": "10", "level": level, "of": of, "call": "gettime"}, Env{Slots: 1})
			runItems(t, k, 3, 10)
			f := workerOf[timer](k, 0)
			f.set.Value.Sec = 0
			stop := f.posixSetRaw
			if of == "timerfd" {
				stop = f.fdSetRaw
			}
			if _, err := stop(1); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil || !strings.Contains(err.Error(), "does not run") {
				t.Errorf("%s: a timer that was stopped: %v", of, err)
			}
		}
	})
}
