//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("pipe_self", pipeSelfKind) }

func pipeSelfKind() Kind {
	return Kind{
		Name:    "pipe_self",
		Summary: "bytes written to a pipe and read back by the same worker",
		Doc: `Definition: each worker has a pipe of its own. One operation is one write of
size bytes to it and one read, which must bring all of them back; the first and
the last of them count the operations, and must be those that were written. The
pipe is made large enough that nobody ever waits. An item is batch operations;
its result is their number.
Source: will-it-scale, test case pipe1 (size: 1B, the default).
Unit: operations; bytes through the pipe.
Stresses: two system calls, the lock of the pipe, and for larger sizes the
kernel's allocation of pages and two copies.
Does not say: what it costs to wake up the one who reads, which a pipe between
two workers pays.` + aboutLevel + `
os is os.Pipe, File.Write and File.Read, which Go's poller watches.`,
		Item: "batch pairs of write and read",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "1", Min: 1, Max: 1 << 20, Doc: "bytes of an operation"},
			levelParam("raw", "go", "os"), batchParam("256"),
		},
		ItemByte: func(ps Params) int64 { return batchOps(ps) * ps.Bytes("size") },
		ItemOps:  batchOps,
		New:      newPipeSelf,
	}
}

type pipeSelf struct {
	size     int
	polled   bool
	in, out  uintptr // descriptors to write to and to read from
	inF, ouF *os.File
	made     bool
	put, got []byte
	count    byte
}

func newPipeSelf(ps Params, env Env) (Kernel, error) {
	level := ps.String("level")
	loop := map[string]sysLoop[*pipeSelf]{"raw": (*pipeSelf).raw, "go": (*pipeSelf).viaGo, "os": (*pipeSelf).viaOS}
	return newBatches(env, batchOps(ps), pipeSelf{size: int(ps.Bytes("size")), polled: level == "os"}, loop[level]), nil
}

func (p *pipeSelf) open(Env, int) error {
	flags := unix.O_CLOEXEC
	if p.polled {
		flags |= unix.O_NONBLOCK
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], flags); err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	p.out, p.in, p.made = uintptr(ends[0]), uintptr(ends[1]), true
	p.put, p.got = apart[byte](p.size), apart[byte](p.size)
	if p.polled {
		p.ouF, p.inF = os.NewFile(p.out, "pipe"), os.NewFile(p.in, "pipe")
	}
	return p.makeRoom()
}

// makeRoom enlarges the pipe if an operation's bytes would not fit: who writes
// and then reads must not wait for himself.
func (p *pipeSelf) makeRoom() error {
	room, err := unix.FcntlInt(p.in, unix.F_GETPIPE_SZ, 0)
	if err != nil || room >= p.size {
		return err
	}
	if _, err := unix.FcntlInt(p.in, unix.F_SETPIPE_SZ, p.size); err != nil {
		return Unavailable{Reason: fmt.Sprintf("a pipe holds %d bytes and cannot be made to hold %d (%v): ask for a smaller size, or raise fs.pipe-max-size = %s and fs.pipe-user-pages-soft = %s with sysctl", room, p.size, err, sysctl("fs/pipe-max-size"), sysctl("fs/pipe-user-pages-soft"))}
	}
	return nil
}

func (p *pipeSelf) close() error {
	if !p.made {
		return nil
	}
	p.made = false
	if p.polled {
		return errors.Join(p.inF.Close(), p.ouF.Close())
	}
	return errors.Join(unix.Close(int(p.in)), unix.Close(int(p.out)))
}

// mark makes the bytes of an operation differ from those of the one before.
func (p *pipeSelf) mark() {
	p.count++
	p.put[0], p.put[len(p.put)-1] = p.count, p.count
}

// right says whether the bytes that came are those that went.
func (p *pipeSelf) right(size int) bool {
	return size == len(p.got) && p.got[0] == p.count && p.got[len(p.got)-1] == p.count
}

func (p *pipeSelf) raw(n int64) (done int64, err error) {
	put, got, size := uintptr(unsafe.Pointer(&p.put[0])), uintptr(unsafe.Pointer(&p.got[0])), uintptr(len(p.put))
	for ; done < n; done++ {
		p.mark()
		if went, _, errno := syscall.RawSyscall6(unix.SYS_WRITE, p.in, put, size, 0, 0, 0); errno != 0 || went != size {
			return done, unexpected("write", int64(went), int64(size), errno)
		}
		if came, _, errno := syscall.RawSyscall6(unix.SYS_READ, p.out, got, size, 0, 0, 0); errno != 0 || !p.right(int(came)) {
			return done, unexpected("read", int64(came), int64(size), errno)
		}
	}
	return done, nil
}

func (p *pipeSelf) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		p.mark()
		if went, err := unix.Write(int(p.in), p.put); err != nil || went != len(p.put) {
			return done, unexpected("write", int64(went), int64(len(p.put)), err)
		}
		if came, err := unix.Read(int(p.out), p.got); err != nil || !p.right(came) {
			return done, unexpected("read", int64(came), int64(len(p.got)), err)
		}
	}
	return done, nil
}

func (p *pipeSelf) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		p.mark()
		if _, err := p.inF.Write(p.put); err != nil {
			return done, err
		}
		if came, err := p.ouF.Read(p.got); err != nil || !p.right(came) {
			return done, unexpected("read", int64(came), int64(len(p.got)), err)
		}
	}
	return done, nil
}
