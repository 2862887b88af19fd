package work

import (
	"encoding/binary"
	"os"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What workers in processes of their own share is mapped in each of them when it is ready: a page
// fault within the gate is one that goroutines do not have.
func TestSharedPagesAreMappedBeforeTheGate(t *testing.T) {
	for name, raw := range map[string]map[string]string{
		"mutex":         nil,
		"syncmap":       {"kind": "sharded", "keys": "5000"},
		"channel":       {"buffer": "2000"},
		"gups":          {"table": "shared", "size": "64KiB"},
		"numa_touch":    {"size": "64KiB"},
		"wordcount":     {"delivery": "shared", "size": "64KiB"},
		"groupby":       {"delivery": "shared", "size": "64KiB", "groups": "1000"},
		"parallel_sort": {"delivery": "shared", "keys": "10000"},
		"kmeans":        {"delivery": "shared", "points": "1000"},
		"stencil":       {"delivery": "shared", "side": "100"},
	} {
		t.Run(name, func(t *testing.T) {
			kind, ps := parsedKind(t, name, raw)
			maps := mapTwice(t, int(kind.Shared(ps, 2)))
			var all sync.WaitGroup
			for rank, memory := range maps {
				all.Go(func() {
					env := Env{Slots: 1, Rank: rank, Workers: 2, Processes: 2, Dir: t.TempDir(), Shared: memory}
					if err := setUp(t, kind, ps, env); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for rank, memory := range maps {
				if present, pages := presentPages(t, memory); present < pages {
					t.Errorf("the process of rank %d has mapped %d of %d pages", rank, present, pages)
				}
			}
		})
	}
}

// mapTwice maps new memory as two processes would.
func mapTwice(t *testing.T, size int) (maps [2][]byte) {
	t.Helper()
	fd, err := unix.MemfdCreate("forklore-test", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		t.Fatal(err)
	}
	for i := range maps {
		if maps[i], err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Munmap(maps[i]) })
	}
	return maps
}

// setUp makes a kernel or a peer of one worker and prepares it.
func setUp(t *testing.T, kind Kind, ps Params, env Env) error {
	var held any
	var err error
	if kind.Peer != nil {
		held, err = kind.Peer(ps, env)
	} else {
		held, err = kind.New(ps, env)
	}
	if p, ok := held.(Preparer); ok && err == nil {
		err = p.Prepare(t.Context(), 0)
	}
	return err
}

// presentPages asks the kernel which pages of memory this process has in its page table, each of
// which has a word in pagemap with the highest bit set.
func presentPages(t *testing.T, memory []byte) (present, pages int) {
	t.Helper()
	file, err := os.Open("/proc/self/pagemap")
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	page := os.Getpagesize()
	pages = (len(memory) + page - 1) / page
	words := make([]byte, 8*pages)
	if _, err := file.ReadAt(words, int64(uintptr(unsafe.Pointer(&memory[0])))/int64(page)*8); err != nil {
		t.Fatal(err)
	}
	for ; len(words) > 0; words = words[8:] {
		if binary.NativeEndian.Uint64(words)>>63 == 1 {
			present++
		}
	}
	return present, pages
}
