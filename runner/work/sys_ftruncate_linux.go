//go:build amd64 || arm64

package work

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("ftruncate", ftruncateKind) }

func ftruncateKind() Kind {
	return Kind{
		Name:    "ftruncate",
		Summary: "the length of an open file set up and down",
		Doc: `Definition: one operation is one ftruncate of an open file, to size and to 0 in
turn. No block of the file is ever written, so that it is all hole. Each worker
has opened the file for itself, also where all cut the same. An item is batch
operations; its result is their number.
Source: own, in the manner of will-it-scale, which has it only as the end of a
pass of fallocate1.
Unit: operations.
Stresses: the lock of the inode and the file system's journal; to 0, also the
search for pages in memory to throw away.
Does not say: what giving blocks back costs, which is part of fallocate. The
results' file system is used.` + aboutLevel + `
os is File.Truncate.`,
		Item: "batch calls",
		Params: []Param{
			fileParam(),
			{Name: "size", Type: "bytes", Default: "1048576", Min: 1, Max: 1 << 40, Doc: "length that the file is set to"},
			levelParam("raw", "go", "os"), batchParam("64"),
		},
		ItemOps: batchOps,
		New:     newFtruncate,
	}
}

type truncating struct {
	scratch
	shared bool
	size   int64
	length int64 // what the file was last set to
}

func newFtruncate(ps Params, env Env) (Kernel, error) {
	f := truncating{shared: ps.String("file") == "shared", size: ps.Bytes("size")}
	loop := map[string]sysLoop[*truncating]{"raw": (*truncating).raw, "go": (*truncating).viaGo, "os": (*truncating).viaOS}
	return newBatches(env, batchOps(ps), f, loop[ps.String("level")]), nil
}

func (f *truncating) open(env Env, rank int) (err error) {
	f.scratch, err = openScratch(env, "ftruncate", rank, f.shared, 0, nil)
	return err
}

func (f *truncating) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_FTRUNCATE, f.fd, uintptr(f.size-f.length), 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("ftruncate to %d: %w", f.size-f.length, errno)
		}
		f.length = f.size - f.length
	}
	return done, nil
}

func (f *truncating) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if err := unix.Ftruncate(int(f.fd), f.size-f.length); err != nil {
			return done, fmt.Errorf("ftruncate to %d: %w", f.size-f.length, err)
		}
		f.length = f.size - f.length
	}
	return done, nil
}

func (f *truncating) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if err := f.file.Truncate(f.size - f.length); err != nil {
			return done, err
		}
		f.length = f.size - f.length
	}
	return done, nil
}
