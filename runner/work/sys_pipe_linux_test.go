//go:build amd64 || arm64

package work

import (
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["pipe_self"] = map[string]string{"batch": "8"} }

func TestPipeSelf(t *testing.T) {
	eachLevel(t, "pipe_self", func(t *testing.T, level string) {
		for _, size := range []int{1, 2, 70000, 1 << 20} { // a pipe is made for 65536 bytes
			k := newKernel(t, "pipe_self", map[string]string{"batch": "10", "level": level, "size": itoa(size)}, Env{Slots: 1})
			runItems(t, k, 3, 10)
			p := workerOf[pipeSelf](k, 0)
			if waiting, err := unix.IoctlGetInt(int(p.out), unix.TIOCINQ); err != nil || waiting != 0 {
				t.Errorf("%d bytes: %d are left in the pipe, %v", size, waiting, err)
			}
		}
		k := newKernel(t, "pipe_self", map[string]string{"batch": "10", "level": level}, Env{Slots: 1})
		if _, err := unix.Write(int(workerOf[pipeSelf](k, 0).in), []byte{77}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil {
			t.Error("a byte that another has put into the pipe was taken for one's own")
		}
	})
}
