//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("mremap", mremapKind) }

func mremapKind() Kind {
	return Kind{
		Name:    "mremap",
		Summary: "a mapping, or the program break, grown and shrunk",
		Doc: `Definition: call: mremap: each worker has an anonymous private mapping of size
bytes whose first page has been touched. One operation is one mremap that may
move it: to twice the size, and back, in turn. The worker's own mapping leaves
as much free behind it, so the kernel need not move it unless another thread has
mapped something there. call: brk: one operation is one brk that raises the
program break by size, or takes it back, in turn. No new page is touched. An
item is batch operations; its result is their number.
Source: will-it-scale, test cases brk1 and brk2 (call: brk, size: 4KiB), which
has none of mremap: this is brk's question put so that threads can be asked it.
The break is one of a process: threads that move it would move each other's, so
call: brk runs in layouts alone where every worker has a process.
Unit: operations.
Stresses: the lock of the address space and its tree of mappings, which threads
share and processes have each for itself; when shrinking, the page tables.
Does not say: what the memory costs once it is used, or moving pages.` + aboutLevel + `
The wrapper of mremap in x/sys/unix besides keeps a table of all mappings of the
process, under a lock that all goroutines share. It has no brk: there go is
unix.Syscall.`,
		Item: "batch calls",
		Params: []Param{
			oneOf("call", "mremap: of a mapping; brk: of the program break, in worker processes", "mremap", "brk"),
			{Name: "size", Type: "bytes", Default: "4096", Min: 4096, Max: 1 << 36, Doc: "bytes by which it grows, rounded up to whole pages"},
			levelParam("raw", "go"), batchParam("256"),
		},
		ItemOps: batchOps,
		Refuse:  refuseMremap,
		New:     newMremap,
	}
}

func refuseMremap(ps Params, l Layout) string {
	if ps.String("call") == "brk" && l.Workers > max(1, l.Processes) {
		return "the program break is one for all threads of a process: only workers with a process each can move it"
	}
	return ""
}

type remapping struct {
	brk   bool
	size  uintptr
	base  uintptr // of the mapping, or the break at first
	grown uintptr // size while it is grown, else 0
	slice []byte  // the mapping, as the wrappers know it
	level string
}

func newMremap(ps Params, env Env) (Kernel, error) {
	r := remapping{brk: ps.String("call") == "brk", size: uintptr(wholePages(ps.Bytes("size"))), level: ps.String("level")}
	loop := map[string]sysLoop[*remapping]{"raw": (*remapping).raw, "go": (*remapping).viaGo}
	if r.brk {
		loop = map[string]sysLoop[*remapping]{"raw": (*remapping).brkRaw, "go": (*remapping).brkGo}
	}
	if r.brk && env.Slots > 1 {
		return nil, errors.New("mremap: call: brk with several workers in a process: they would move each other's break")
	}
	return newBatches(env, batchOps(ps), r, loop[r.level]), nil
}

// open maps what the mapping will be when it is grown, and gives the upper half
// back.
func (r *remapping) open(Env, int) (err error) {
	if r.brk {
		r.base, _, _ = unix.Syscall(unix.SYS_BRK, 0, 0, 0)
		return nil
	}
	r.slice, err = unix.Mmap(-1, 0, int(2*r.size), readWrite, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return fmt.Errorf("map %d bytes: %w", 2*r.size, err)
	}
	r.slice[0] = 1
	if r.slice, err = unix.Mremap(r.slice, int(r.size), 0); err != nil {
		return fmt.Errorf("shrink the mapping: %w", err)
	}
	r.base = uintptr(unsafe.Pointer(&r.slice[0]))
	return nil
}

func (r *remapping) close() error {
	if r.brk || r.base == 0 {
		return nil
	}
	base, size := r.base, r.size+r.grown
	r.base = 0
	if r.level == "go" {
		return unix.Munmap(r.slice)
	}
	if _, _, errno := unix.Syscall(unix.SYS_MUNMAP, base, size, 0); errno != 0 {
		return fmt.Errorf("munmap: %w", errno)
	}
	return nil
}

func (r *remapping) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		next := r.size - r.grown
		base, _, errno := syscall.RawSyscall6(unix.SYS_MREMAP, r.base, r.size+r.grown, r.size+next, unix.MREMAP_MAYMOVE, 0, 0)
		if errno != 0 {
			return done, fmt.Errorf("mremap: %w", errno)
		}
		r.base, r.grown = base, next
	}
	return done, nil
}

func (r *remapping) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		next := r.size - r.grown
		slice, err := unix.Mremap(r.slice, int(r.size+next), unix.MREMAP_MAYMOVE)
		if err != nil {
			return done, fmt.Errorf("mremap: %w", err)
		}
		r.slice, r.grown = slice, next
	}
	return done, nil
}

func (r *remapping) brkRaw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		next := r.size - r.grown
		if at, _, _ := syscall.RawSyscall6(unix.SYS_BRK, r.base+next, 0, 0, 0, 0, 0); at != r.base+next {
			return done, r.stuck(at)
		}
		r.grown = next
	}
	return done, nil
}

func (r *remapping) brkGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		next := r.size - r.grown
		if at, _, _ := unix.Syscall(unix.SYS_BRK, r.base+next, 0, 0); at != r.base+next {
			return done, r.stuck(at)
		}
		r.grown = next
	}
	return done, nil
}

func (r *remapping) stuck(at uintptr) error {
	return fmt.Errorf("brk: the break is at %#x and not at %#x: memory is limited (ulimit -d), or somebody else has moved it", at, r.base+r.size-r.grown)
}
