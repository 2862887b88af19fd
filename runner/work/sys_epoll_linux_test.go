//go:build amd64 || arm64

package work

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["epoll"] = map[string]string{"batch": "8", "fds": "3"} }

func TestEpoll(t *testing.T) {
	eachLevel(t, "epoll", func(t *testing.T, level string) {
		for _, call := range []string{"wait", "ctl"} {
			for ready, events := range map[string]int{"none": 0, "one": 1, "all": 9} {
				raw := map[string]string{"batch": "10", "level": level, "fds": "9", "ready": ready, "call": call}
				k := newKernel(t, "epoll", raw, Env{Slots: 1})
				runItems(t, k, 3, 10)
				e := workerOf[epoll](k, 0)
				if n := watched(t, e.fd); n != 9 {
					t.Errorf("%s: the kernel watches %d descriptors, want 9", call, n)
				}
				if n, err := unix.EpollWait(e.fd, make([]unix.EpollEvent, 20), 0); n != events || err != nil {
					t.Errorf("%s, %s ready: %d events, %v", call, ready, n, err)
				}
			}
		}
		k := newKernel(t, "epoll", map[string]string{"batch": "10", "level": level, "fds": "9"}, Env{Slots: 1})
		if _, err := unix.Write(workerOf[epoll](k, 0).fds[5], []byte{1, 0, 0, 0, 0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil {
			t.Error("one event too many was not seen")
		}
	})
}

// watched counts the descriptors that an epoll descriptor watches, as the
// kernel lists them.
func watched(t *testing.T, fd int) int {
	t.Helper()
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(info), "tfd:")
}
