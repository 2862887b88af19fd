//go:build amd64 || arm64

package work

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["eventfd"] = map[string]string{"batch": "8"} }

func TestEventfd(t *testing.T) {
	eachLevel(t, "eventfd", func(t *testing.T, level string) {
		k := newKernel(t, "eventfd", map[string]string{"batch": "10", "level": level}, Env{Slots: 1})
		runItems(t, k, 3, 10)
		e := workerOf[eventfd](k, 0)
		if count := fdinfo(t, e.fd)["eventfd-count"]; strings.Trim(count, " 0") != "" {
			t.Errorf("the counter is at %s", count)
		}
		if _, err := unix.Write(int(e.fd), e.put[:]); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil || !strings.Contains(err.Error(), "not 1") {
			t.Errorf("a counter that another has raised: %v", err)
		}
	})
}
