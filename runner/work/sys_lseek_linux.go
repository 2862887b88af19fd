//go:build amd64 || arm64

package work

import (
	"io"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("lseek", lseekKind) }

func lseekKind() Kind {
	return Kind{
		Name:    "lseek",
		Summary: "setting the place in an open file",
		Doc: `Definition: one operation is one lseek to the beginning of a file of 4096 bytes;
it must answer 0. Each worker has opened the file for itself, also where all
open the same. An item is batch of them; its result is their number.
Source: will-it-scale, test cases lseek1 (file: private) and lseek2 (file:
shared).
Unit: operations.
Stresses: the look-up of a descriptor and the lock of the place in an open file,
which threads take as soon as their process has a second one: the table of
descriptors is shared then.
Does not say: anything of reading. The file lies in the results' file system,
but lseek asks it for nothing more than the file's length.` + aboutLevel + `
os is File.Seek.`,
		Item:    "batch calls",
		Params:  []Param{fileParam(), levelParam("raw", "go", "os"), batchParam("1024")},
		ItemOps: batchOps,
		New:     newLseek,
	}
}

type lseek struct {
	scratch
	shared bool
}

func newLseek(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*lseek]{"raw": (*lseek).raw, "go": (*lseek).viaGo, "os": (*lseek).viaOS}
	return newBatches(env, batchOps(ps), lseek{shared: ps.String("file") == "shared"}, loop[ps.String("level")]), nil
}

func (l *lseek) open(env Env, rank int) (err error) {
	l.scratch, err = openScratch(env, "lseek", rank, l.shared, 0, make([]byte, 4096))
	return err
}

func (l *lseek) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if at, _, errno := syscall.RawSyscall6(unix.SYS_LSEEK, l.fd, 0, io.SeekStart, 0, 0, 0); errno != 0 || at != 0 {
			return done, unexpected("lseek", int64(at), 0, errno)
		}
	}
	return done, nil
}

func (l *lseek) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if at, err := unix.Seek(int(l.fd), 0, io.SeekStart); err != nil || at != 0 {
			return done, unexpected("lseek", at, 0, err)
		}
	}
	return done, nil
}

func (l *lseek) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if at, err := l.file.Seek(0, io.SeekStart); err != nil || at != 0 {
			return done, unexpected("lseek", at, 0, err)
		}
	}
	return done, nil
}
