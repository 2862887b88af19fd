//go:build amd64 || arm64

package work

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

func init() { cheap["mmap"] = map[string]string{"batch": "8", "of": "file"} }

// A mapping that stayed would show in the size of the address space; one of a
// file also by its name.
func TestMmap(t *testing.T) {
	eachLevel(t, "mmap", func(t *testing.T, level string) {
		for _, sharing := range []string{"private", "shared"} {
			for _, of := range []string{"anonymous", "file"} {
				dir := t.TempDir()
				raw := map[string]string{"batch": "10", "level": level, "of": of, "sharing": sharing, "size": "1GiB"}
				k := newKernel(t, "mmap", raw, Env{Slots: 1, Dir: dir})
				before := addressSpace(t)
				runItems(t, k, 3, 10)
				if grown := addressSpace(t) - before; grown >= 1<<20 {
					t.Errorf("%s %s: the address space has grown by %d KiB", of, sharing, grown)
				}
				if maps, _ := os.ReadFile("/proc/self/maps"); strings.Contains(string(maps), dir) {
					t.Errorf("%s %s: the file is still mapped", of, sharing)
				}
			}
		}
	})
}

// addressSpace returns what the process has mapped, in KiB.
func addressSpace(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nVmSize:")
	return must(strconv.Atoi(strings.Fields(rest)[0]))("size of the address space")
}
