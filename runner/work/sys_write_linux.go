//go:build amd64 || arm64

package work

import (
	"fmt"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("write", writeKind) }

func writeKind() Kind {
	return Kind{
		Name:    "write",
		Summary: "a file written over from its beginning to its end, piece by piece",
		Doc: `Definition: an item is one pass over a file of length bytes: writes of size
bytes each until length is reached, and an lseek back to the beginning. One
operation is one write, which must take all of its bytes. The bytes are those
that the file has held from the start. An item's result is the number of its
operations. Each worker has opened the file for itself, also where all write to
the same.
Source: will-it-scale, test case write1 (file: private); file: shared is ours.
Unit: operations; bytes written.
Stresses: the copy into the page cache and the file system's entry to it; with a
shared file, the lock of its inode, under which one writes at a time.
Does not say: anything of a disk: nothing waits for one, but a long run feels
the kernel's writing back. The results' file system is used; fsync is a workload
of its own.` + aboutLevel + `
os is File.Write and File.Seek.`,
		Item: "a pass over the file",
		Params: []Param{
			fileParam(),
			{Name: "size", Type: "bytes", Default: "4096", Min: 1, Max: 16 << 20, Doc: "bytes of a write"},
			{Name: "length", Type: "bytes", Default: "1048576", Min: 1, Max: 64 << 20, Doc: "bytes of a pass, rounded up to whole writes"},
			levelParam("raw", "go", "os"),
		},
		ItemByte: func(ps Params) int64 { return writeOps(ps) * ps.Bytes("size") },
		ItemOps:  writeOps,
		New:      newWrite,
	}
}

func writeOps(ps Params) int64 { return pieces(ps.Bytes("length"), ps.Bytes("size")) }

type writing struct {
	scratch
	shared bool
	size   int64
	length int64 // of the file: whole writes
	at     int64 // where the next write begins
	buffer []byte
}

func newWrite(ps Params, env Env) (Kernel, error) {
	w := writing{shared: ps.String("file") == "shared", size: ps.Bytes("size"), length: writeOps(ps) * ps.Bytes("size")}
	loop := map[string]sysLoop[*writing]{"raw": (*writing).raw, "go": (*writing).viaGo, "os": (*writing).viaOS}
	return newBatches(env, writeOps(ps), w, loop[ps.String("level")]), nil
}

// open fills the file with one write's bytes after the other: whoever writes to
// it later changes nothing.
func (w *writing) open(env Env, rank int) (err error) {
	w.buffer = pattern(w.size)
	var contents []byte
	for int64(len(contents)) < w.length {
		contents = append(contents, w.buffer...)
	}
	w.scratch, err = openScratch(env, "write", rank, w.shared, 0, contents)
	return err
}

func (w *writing) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		put, _, errno := syscall.RawSyscall6(unix.SYS_WRITE, w.fd, uintptr(unsafe.Pointer(&w.buffer[0])), uintptr(w.size), 0, 0, 0)
		if errno != 0 || int64(put) != w.size {
			return done, unexpected("write", int64(put), w.size, errno)
		}
		if w.at += w.size; w.at == w.length {
			w.at = 0
			if _, _, errno := syscall.RawSyscall6(unix.SYS_LSEEK, w.fd, 0, io.SeekStart, 0, 0, 0); errno != 0 {
				return done, fmt.Errorf("lseek: %w", errno)
			}
		}
	}
	return done, nil
}

func (w *writing) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		put, err := unix.Write(int(w.fd), w.buffer)
		if err != nil || int64(put) != w.size {
			return done, unexpected("write", int64(put), w.size, err)
		}
		if w.at += w.size; w.at == w.length {
			w.at = 0
			if _, err := unix.Seek(int(w.fd), 0, io.SeekStart); err != nil {
				return done, fmt.Errorf("lseek: %w", err)
			}
		}
	}
	return done, nil
}

func (w *writing) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		if _, err := w.file.Write(w.buffer); err != nil { // it says if not all was taken
			return done, err
		}
		if w.at += w.size; w.at == w.length {
			w.at = 0
			if _, err := w.file.Seek(0, io.SeekStart); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}
