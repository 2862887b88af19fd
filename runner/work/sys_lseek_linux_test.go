//go:build amd64 || arm64

package work

import "testing"

func init() { cheap["lseek"] = map[string]string{"batch": "8"} }

// The kernel's own note of where the file is.
func TestLseek(t *testing.T) {
	eachLevel(t, "lseek", func(t *testing.T, level string) {
		for _, file := range []string{"private", "shared"} {
			k := newKernel(t, "lseek", map[string]string{"batch": "10", "level": level, "file": file}, Env{Slots: 1, Dir: t.TempDir()})
			l := workerOf[lseek](k, 0)
			if _, err := l.file.Seek(100, 0); err != nil || fdinfo(t, l.fd)["pos"] != "100" {
				t.Fatalf("%v, at %s", err, fdinfo(t, l.fd)["pos"])
			}
			runItems(t, k, 3, 10)
			if pos := fdinfo(t, l.fd)["pos"]; pos != "0" {
				t.Errorf("%s: the file is at %s", file, pos)
			}
		}
	})
}
