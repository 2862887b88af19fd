//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("read", readKind) }

func readKind() Kind {
	return Kind{
		Name:    "read",
		Summary: "a file read from its beginning to its end, piece by piece",
		Doc: `Definition: an item is one pass over a file of length bytes: reads of size bytes
each, until one answers 0 for the end of the file, and an lseek back to the
beginning. One operation is one read, that at the end included. Each read must
bring as many bytes as are left, size at the most, and the first of them must be
the one that was written there. An item's result is the number of its
operations. Each worker has opened the file for itself, also where all read the
same.
Source: will-it-scale, test cases read1 (file: private), read2 (file: shared),
read3 and read4 (the same with direct: true).
Unit: operations; bytes read.
Stresses: the copy out of the page cache; with a shared file, the counters and
locks of its pages; with direct, the block layer and the device.
Does not say: anything of a disk, unless direct: the file was written just
before and lies in memory. The results' file system is used.` + aboutLevel + `
os is File.Read and File.Seek.`,
		Item: "a pass over the file",
		Params: []Param{
			fileParam(),
			{Name: "size", Type: "bytes", Default: "4096", Min: 1, Max: 16 << 20, Doc: "bytes that a read asks for"},
			{Name: "length", Type: "bytes", Default: "1048576", Min: 1, Max: 64 << 20, Doc: "length of the file"},
			{Name: "direct", Type: "bool", Default: "false", Doc: "past the page cache (O_DIRECT): size and length must be multiples of 4096"},
			levelParam("raw", "go", "os"),
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("length") },
		ItemOps:  readOps,
		New:      newRead,
	}
}

// readOps is how many reads a pass takes, that at the end included.
func readOps(ps Params) int64 { return pieces(ps.Bytes("length"), ps.Bytes("size")) + 1 }

type reading struct {
	scratch
	shared bool
	flags  int
	length int64
	buffer []byte // of the size of a read
	size   int64
	at     int64 // where the next read begins
}

func newRead(ps Params, env Env) (Kernel, error) {
	r := reading{shared: ps.String("file") == "shared", length: ps.Bytes("length"), size: ps.Bytes("size")}
	if ps.Bool("direct") {
		r.flags = unix.O_DIRECT
		if r.size%4096 != 0 || r.length%4096 != 0 {
			return nil, fmt.Errorf("read: direct reads of %d bytes of a file of %d: both must be multiples of 4096", r.size, r.length)
		}
	}
	loop := map[string]sysLoop[*reading]{"raw": (*reading).raw, "go": (*reading).viaGo, "os": (*reading).viaOS}
	return newBatches(env, readOps(ps), r, loop[ps.String("level")]), nil
}

func (r *reading) open(env Env, rank int) (err error) {
	r.buffer = aligned(r.size)
	r.scratch, err = openScratch(env, "read", rank, r.shared, r.flags, pattern(r.length))
	if r.flags != 0 && errors.Is(err, unix.EINVAL) {
		return Unavailable{Reason: "the results' file system has no direct reads (O_DIRECT): use another folder for the results, or direct: false"}
	}
	return err
}

// aligned returns a buffer that begins at a page, as O_DIRECT wants it.
func aligned(size int64) []byte {
	const page = 4096
	buffer := make([]byte, size+page)
	skip := -uintptr(unsafe.Pointer(&buffer[0])) % page
	return buffer[skip:][:size:size]
}

// pattern is the contents of a file of that length: what a byte is tells where
// it lies.
func pattern(length int64) []byte {
	contents := make([]byte, length)
	for at := range contents {
		contents[at] = patternAt(int64(at))
	}
	return contents
}

func patternAt(at int64) byte { return byte(at ^ at>>8 ^ at>>16 ^ 0x5a) }

// check takes note of a read of got bytes, and says whether it read what it
// should.
func (r *reading) check(got int64) bool {
	at := r.at
	r.at += got
	return got == min(r.size, r.length-at) && (got == 0 || r.buffer[0] == patternAt(at))
}

func (r *reading) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		got, _, errno := syscall.RawSyscall6(unix.SYS_READ, r.fd, uintptr(unsafe.Pointer(&r.buffer[0])), uintptr(r.size), 0, 0, 0)
		if errno != 0 || !r.check(int64(got)) {
			return done, r.fault(int64(got), errno)
		}
		if got == 0 {
			r.at = 0
			if _, _, errno := syscall.RawSyscall6(unix.SYS_LSEEK, r.fd, 0, io.SeekStart, 0, 0, 0); errno != 0 {
				return done, fmt.Errorf("lseek: %w", errno)
			}
		}
	}
	return done, nil
}

func (r *reading) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		got, err := unix.Read(int(r.fd), r.buffer)
		if err != nil || !r.check(int64(got)) {
			return done, r.fault(int64(got), err)
		}
		if got == 0 {
			r.at = 0
			if _, err := unix.Seek(int(r.fd), 0, io.SeekStart); err != nil {
				return done, fmt.Errorf("lseek: %w", err)
			}
		}
	}
	return done, nil
}

func (r *reading) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		got, err := r.file.Read(r.buffer)
		if err == io.EOF {
			err = nil
		}
		if err != nil || !r.check(int64(got)) {
			return done, r.fault(int64(got), err)
		}
		if got == 0 {
			r.at = 0
			if _, err := r.file.Seek(0, io.SeekStart); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

func (r *reading) fault(got int64, err error) error {
	if err != nil && err != unix.Errno(0) {
		return fmt.Errorf("read: %w", err)
	}
	return fmt.Errorf("read: %d bytes came that begin with %#x, up to place %d of %d: somebody else has changed the file", got, r.buffer[0], r.at, r.length)
}
