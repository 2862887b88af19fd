//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["signal"] = map[string]string{"batch": "8"} }

// The kernel's sets of this thread: the mask is as it was, and nothing waits.
func TestSignalLeavesNothing(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, how := range []string{"taken", "ignored", "handled"} {
		blocked := signalSet(t, "SigBlk")
		k := newKernel(t, "signal", map[string]string{"batch": "10", "how": how}, Env{Slots: 1})
		runItems(t, k, 3, 10)
		if now := signalSet(t, "SigBlk"); now != blocked {
			t.Errorf("%s: blocked are %x, and were %x", how, now, blocked)
		}
		if waiting := signalSet(t, "SigPnd"); waiting != 0 {
			t.Errorf("%s: %x wait", how, waiting)
		}
		if ignores := signalSet(t, "SigIgn")>>(unix.SIGUSR2-1)&1 == 1; ignores != (how == "ignored") {
			t.Errorf("%s: SIGUSR2 is ignored: %v", how, ignores)
		}
		if caught := signalSet(t, "SigCgt")>>(unix.SIGUSR1-1)&1 == 1; !caught {
			t.Errorf("%s: nobody handles SIGUSR1", how)
		}
		closeKernel(t, k)
		if signalSet(t, "SigIgn")>>(unix.SIGUSR2-1)&1 == 1 {
			t.Errorf("%s: SIGUSR2 is still ignored", how)
		}
	}
}

// signalSet reads a set of signals of the calling thread.
func signalSet(t *testing.T, name string) uint64 {
	t.Helper()
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(status), "\n"+name+":\t")
	set, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(set, 16, 64)
	if err != nil || !found {
		t.Fatalf("%s in the thread's status: %v", name, err)
	}
	return n
}

// A signal that stays in the queue is found: the batch asks the kernel.
func TestSignalThatWaitsIsSeen(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, before unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGUSR1 - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before); err != nil {
		t.Fatal(err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	k := newKernel(t, "signal", map[string]string{"batch": "10", "how": "handled"}, Env{Slots: 1})
	_, err := k.Do(t.Context(), Task{Hi: 1})
	if want := fmt.Sprintf("signal %d is still waiting", unix.SIGUSR1); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
