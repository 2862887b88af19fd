//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("fallocate", fallocateKind) }

func fallocateKind() Kind {
	return Kind{
		Name:    "fallocate",
		Summary: "room on the file system taken for a file, piece by piece",
		Doc: `Definition: an item is one pass: fallocate calls of size bytes each that follow
each other, until length is reached, then an ftruncate to 0, which gives all
back. One operation is one fallocate; its mode is 0. Each worker has its own
file. An item's result is the number of its operations.
Source: will-it-scale, test cases fallocate1 (on tmpfs) and fallocate2 (on
/tmp).
Unit: operations.
Stresses: the file system's allocator of blocks and its journal, which files of
one file system share.
Does not say: anything that carries over to another file system: the results' is
used.` + aboutLevel,
		Item: "a pass over the file",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "8192", Min: 512, Max: 1 << 30, Doc: "bytes that a call asks for"},
			{Name: "length", Type: "bytes", Default: "1048576", Min: 512, Max: 1 << 30, Doc: "bytes of a pass, rounded up to whole calls"},
			levelParam("raw", "go"),
		},
		ItemOps: writeOps,
		New:     newFallocate,
	}
}

type fallocating struct {
	scratch
	size, length int64
	at           int64 // where the next piece begins
}

func newFallocate(ps Params, env Env) (Kernel, error) {
	f := fallocating{size: ps.Bytes("size"), length: writeOps(ps) * ps.Bytes("size")}
	loop := map[string]sysLoop[*fallocating]{"raw": (*fallocating).raw, "go": (*fallocating).viaGo}
	return newBatches(env, writeOps(ps), f, loop[ps.String("level")]), nil
}

func (f *fallocating) open(env Env, rank int) (err error) {
	if f.scratch, err = openScratch(env, "fallocate", rank, false, 0, nil); err != nil {
		return err
	}
	err = unix.Fallocate(int(f.fd), 0, 0, f.size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return Unavailable{Reason: "the results' file system has no fallocate: use a folder on ext4, XFS, Btrfs or tmpfs for the results"}
	}
	return errors.Join(err, unix.Ftruncate(int(f.fd), 0))
}

func (f *fallocating) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, _, errno := syscall.RawSyscall6(unix.SYS_FALLOCATE, f.fd, 0, uintptr(f.at), uintptr(f.size), 0, 0); errno != 0 {
			return done, fmt.Errorf("fallocate: %w", errno)
		}
		if f.at += f.size; f.at == f.length {
			f.at = 0
			if _, _, errno := syscall.RawSyscall6(unix.SYS_FTRUNCATE, f.fd, 0, 0, 0, 0, 0); errno != 0 {
				return done, fmt.Errorf("ftruncate: %w", errno)
			}
		}
	}
	return done, nil
}

func (f *fallocating) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if err := unix.Fallocate(int(f.fd), 0, f.at, f.size); err != nil {
			return done, fmt.Errorf("fallocate: %w", err)
		}
		if f.at += f.size; f.at == f.length {
			f.at = 0
			if err := unix.Ftruncate(int(f.fd), 0); err != nil {
				return done, fmt.Errorf("ftruncate: %w", err)
			}
		}
	}
	return done, nil
}
