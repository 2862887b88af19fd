//go:build amd64 || arm64

package work

import (
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["poll"] = map[string]string{"batch": "8", "fds": "3"} }

func TestPoll(t *testing.T) {
	eachLevel(t, "poll", func(t *testing.T, level string) {
		dir := t.TempDir()
		k := newKernel(t, "poll", map[string]string{"batch": "10", "level": level, "fds": "130"}, Env{Slots: 1, Dir: dir})
		if n := openFiles(t, dir); n != 130 {
			t.Errorf("%d files are open", n)
		}
		runItems(t, k, 3, 10)
		p := workerOf[polling](k, 0)
		for i, entry := range p.list {
			if entry.Fd != p.fds[i] || entry.Revents != unix.POLLOUT {
				t.Fatalf("entry %d came back as %+v", i, entry)
			}
		}
		// A descriptor that is ready only to be read makes the answer wrong.
		epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(epoll)
		was := p.fds[7]
		p.fds[7] = int32(epoll)
		if _, err := k.Do(t.Context(), Task{Hi: 1}); err == nil {
			t.Error("a descriptor that is not ready was taken for one that is")
		}
		p.fds[7] = was
		closeKernel(t, k)
		if n := openFiles(t, dir); n != 0 {
			t.Errorf("%d files are still open", n)
		}
	})
}
