//go:build amd64 || arm64

package work

import "testing"

func init() { cheap["ftruncate"] = map[string]string{"batch": "5"} }

// An odd batch leaves the file at its other length.
func TestFtruncate(t *testing.T) {
	eachLevel(t, "ftruncate", func(t *testing.T, level string) {
		for _, file := range []string{"private", "shared"} {
			raw := map[string]string{"batch": "5", "size": "12345", "level": level, "file": file}
			k := newKernel(t, "ftruncate", raw, Env{Slots: 1, Dir: t.TempDir()})
			for _, want := range []int64{12345, 0, 12345} {
				runItems(t, k, 1, 5)
				if info, err := workerOf[truncating](k, 0).file.Stat(); err != nil || info.Size() != want {
					t.Errorf("%s: the file is %d bytes long, want %d: %v", file, info.Size(), want, err)
				}
			}
		}
	})
}
