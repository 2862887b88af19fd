//go:build amd64 || arm64

package work

import (
	"os"
	"strings"
	"testing"
)

func init() { cheap["open_close"] = map[string]string{"batch": "8", "where": "own_dir"} }

func TestOpenClose(t *testing.T) {
	eachLevel(t, "open_close", func(t *testing.T, level string) {
		for where, files := range map[string]int{"same_dir": 2, "own_dir": 2, "same_file": 1} {
			dir := t.TempDir()
			k := newKernel(t, "open_close", map[string]string{"batch": "10", "level": level, "where": where}, Env{Slots: 2, Dir: dir})
			if entries, _ := os.ReadDir(dir); len(entries) != files {
				t.Errorf("%s: the folder holds %v", where, entries)
			}
			runItems(t, k, 3, 10)
			if n := openFiles(t, dir); n != 0 {
				t.Errorf("%s: %d files are still open", where, n)
			}
			if err := os.Remove(workerOf[openClose](k, 0).path); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil || !strings.Contains(err.Error(), "no such file") {
				t.Errorf("%s: opened a file that is gone: %v", where, err)
			}
		}
	})
}
