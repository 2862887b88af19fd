//go:build amd64 || arm64

package work

import "testing"

func init() { cheap["dup_close"] = map[string]string{"batch": "8", "held": "3"} }

func TestDupClose(t *testing.T) {
	eachLevel(t, "dup_close", func(t *testing.T, level string) {
		dir := t.TempDir()
		k := newKernel(t, "dup_close", map[string]string{"batch": "10", "level": level, "held": "70"}, Env{Slots: 2, Dir: dir})
		for range 2 {
			if n := openFiles(t, dir); n != 2*71 { // each worker's file and what it holds
				t.Errorf("%d descriptors are open", n)
			}
			runItems(t, k, 3, 10)
		}
		closeKernel(t, k)
		if n := openFiles(t, dir); n != 0 {
			t.Errorf("%d descriptors are still open", n)
		}
	})
}
