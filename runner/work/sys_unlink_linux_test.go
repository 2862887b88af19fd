//go:build amd64 || arm64

package work

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["unlink"] = map[string]string{"batch": "4", "where": "own_dir"} }

// The kernel tells a watcher of the folder about each file made and removed.
func TestUnlink(t *testing.T) {
	eachLevel(t, "unlink", func(t *testing.T, level string) {
		dir := t.TempDir()
		k := newKernel(t, "unlink", map[string]string{"batch": "10", "level": level}, Env{Slots: 1, Dir: dir})
		events := watchFolder(t, dir)
		runItems(t, k, 3, 10)
		if got := events(); got[unix.IN_CREATE] != 30 || got[unix.IN_DELETE] != 30 {
			t.Errorf("%d files were made and %d removed, want 30", got[unix.IN_CREATE], got[unix.IN_DELETE])
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
