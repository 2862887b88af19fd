//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("dup_close", dupCloseKind) }

func dupCloseKind() Kind {
	return Kind{
		Name:    "dup_close",
		Summary: "a descriptor doubled and closed: the table of descriptors, which threads share",
		Doc: `Definition: one operation is one dup of a file of the worker's own and the close
of the new descriptor. Each worker holds held more descriptors of that file open
all the time. An item is batch operations; its result is their number.
Source: will-it-scale, test case dup1 (held: 0, the default); held is ours.
Unit: operations.
Stresses: the lock of the process's table of descriptors and the search for the
lowest free one in it. Worker threads have one table together, with the held
ones of all of them in it; worker processes have one each.
Does not say: what opening costs, which looks up a name.` + aboutLevel,
		Item: "batch pairs of dup and close",
		Params: []Param{
			{Name: "held", Type: "int", Default: "0", Min: 0, Max: 1 << 20, Doc: "descriptors that a worker holds open"},
			levelParam("raw", "go"), batchParam("512"),
		},
		ItemOps: batchOps,
		New:     newDupClose,
	}
}

type dupClose struct {
	scratch
	keep int // descriptors to hold
	held []int
}

func newDupClose(ps Params, env Env) (Kernel, error) {
	held := ps.Int("held")
	if err := needFiles(int64(env.Slots) * (held + 2)); err != nil {
		return nil, err
	}
	loop := map[string]sysLoop[*dupClose]{"raw": (*dupClose).raw, "go": (*dupClose).viaGo}
	return newBatches(env, batchOps(ps), dupClose{keep: int(held)}, loop[ps.String("level")]), nil
}

func (d *dupClose) open(env Env, rank int) (err error) {
	d.scratch, err = openScratch(env, "dup", rank, false, 0, nil)
	for range d.keep {
		if err != nil {
			return err
		}
		var fd int
		if fd, err = unix.FcntlInt(d.fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			d.held = append(d.held, fd)
		}
	}
	return err
}

func (d *dupClose) close() error {
	var faults []error
	for _, fd := range d.held {
		faults = append(faults, unix.Close(fd))
	}
	d.held = nil
	return errors.Join(append(faults, d.scratch.close())...)
}

func (d *dupClose) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, _, errno := syscall.RawSyscall6(unix.SYS_DUP, d.fd, 0, 0, 0, 0, 0)
		if errno != 0 {
			return done, fmt.Errorf("dup: %w", errno)
		}
		if _, _, errno = syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("close: %w", errno)
		}
	}
	return done, nil
}

func (d *dupClose) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, err := unix.Dup(int(d.fd))
		if err != nil {
			return done, fmt.Errorf("dup: %w", err)
		}
		if err := unix.Close(fd); err != nil {
			return done, fmt.Errorf("close: %w", err)
		}
	}
	return done, nil
}
