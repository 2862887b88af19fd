//go:build amd64 || arm64

package work

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("sched_yield", schedYieldKind) }

func schedYieldKind() Kind {
	return Kind{
		Name:    "sched_yield",
		Summary: "giving the processor up to whoever waits for it",
		Doc: `Definition: one operation is one sched_yield. An item is batch of them; its
result is their number.
Source: will-it-scale, test case sched_yield.
Unit: operations.
Stresses: the scheduler: the lock of the processor's run queue and the choice of
the next thread. With more worker processes than cores each call is a switch to
another one. Of the workers of one process no more than GOMAXPROCS run at a time,
whatever the level, so a call finds none of them waiting and goes on at once.
Does not say: how soon one who has yielded comes back; what a switch costs threads
of one process, which this does not make.` + aboutLevel + `
Here go is unix.Syscall, since x/sys/unix has no wrapper. gosched is what a Go
program would do instead: runtime.Gosched, which asks Go's scheduler and enters
the kernel only where a worker has a thread of its own.`,
		Item:    "batch calls",
		Params:  []Param{levelParam("raw", "go", "gosched"), batchParam("512")},
		ItemOps: batchOps,
		New:     newSchedYield,
	}
}

type schedYield struct{}

func newSchedYield(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*schedYield]{"raw": (*schedYield).raw, "go": (*schedYield).viaGo, "gosched": (*schedYield).gosched}
	return newBatches(env, batchOps(ps), schedYield{}, loop[ps.String("level")]), nil
}

func (*schedYield) open(Env, int) error { return nil }
func (*schedYield) close() error        { return nil }

func (*schedYield) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0); errno != 0 {
			return done, errno
		}
	}
	return done, nil
}

func (*schedYield) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0); errno != 0 {
			return done, errno
		}
	}
	return done, nil
}

func (*schedYield) gosched(n int64) (done int64, err error) {
	for ; done < n; done++ {
		runtime.Gosched()
	}
	return done, nil
}
