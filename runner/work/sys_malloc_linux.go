//go:build amd64 || arm64

package work

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("malloc", mallocKind) }

func mallocKind() Kind {
	return Kind{
		Name:    "malloc",
		Summary: "a block of memory allocated and given back, as C's allocator does it or Go's",
		Doc: `Definition: one operation is one block of size bytes, got and given back; its
user touches nothing of it. allocator: mmap does what malloc and free of glibc
do with a large block: map 16 bytes more than size, rounded up to whole pages;
write the block's size into its head, which touches the first page; read it
again; unmap. allocator: go makes a slice of bytes, writes its first and drops
it: Go clears it, and gives it back when the collector runs. An item is batch
operations; its result is their number.
Source: will-it-scale, test cases malloc1 (size: 128MiB, the default) and
malloc2 (size: 1KiB). glibc maps blocks from M_MMAP_THRESHOLD on, which is 128
KiB at first and grows up to 32 MiB when blocks larger than it are freed; what
is smaller comes from memory that it keeps.
Unit: operations.
Stresses: mmap: what the workload mmap does, and one page fault for each. go:
the allocator's lists of the processor and of the heap, the clearing of memory,
and the collector, which works beside the workers.
Does not say: with mmap, anything of glibc below 32 MiB, which would not map
again and again; with go, anything of blocks that live on: trees does. Large
blocks of go take long to clear: ask for a small batch.`,
		Item: "batch blocks",
		Params: []Param{
			oneOf("allocator", "mmap: as glibc for large blocks; go: Go's own", "mmap", "go"),
			{Name: "size", Type: "bytes", Default: "134217728", Min: 1, Max: 1 << 36, Doc: "bytes of a block"},
			batchParam("64"),
		},
		ItemOps: batchOps,
		New:     newMalloc,
	}
}

type malloc struct {
	size  uintptr
	block []byte // the last one of Go's: what nothing refers to would not be allocated
}

func newMalloc(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*malloc]{"mmap": (*malloc).mapped, "go": (*malloc).made}
	return newBatches(env, batchOps(ps), malloc{size: uintptr(ps.Bytes("size"))}, loop[ps.String("allocator")]), nil
}

func (m *malloc) open(Env, int) error { return nil }

func (m *malloc) close() error {
	m.block = nil
	return nil
}

// mallocHead is what glibc puts before a block: the size of the one before it,
// and its own, whose second bit says that it is mapped.
type mallocHead struct {
	_   uintptr
	own uintptr
}

const mallocMapped = 2

func (m *malloc) mapped(n int64) (done int64, err error) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	length := uintptr(wholePages(int64(m.size + unsafe.Sizeof(mallocHead{}))))
	none := -1
	for ; done < n; done++ {
		at, _, errno := syscall.RawSyscall6(unix.SYS_MMAP, 0, length, readWrite, flags, uintptr(none), 0)
		if errno != 0 {
			return done, fmt.Errorf("mmap: %w", errno)
		}
		head := headAt(&at)
		head.own = length | mallocMapped
		if _, _, errno := syscall.RawSyscall6(unix.SYS_MUNMAP, at, head.own&^mallocMapped, 0, 0, 0, 0); errno != 0 {
			return done, fmt.Errorf("munmap: %w", errno)
		}
	}
	return done, nil
}

// headAt is the head of the mapping whose address is given, which is not in
// Go's heap: the collector neither moves nor frees it.
func headAt(at *uintptr) *mallocHead { return *(**mallocHead)(unsafe.Pointer(at)) }

func (m *malloc) made(n int64) (done int64, err error) {
	for ; done < n; done++ {
		m.block = make([]byte, m.size)
		m.block[0] = 1
	}
	m.block = nil
	return done, nil
}
