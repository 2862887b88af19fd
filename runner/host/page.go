package host

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// page is memory that the whole tree of a trial shares. Its two words are on
// cache lines of their own, so that polling one never slows the other.
type page struct {
	next *atomic.Int64  // dynamic dealing: the next item
	stop *atomic.Uint32 // fixed time: set to 1 when it is over
	mem  []byte
	more []byte // what the workload shares, behind the page; nil for nothing

	mu sync.Mutex // a timer may fire while the page is given back
}

const (
	pageSize   = 4096
	shareFrom  = 64 << 10 // where shared bytes begin in the file: a multiple of every page size there is
	nextOffset = 0
	stopOffset = 128
)

// newPageFile creates the file of the page and of shared bytes behind it; the
// caller closes it.
func newPageFile(shared int64) (*os.File, error) {
	f, err := sharedFile()
	if err != nil {
		return nil, fmt.Errorf("create the page that workers share: %w", err)
	}
	if err := f.Truncate(shareFrom + shared); err != nil {
		return nil, fmt.Errorf("size the page that workers share: %w", err)
	}
	return f, nil
}

func mapPage(fd uintptr) (*page, error) {
	mem, err := unix.Mmap(int(fd), 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the page that workers share: %w", err)
	}
	return &page{
		next: (*atomic.Int64)(unsafe.Pointer(&mem[nextOffset])),
		stop: (*atomic.Uint32)(unsafe.Pointer(&mem[stopOffset])),
		mem:  mem,
	}, nil
}

// share maps what the workload shares, behind the page. It is not mapped by the
// runner, which has no use for it.
func (p *page) share(fd uintptr, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	mem, err := unix.Mmap(int(fd), shareFrom, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map %d bytes that workers share: %w", bytes, err)
	}
	p.more = mem
	return nil
}

// setStop tells the workers to stop, unless the page is closed.
func (p *page) setStop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mem != nil {
		p.stop.Store(1)
		wakeAll(p.stop)
	}
}

// awaitStop sleeps until the workers are told to stop. It takes no processor time, which a server's
// own requests would else have to share.
func (p *page) awaitStop() {
	for p.stop.Load() == 0 {
		sleepWhile(p.stop, 0)
	}
}

func (p *page) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = unix.Munmap(p.mem)
	p.mem = nil
}
