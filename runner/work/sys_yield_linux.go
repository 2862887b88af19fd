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
the next thread. With more threads or worker processes than cores each call is a
switch to another one. Of goroutines the kernel sees as many at a time as Go's
scheduler has processors (GOMAXPROCS): gosched alone finds the others, and it
finds nobody where each worker has a processor of Go's.
Does not say: how soon one who has yielded comes back.` + aboutLevel + `
Here go is unix.Syscall, since x/sys/unix has no wrapper. gosched is what a Go
program would do instead: runtime.Gosched, which asks Go's scheduler and enters
the kernel only where a worker has a thread of its own.`,
		Item:    "batch calls",
		Params:  []Param{levelParam("raw", "go", "gosched"), batchParam("512")},
		ItemOps: batchOps,
		Refuse:  refuseYield,
		New:     newSchedYield,
	}
}

// refuseYield refuses layouts where somebody waits for a processor and the call cannot
// yield to him.
func refuseYield(ps Params, l Layout) string {
	if l.Workers <= l.Cores || l.Cores == 0 {
		return ""
	}
	processes := max(1, l.Processes)
	crowded := l.Model != "threads" && l.Workers/processes > max(1, l.Cores/processes)
	switch gosched := ps.String("level") == "gosched"; {
	case crowded && !gosched:
		return "a process shows the kernel as many of its goroutines as Go's scheduler has processors, so that sched_yield finds none of the others: threads and processes can be yielded to, or use level gosched"
	case !crowded && gosched:
		return "runtime.Gosched yields to goroutines that wait for a processor of Go's scheduler, and here each worker has one: use level raw or go"
	}
	return ""
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
