//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("unlink", unlinkKind) }

func unlinkKind() Kind {
	return Kind{
		Name:    "unlink",
		Summary: "an empty file created, closed and removed",
		Doc: `Definition: one operation is one open that creates an empty file of mode 0600,
by its full path, the close of the descriptor and the removal of the name
(unlinkat). Each worker has a name of its own. An item is batch operations; its
result is their number.
Source: will-it-scale, test cases unlink1 (where: same_dir) and unlink2 (where:
own_dir).
Unit: operations.
Stresses: the lock of the folder, which same_dir makes all workers queue for;
the file system's allocation of inodes and its journal; the table of
descriptors.
Does not say: anything that carries over to another file system: the results' is
used. Nothing is made durable.` + aboutLevel + `
os is os.OpenFile, File.Close and os.Remove.`,
		Item: "batch files created and removed",
		Params: []Param{
			oneOf("where", "same_dir: all workers in one folder; own_dir: each in its own", "same_dir", "own_dir"),
			levelParam("raw", "go", "os"), batchParam("16"),
		},
		ItemOps: batchOps,
		New:     newUnlink,
	}
}

type unlink struct {
	place
	where string
}

func newUnlink(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*unlink]{"raw": (*unlink).raw, "go": (*unlink).viaGo, "os": (*unlink).viaOS}
	return newBatches(env, batchOps(ps), unlink{where: ps.String("where")}, loop[ps.String("level")]), nil
}

func (u *unlink) open(env Env, rank int) (err error) {
	u.place, err = makePlace(env, "unlink", rank, u.where)
	return err
}

func (u *unlink) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT, atCwd, uintptr(unsafe.Pointer(&u.name[0])), unix.O_RDWR|unix.O_CREAT, 0o600, 0, 0)
		if errno != 0 {
			return done, fmt.Errorf("create %s: %w", u.path, errno)
		}
		if _, _, errno = syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("close %s: %w", u.path, errno)
		}
		if _, _, errno = syscall.RawSyscall6(unix.SYS_UNLINKAT, atCwd, uintptr(unsafe.Pointer(&u.name[0])), 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("unlink %s: %w", u.path, errno)
		}
	}
	return done, nil
}

func (u *unlink) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		fd, err := unix.Open(u.path, unix.O_RDWR|unix.O_CREAT, 0o600)
		if err != nil {
			return done, fmt.Errorf("create %s: %w", u.path, err)
		}
		if err := unix.Close(fd); err != nil {
			return done, fmt.Errorf("close %s: %w", u.path, err)
		}
		if err := unix.Unlink(u.path); err != nil {
			return done, fmt.Errorf("unlink %s: %w", u.path, err)
		}
	}
	return done, nil
}

func (u *unlink) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		file, err := os.OpenFile(u.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return done, err
		}
		if err := file.Close(); err != nil {
			return done, err
		}
		if err := os.Remove(u.path); err != nil {
			return done, err
		}
	}
	return done, nil
}
