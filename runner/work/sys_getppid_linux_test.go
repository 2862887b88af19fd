//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func init() { cheap["getppid"] = map[string]string{"batch": "8"} }

func TestGetppid(t *testing.T) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	eachLevel(t, "getppid", func(t *testing.T, level string) {
		k := newKernel(t, "getppid", map[string]string{"batch": "10", "level": level}, Env{Slots: 1})
		runItems(t, k, 3, 10)
		g := workerOf[getppid](k, 0)
		if line := fmt.Sprintf("\nPPid:\t%d\n", g.parent); !strings.Contains(string(status), line) {
			t.Errorf("the kernel says otherwise than %q", line)
		}
		g.parent++
		if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil {
			t.Error("another parent was accepted")
		}
	})
}
