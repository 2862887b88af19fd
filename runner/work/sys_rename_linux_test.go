//go:build amd64 || arm64

package work

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { cheap["rename"] = map[string]string{"batch": "5", "where": "across"} }

func TestRename(t *testing.T) {
	eachLevel(t, "rename", func(t *testing.T, level string) {
		for where, folder := range map[string]string{"same_dir": ".", "own_dir": "rename-0", "across": "rename-0-a"} {
			dir := t.TempDir()
			k := newKernel(t, "rename", map[string]string{"batch": "5", "level": level, "where": where}, Env{Slots: 1, Dir: dir})
			events := watchFolder(t, filepath.Join(dir, folder))
			r := workerOf[rename](k, 0)
			for n := range 3 {
				runItems(t, k, 1, 5)
				for i, name := range r.names {
					if _, err := os.Stat(name); (err == nil) != (i == (n+1)%2) {
						t.Errorf("%s: after %d items of 5, %s: %v", where, n+1, name, err)
					}
				}
			}
			want := 15 // renames out of one folder and into it
			if where == "across" {
				want = 8 // out of the first of two
			}
			if got := events(); got[unix.IN_MOVED_FROM] != want {
				t.Errorf("%s: %d renames out of %s, want %d", where, got[unix.IN_MOVED_FROM], folder, want)
			}
		}
	})
}

// watchFolder counts what happens in a folder from now on. What it returns
// gives the number of events of each sort.
func watchFolder(t *testing.T, dir string) func() map[uint32]int {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Skipf("inotify: %v", err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	return func() map[uint32]int {
		events := map[uint32]int{}
		buffer := make([]byte, 1<<20)
		for {
			n, err := unix.Read(fd, buffer)
			if err != nil || n == 0 {
				return events
			}
			for at := 0; at < n; {
				event := (*unix.InotifyEvent)(unsafe.Pointer(&buffer[at]))
				events[event.Mask]++
				at += unix.SizeofInotifyEvent + int(event.Len)
			}
		}
	}
}
