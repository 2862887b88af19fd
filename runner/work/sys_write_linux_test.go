//go:build amd64 || arm64

package work

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["write"] = map[string]string{"size": "1000", "length": "7777", "file": "shared"} }

// The file is spoilt first: what is in it at the end was written by the pass.
func TestWrite(t *testing.T) {
	eachLevel(t, "write", func(t *testing.T, level string) {
		for _, file := range []string{"private", "shared"} {
			k := newKernel(t, "write", map[string]string{"size": "1000", "length": "7777", "level": level, "file": file}, Env{Slots: 1, Dir: t.TempDir()})
			w := workerOf[writing](k, 0)
			path := fmt.Sprintf("/proc/self/fd/%d", w.fd) // a private one has no other name
			want, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(want[:1000], pattern(1000)) || !bytes.Equal(want[7000:], pattern(1000)) {
				t.Fatalf("%s: the file begins as %d bytes, %v", file, len(want), err)
			}
			if _, err := w.file.WriteAt(make([]byte, 8000), 0); err != nil {
				t.Fatal(err)
			}
			runItems(t, k, 1, 8)
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: the pass has not written the file: %v", file, err)
			}
			var stat unix.Stat_t
			if err := unix.Fstat(int(w.fd), &stat); err != nil || stat.Size != 8000 {
				t.Errorf("%s: the file is %d bytes long, %v", file, stat.Size, err)
			}
			if pos := fdinfo(t, w.fd)["pos"]; pos != "0" {
				t.Errorf("%s: the file is at %s", file, pos)
			}
		}
	})
}
