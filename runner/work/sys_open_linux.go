//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("open_close", openCloseKind) }

func openCloseKind() Kind {
	return Kind{
		Name:    "open_close",
		Summary: "a file that is there opened by its name and closed",
		Doc: `Definition: one operation is one open of an empty file for reading and writing,
by its full path, and the close of the descriptor. The call is openat, which
open is in glibc too. An item is batch operations; its result is their number.
Source: will-it-scale, test cases open1 (where: same_dir, each worker has its
own file in one folder), open2 (own_dir, and in a folder of its own) and open3
(same_file).
Unit: operations.
Stresses: the walk along the path, whose upper folders all workers share, the
counters of the file's directory entry and inode, and the table of descriptors,
which worker threads share.
Does not say: what creating a file costs, which unlink does. The number of
folders above the results' is part of the time: compare on one machine.` + aboutLevel + `
os is os.OpenFile and File.Close, which allocates, asks the poller and sets
O_CLOEXEC.`,
		Item: "batch pairs of open and close",
		Params: []Param{
			oneOf("where", "same_dir: own files in one folder; own_dir: in a folder each; same_file: one file", "same_dir", "own_dir", "same_file"),
			levelParam("raw", "go", "os"), batchParam("256"),
		},
		ItemOps: batchOps,
		New:     newOpenClose,
	}
}

type openClose struct {
	place
	where string
}

func newOpenClose(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*openClose]{"raw": (*openClose).raw, "go": (*openClose).viaGo, "os": (*openClose).viaOS}
	return newBatches(env, batchOps(ps), openClose{where: ps.String("where")}, loop[ps.String("level")]), nil
}

func (o *openClose) open(env Env, rank int) (err error) {
	if o.place, err = makePlace(env, "open", rank, o.where); err != nil {
		return err
	}
	return writeOver(o.path, nil)
}

func (o *openClose) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT, atCwd, uintptr(unsafe.Pointer(&o.name[0])), unix.O_RDWR, 0, 0, 0)
		if errno != 0 {
			return done, fmt.Errorf("open %s: %w", o.path, errno)
		}
		if _, _, errno = syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("close %s: %w", o.path, errno)
		}
	}
	return done, nil
}

func (o *openClose) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, err := unix.Open(o.path, unix.O_RDWR, 0)
		if err != nil {
			return done, fmt.Errorf("open %s: %w", o.path, err)
		}
		if err := unix.Close(fd); err != nil {
			return done, fmt.Errorf("close %s: %w", o.path, err)
		}
	}
	return done, nil
}

func (o *openClose) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		file, err := os.OpenFile(o.path, os.O_RDWR, 0)
		if err != nil {
			return done, err
		}
		if err := file.Close(); err != nil {
			return done, err
		}
	}
	return done, nil
}
