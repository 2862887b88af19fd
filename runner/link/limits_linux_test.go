package link

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// lower sets a limit of this process for the rest of the test.
func lower(t *testing.T, resource int, to uint64) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		t.Fatal(err)
	}
	was := limit
	limit.Cur = to
	if err := unix.Setrlimit(resource, &limit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(resource, &was); err != nil {
			t.Error(err)
		}
	})
}

// unavailable checks that a plan is refused for a limit, with its value.
func unavailable(t *testing.T, p Plan, ranks int, words ...string) {
	t.Helper()
	f, err := Open(p, ranks, t.TempDir())
	if err == nil {
		t.Fatal(errors.Join(errors.New("there was no limit"), f.Close()))
	}
	if u := (Unavailable{}); !errors.As(err, &u) {
		t.Fatalf("%v is not Unavailable", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v does not say %q", err, w)
		}
	}
}

// Too many descriptors are a limit that is named, and those already open are
// given back.
func TestTooFewDescriptors(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		if !k.Across {
			t.Skip("takes no descriptors")
		}
		open := descriptors(t)
		t.Run("lowered", func(t *testing.T) {
			limit := uint64(open + 20)
			lower(t, unix.RLIMIT_NOFILE, limit)
			unavailable(t, Plan{Link: k.Name, Pairs: chained(30), Max: 1}, 30, "ulimit -n", strconv.FormatUint(limit, 10))
		})
		if after := descriptors(t); after != open {
			t.Errorf("%d descriptors, %d before", after, open)
		}
	})
}

func TestMqueueLimits(t *testing.T) {
	plan := Plan{Link: "mqueue", Pairs: chained(2), Max: 8192}
	if err := open(t, plan, 2).Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("bytes of a user", func(t *testing.T) {
		lower(t, unix.RLIMIT_MSGQUEUE, 10000)
		unavailable(t, plan, 2, "RLIMIT_MSGQUEUE is 10000", "ulimit -q", "131072 bytes")
	})
	t.Run("bytes of a message", func(t *testing.T) {
		plan.Max = 32 << 20 // more than anyone may have
		unavailable(t, plan, 2, "fs.mqueue.msgsize_max is "+setting("/proc/sys/fs/mqueue/msgsize_max"))
	})
}

func TestSysvLimits(t *testing.T) {
	most, err := strconv.Atoi(setting("/proc/sys/kernel/msgmax"))
	if err != nil {
		t.Skip(err)
	}
	unavailable(t, Plan{Link: "sysv_mq", Pairs: chained(2), Max: most + 1}, 2, "kernel.msgmax is "+strconv.Itoa(most))
	f, err := Open(Plan{Link: "sysv_mq", Pairs: chained(30), Max: 8000}, 30, "")
	if u := (Unavailable{}); errors.As(err, &u) {
		if !strings.Contains(err.Error(), "kernel.msgmnb") {
			t.Errorf("%v does not say which limit", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // with CAP_SYS_RESOURCE
		t.Error(err)
	}
}

// A process gets the descriptors of its own ranks' channels and of no others;
// no program that it starts does; and the worker's own calls block.
func TestDescriptorsAreOwnBlockingAndClosedOnExec(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		if !k.Across {
			t.Skip("takes no descriptors")
		}
		f := open(t, Plan{Link: k.Name, Pairs: chained(3), Max: 10}, 3)
		inner := f.(*fabric)
		checkFlags(t, inner.lines)
		perLine := inner.width
		if !inner.duplex {
			perLine *= 2 // a line for each direction
		}
		for rank, neighbours := range []int{1, 2, 1} {
			s, err := f.Share(rank, rank+1)
			if err != nil {
				t.Fatal(err)
			}
			if want := neighbours * perLine; len(s.Files) != want {
				t.Errorf("rank %d inherits %d descriptors, want %d", rank, len(s.Files), want)
			}
			for _, file := range s.Files {
				checkFlag(t, int(file.Fd()))
			}
			j, err := Join(inner.plan, 3, rank, rank+1, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, fd := range j.(*joint).fds {
				checkFlag(t, fd)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func checkFlags(t *testing.T, lines []line) {
	t.Helper()
	for _, l := range lines {
		for _, fds := range l.fds {
			for _, fd := range fds {
				checkFlag(t, fd)
			}
		}
	}
}

func checkFlag(t *testing.T, fd int) {
	t.Helper()
	onExec, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || onExec&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d is not closed on exec (%v)", fd, err)
	}
	state, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || state&unix.O_NONBLOCK != 0 {
		t.Errorf("descriptor %d does not block (%v)", fd, err)
	}
}

// The kernel gives small pipes to a user who has many.
func TestSmallPipesAreRefused(t *testing.T) {
	r, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll([]int{r, w})
	if err := fullSize(r); err != nil {
		t.Errorf("a new pipe: %v", err)
	}
	if _, err := unix.FcntlInt(uintptr(r), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
		t.Skip(err)
	}
	if err := fullSize(r); err == nil || !strings.Contains(err.Error(), "fs.pipe-user-pages-soft = ") {
		t.Errorf("a pipe of one page: %v", err)
	}
}
