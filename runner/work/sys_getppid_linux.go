//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("getppid", getppidKind) }

func getppidKind() Kind {
	return Kind{
		Name:    "getppid",
		Summary: "asking for the parent's process id: the bare price of a system call",
		Doc: `Definition: one operation is one getppid, whose answer must be the one that was
got before the start. An item is batch of them; its result is their number.
Source: will-it-scale, test case getppid1.
Unit: operations.
Stresses: the way into the kernel and back, with whatever mitigations of the
processor's faults are in force; inside it reads one pointer, which nobody
writes.
Does not say: what any call costs that does something.` + aboutLevel + `
Here go is unix.Syscall, the way of all wrappers that may block (x/sys/unix's
own Getppid is raw and looks for no error), and os is os.Getppid, which is raw
too.`,
		Item:    "batch calls",
		Params:  []Param{levelParam("raw", "go", "os"), batchParam("1024")},
		ItemOps: batchOps,
		New:     newGetppid,
	}
}

type getppid struct{ parent uintptr }

func newGetppid(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*getppid]{"raw": (*getppid).raw, "go": (*getppid).viaGo, "os": (*getppid).viaOS}
	return newBatches(env, batchOps(ps), getppid{}, loop[ps.String("level")]), nil
}

func (g *getppid) open(Env, int) error {
	g.parent = uintptr(os.Getppid())
	return nil
}

func (g *getppid) close() error { return nil }

func (g *getppid) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if parent, _, _ := syscall.RawSyscall6(unix.SYS_GETPPID, 0, 0, 0, 0, 0, 0); parent != g.parent {
			return done, g.orphaned(parent)
		}
	}
	return done, nil
}

func (g *getppid) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if parent, _, _ := unix.Syscall(unix.SYS_GETPPID, 0, 0, 0); parent != g.parent {
			return done, g.orphaned(parent)
		}
	}
	return done, nil
}

func (g *getppid) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if parent := uintptr(os.Getppid()); parent != g.parent {
			return done, g.orphaned(parent)
		}
	}
	return done, nil
}

func (g *getppid) orphaned(parent uintptr) error {
	return fmt.Errorf("getppid: the parent is process %d now and was %d at the start: it has died", parent, g.parent)
}
