//go:build amd64 || arm64

package work

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["fallocate"] = map[string]string{"size": "4096", "length": "16384"} }

// The file's blocks, as fstat counts them: half-way through a pass, and after
// it.
func TestFallocate(t *testing.T) {
	eachLevel(t, "fallocate", func(t *testing.T, level string) {
		kind, _ := Lookup("fallocate")
		ps, err := kind.Parse(map[string]string{"size": "64KiB", "length": "600KiB", "level": level})
		if err != nil {
			t.Fatal(err)
		}
		k, err := kind.New(ps, Env{Slots: 1, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer closeKernel(t, k)
		var missing Unavailable
		if err := k.(Preparer).Prepare(t.Context(), 0); errors.As(err, &missing) {
			t.Skip(err)
		}
		f := workerOf[fallocating](k, 0)
		for want := range map[int64]bool{3: true, 7: true} {
			done, err := k.(*batches).workers[0].loop(want)
			if err != nil || done != want {
				t.Fatalf("%d calls: %d, %v", want, done, err)
			}
			var stat unix.Stat_t
			if err := unix.Fstat(int(f.fd), &stat); err != nil || stat.Size != f.at || stat.Blocks*512 < stat.Size {
				t.Errorf("after %d calls: %d bytes in %d blocks, %v", want, stat.Size, stat.Blocks, err)
			}
			if _, err := k.(*batches).workers[0].loop(10 - want); err != nil {
				t.Fatal(err)
			}
			if err := unix.Fstat(int(f.fd), &stat); err != nil || stat.Size != 0 {
				t.Errorf("after a pass: %d bytes, %v", stat.Size, err)
			}
		}
		runItems(t, k, 3, 10)
	})
}
