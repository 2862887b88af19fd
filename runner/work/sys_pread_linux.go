//go:build amd64 || arm64

package work

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("pread", preadKind) }

func preadKind() Kind {
	return Kind{
		Name:    "pread",
		Summary: "the same piece of a file read again and again, at a place that the call names",
		Doc: `Definition: one operation is one pread of size bytes at one place of a file. It
must bring all of them, and the first must be the one that was written there.
offset: same reads at 0; own reads at the worker's rank times size rounded up to
whole pages, so that workers who share the file share none of its pages. Each
worker has opened the file for itself. An item is batch operations; its result
is their number.
Source: will-it-scale, test cases pread1 (file: private), pread2 (shared,
offset: same) and pread3 (shared, offset: own).
Unit: operations; bytes read.
Stresses: the look-up in the page cache and the copy out of it; with a shared
file the reference counter of the one page, or with own only what the file has
once.
Does not say: anything of a disk: the file was written just before and lies in
memory.` + aboutLevel + `
os is File.ReadAt.`,
		Item: "batch reads",
		Params: []Param{
			fileParam(),
			oneOf("offset", "same: all workers read at 0; own: each reads pages of its own", "same", "own"),
			{Name: "size", Type: "bytes", Default: "4096", Min: 1, Max: 16 << 20, Doc: "bytes of a read"},
			levelParam("raw", "go", "os"), batchParam("512"),
		},
		ItemByte: func(ps Params) int64 { return batchOps(ps) * ps.Bytes("size") },
		ItemOps:  batchOps,
		New:      newPread,
	}
}

type pread struct {
	scratch
	shared, own bool
	size        int64
	offset      int64
	buffer      []byte
}

func newPread(ps Params, env Env) (Kernel, error) {
	p := pread{shared: ps.String("file") == "shared", own: ps.String("offset") == "own", size: ps.Bytes("size")}
	loop := map[string]sysLoop[*pread]{"raw": (*pread).raw, "go": (*pread).viaGo, "os": (*pread).viaOS}
	return newBatches(env, batchOps(ps), p, loop[ps.String("level")]), nil
}

// open writes the worker's piece of the file alone. Files have holes: where the
// pieces of others are, nothing need be.
func (p *pread) open(env Env, rank int) (err error) {
	p.buffer = apart[byte](int(p.size))
	if p.own {
		p.offset = int64(rank) * wholePages(p.size)
	}
	if p.scratch, err = openScratch(env, "pread", rank, p.shared, 0, nil); err != nil {
		return err
	}
	_, err = p.file.WriteAt(pattern(p.size), p.offset)
	return err
}

// right says whether got is all of the piece.
func (p *pread) right(got int) bool { return got == len(p.buffer) && p.buffer[0] == patternAt(0) }

func (p *pread) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		got, _, errno := syscall.RawSyscall6(unix.SYS_PREAD64, p.fd, uintptr(unsafe.Pointer(&p.buffer[0])), uintptr(len(p.buffer)), uintptr(p.offset), 0, 0)
		if errno != 0 || !p.right(int(got)) {
			return done, p.fault(int(got), errno)
		}
	}
	return done, nil
}

func (p *pread) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if got, err := unix.Pread(int(p.fd), p.buffer, p.offset); err != nil || !p.right(got) {
			return done, p.fault(got, err)
		}
	}
	return done, nil
}

func (p *pread) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if got, err := p.file.ReadAt(p.buffer, p.offset); err != nil || !p.right(got) {
			return done, p.fault(got, err)
		}
	}
	return done, nil
}

func (p *pread) fault(got int, err error) error {
	if err != nil && err != unix.Errno(0) {
		return fmt.Errorf("pread: %w", err)
	}
	return fmt.Errorf("pread: %d bytes came that begin with %#x, and not %d with %#x: somebody else has changed the file", got, p.buffer[0], len(p.buffer), patternAt(0))
}
