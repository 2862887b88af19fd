//go:build amd64 || arm64

package work

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func init() {
	cheap["pread"] = map[string]string{"batch": "8", "size": "1000", "file": "shared", "offset": "own"}
}

func TestPread(t *testing.T) {
	eachLevel(t, "pread", func(t *testing.T, level string) {
		for _, c := range []struct {
			file, offset string
			at           int64 // of the second of two workers
		}{{"private", "same", 0}, {"shared", "same", 0}, {"shared", "own", wholePages(1)}, {"private", "own", wholePages(1)}} {
			dir := t.TempDir()
			raw := map[string]string{"batch": "10", "size": "1000", "level": level, "file": c.file, "offset": c.offset}
			k := newKernel(t, "pread", raw, Env{Slots: 2, Dir: dir})
			runItems(t, k, 3, 10)
			second := workerOf[pread](k, 1)
			if info, err := second.file.Stat(); err != nil || info.Size() != c.at+1000 || second.offset != c.at {
				t.Errorf("%v: the file is %d bytes long, read at %d: %v", c, info.Size(), second.offset, err)
			}
			if _, err := second.file.WriteAt([]byte{^patternAt(0)}, c.at); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Do(t.Context(), Task{Hi: 1, Slot: 1}); err == nil || !strings.Contains(err.Error(), "changed the file") {
				t.Errorf("%v: a changed byte was not seen: %v", c, err)
			}
			if named, _ := os.Stat(filepath.Join(dir, "pread-shared")); (named != nil) != (c.file == "shared") {
				t.Errorf("%v: the shared file: %v", c, named)
			}
		}
	})
}
