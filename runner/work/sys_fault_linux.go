//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("page_fault", pageFaultKind) }

func pageFaultKind() Kind {
	return Kind{
		Name:    "page_fault",
		Summary: "pages of fresh mappings touched for the first time",
		Doc: `Definition: one operation is the first touch of one page of a mapping: one byte
written, or read with access: read. Pages are touched one after the other; after
the last one of size bytes the mapping is unmapped and the next one made, within
the time. Anonymous memory is kept in small pages (MADV_NOHUGEPAGE). A file is
of size bytes, of the worker's own and at first all hole. An item is batch
operations, wherever in a mapping they fall; its result is their number.
Source: will-it-scale, test cases page_fault1 (of: anonymous, sharing: private),
page_fault2 (of: file, sharing: private), page_fault3 (of: file, sharing:
shared) and page_fault4 (page_fault2 with access: read). Their mappings are of
128 MiB: ours are smaller by default, since every worker holds one.
Unit: operations: pages touched.
Stresses: the processor's exception, the lock of the mapping or of the address
space, the page tables, the allocation and clearing of a page, and giving them
all back, where other processors that run threads of the same process must be
told (TLB shootdown).
Does not say: that each touch was a fault: where a file is read, and for files
in large folios, the kernel maps pages around as well. With a small size pages
go back and forth between the worker and its processor's own list of free ones:
a large one shows the lock of the memory zone behind it. The results' file
system is used.`,
		Item: "batch pages touched",
		Params: append(mappingParams(),
			oneOf("access", "write: a byte is written to each page; read: read", "write", "read"),
			Param{Name: "size", Type: "bytes", Default: "16777216", Min: 4096, Max: 1 << 36, Doc: "bytes of a mapping, rounded up to whole pages"},
			batchParam("256")),
		ItemOps: batchOps,
		New:     newPageFault,
	}
}

type pageFault struct {
	mappable
	page   int64
	memory unsafe.Pointer // nil: not mapped
	at     int64          // the next page to touch
	sum    byte           // keeps the reads from being optimised away
}

func newPageFault(ps Params, env Env) (Kernel, error) {
	f := pageFault{mappable: newMappable(ps), page: int64(os.Getpagesize())}
	f.size = wholePages(f.size)
	loop := (*pageFault).write
	if ps.String("access") == "read" {
		loop = (*pageFault).read
	}
	return newBatches(env, batchOps(ps), f, loop), nil
}

func (f *pageFault) open(env Env, rank int) error {
	return errors.Join(f.openNamed(env, "page_fault", rank), f.remap())
}

func (f *pageFault) close() error { return errors.Join(f.unmap(), f.mappable.close()) }

// remap puts an untouched mapping in the place of the one there is. Its calls
// tell Go's scheduler: they are few, and unmapping takes long.
func (f *pageFault) remap() (err error) {
	if err := f.unmap(); err != nil {
		return err
	}
	memory, err := unix.MmapPtr(f.fd, 0, nil, uintptr(f.size), readWrite, f.flags)
	if err != nil {
		return fmt.Errorf("map %d bytes: %w", f.size, err)
	}
	f.memory, f.at = memory, 0
	if !f.ofFile {
		adviseSmallPages(unsafe.Slice((*byte)(memory), f.size))
	}
	return nil
}

func (f *pageFault) unmap() error {
	if f.memory == nil {
		return nil
	}
	memory := f.memory
	f.memory = nil
	return unix.MunmapPtr(memory, uintptr(f.size))
}

// stretch returns where the next pages to touch are, and where the last of them
// ends: n or as many as the mapping has left. A new one is made for it when
// there is none left.
func (f *pageFault) stretch(n int64) (from, to int64, err error) {
	if f.at == f.size {
		err = f.remap()
	}
	from = f.at
	f.at = min(f.size, f.at+n*f.page)
	return from, f.at, err
}

func (f *pageFault) write(n int64) (done int64, err error) {
	for done < n {
		from, to, err := f.stretch(n - done)
		if err != nil {
			return done, err
		}
		for at := from; at < to; at += f.page {
			*(*byte)(unsafe.Add(f.memory, at)) = 1
		}
		done += (to - from) / f.page
	}
	return done, nil
}

func (f *pageFault) read(n int64) (done int64, err error) {
	for done < n {
		from, to, err := f.stretch(n - done)
		if err != nil {
			return done, err
		}
		for at := from; at < to; at += f.page {
			f.sum += *(*byte)(unsafe.Add(f.memory, at))
		}
		done += (to - from) / f.page
	}
	return done, nil
}
