//go:build amd64 || arm64

package work

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func init() { describe("mmap", mmapKind) }

func mmapKind() Kind {
	return Kind{
		Name:    "mmap",
		Summary: "memory mapped and unmapped, never touched",
		Doc: `Definition: one operation is one mmap of size bytes, readable and writable, and
one munmap of them. No page is ever touched. of: anonymous maps memory, of: file
a file of that length, all hole, of the worker's own, as sharing says
(MAP_PRIVATE or MAP_SHARED). An item is batch operations; its result is their
number.
Source: will-it-scale, test cases mmap1 (of: anonymous, sharing: private) and
mmap2 (of: file, sharing: private), both of 128 MiB; the other two are ours.
Unit: operations.
Stresses: the lock of the address space and its tree of mappings, which threads
share and processes have each for itself; for files, the lock of the file's
mappings; for shared anonymous memory, a file made in the kernel's own file
system.
Does not say: what the memory costs once it is used: page_fault says that.` + aboutLevel + `
The wrappers of x/sys/unix besides keep a table of all mappings of the process,
under a lock that all goroutines share, and allocate an entry in it.`,
		Item: "batch pairs of mmap and munmap",
		Params: append(mappingParams(),
			Param{Name: "size", Type: "bytes", Default: "134217728", Min: 4096, Max: 1 << 40, Doc: "bytes of a mapping"},
			levelParam("raw", "go"), batchParam("128")),
		ItemOps: batchOps,
		New:     newMmap,
	}
}

// mappingParams say what is mapped, for mmap and page_fault.
func mappingParams() []Param {
	return []Param{
		oneOf("of", "anonymous: memory; file: a file of the worker's own", "anonymous", "file"),
		oneOf("sharing", "private: MAP_PRIVATE; shared: MAP_SHARED", "private", "shared"),
	}
}

// mappable is what a worker maps.
type mappable struct {
	scratch
	ofFile bool
	size   int64
	fd     int // -1: no file
	flags  int
}

func newMappable(ps Params) mappable {
	m := mappable{ofFile: ps.String("of") == "file", size: ps.Bytes("size"), fd: -1, flags: unix.MAP_PRIVATE}
	if ps.String("sharing") == "shared" {
		m.flags = unix.MAP_SHARED
	}
	if !m.ofFile {
		m.flags |= unix.MAP_ANONYMOUS
	}
	return m
}

func (m *mappable) openNamed(env Env, name string, rank int) (err error) {
	if !m.ofFile {
		return nil
	}
	if m.scratch, err = openScratch(env, name, rank, false, 0, nil); err != nil {
		return err
	}
	m.fd = int(m.scratch.fd)
	return m.file.Truncate(m.size)
}

type mmapping struct{ mappable }

func newMmap(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*mmapping]{"raw": (*mmapping).raw, "go": (*mmapping).viaGo}
	return newBatches(env, batchOps(ps), mmapping{newMappable(ps)}, loop[ps.String("level")]), nil
}

func (m *mmapping) open(env Env, rank int) error { return m.openNamed(env, "mmap", rank) }

const readWrite = unix.PROT_READ | unix.PROT_WRITE

func (m *mmapping) raw(n int64) (done int64, err error) {
	size, flags, fd := uintptr(m.size), uintptr(m.flags), uintptr(m.fd)
	for ; done < n; done++ {
		at, _, errno := syscall.RawSyscall6(unix.SYS_MMAP, 0, size, readWrite, flags, fd, 0)
		if errno != 0 {
			return done, fmt.Errorf("mmap: %w", errno)
		}
		if _, _, errno := syscall.RawSyscall6(unix.SYS_MUNMAP, at, size, 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("munmap: %w", errno)
		}
	}
	return done, nil
}

func (m *mmapping) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		memory, err := unix.Mmap(m.fd, 0, int(m.size), readWrite, m.flags)
		if err != nil {
			return done, fmt.Errorf("mmap: %w", err)
		}
		if err := unix.Munmap(memory); err != nil {
			return done, fmt.Errorf("munmap: %w", err)
		}
	}
	return done, nil
}
