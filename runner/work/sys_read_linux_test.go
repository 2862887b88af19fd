//go:build amd64 || arm64

package work

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["read"] = map[string]string{"size": "1000", "length": "7777", "file": "shared"} }

func TestRead(t *testing.T) {
	eachLevel(t, "read", func(t *testing.T, level string) {
		for _, file := range []string{"private", "shared"} {
			k := newKernel(t, "read", map[string]string{"size": "1000", "length": "7777", "level": level, "file": file}, Env{Slots: 1, Dir: t.TempDir()})
			runItems(t, k, 3, 9)
			// Half a pass, and the kernel's own note of where the file is.
			r := workerOf[reading](k, 0)
			if done, err := k.(*batches).workers[0].loop(3); done != 3 || err != nil || fdinfo(t, r.fd)["pos"] != "3000" {
				t.Errorf("%s: three reads of 1000 bytes: %d, %v, at %s", file, done, err, fdinfo(t, r.fd)["pos"])
			}
		}
	})
}

// What was read is looked at: a byte changed in the shared file, and a file cut
// short, are both found out.
func TestReadLooksAtTheBytes(t *testing.T) {
	eachLevel(t, "read", func(t *testing.T, level string) {
		for what, spoil := range map[string]func(*os.File) error{
			"a byte": func(f *os.File) error { _, err := f.WriteAt([]byte{^patternAt(3000)}, 3000); return err },
			"a cut":  func(f *os.File) error { return f.Truncate(4500) },
		} {
			dir := t.TempDir()
			k := newKernel(t, "read", map[string]string{"size": "1000", "length": "7777", "level": level, "file": "shared"}, Env{Slots: 1, Dir: dir})
			file, err := os.OpenFile(filepath.Join(dir, "read-shared"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if err := spoil(file); err != nil {
				t.Fatal(err)
			}
			if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil || !strings.Contains(err.Error(), "changed the file") {
				t.Errorf("%s: got %v", what, err)
			}
		}
	})
}

func TestReadDirect(t *testing.T) {
	kind, _ := Lookup("read")
	ps, err := kind.Parse(map[string]string{"direct": "true", "length": "64KiB"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kind.New(ps, Env{Slots: 1, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer closeKernel(t, k)
	var missing Unavailable
	switch err := k.(Preparer).Prepare(t.Context(), 0); {
	case errors.As(err, &missing):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	text := fdinfo(t, workerOf[reading](k, 0).fd)["flags"]
	if flags, err := strconv.ParseInt(text, 8, 64); err != nil || flags&unix.O_DIRECT == 0 {
		t.Errorf("the file is open with flags %s, without O_DIRECT: %v", text, err)
	}
	runItems(t, k, 2, 17)
	ps["size"] = "1000"
	if _, err := kind.New(ps, Env{Slots: 1, Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "multiples of 4096") {
		t.Errorf("direct reads of 1000 bytes: %v", err)
	}
}
