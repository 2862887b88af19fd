package work

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestShortageNamesLimitValueAndRemedy(t *testing.T) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		err  error
		want []string
	}{
		{unix.EMFILE, []string{"make a pipe: too many open files", fmt.Sprintf("RLIMIT_NOFILE is %d", files.Cur), "ulimit -n"}},
		{unix.ENFILE, []string{"fs.file-max is ", "sysctl"}},
		{unix.EFBIG, []string{"RLIMIT_FSIZE is ", "ulimit -f"}},
		{unix.ENOSPC, []string{"no space left", "--results"}},
		{unix.ENOMEM, []string{"RLIMIT_AS is ", "vm.max_map_count ", "smaller size"}},
	} {
		for _, explain := range []func(error) error{Shortage, StartShortage} {
			err := explain(fmt.Errorf("make a pipe: %w", test.err))
			if !errors.As(err, &Unavailable{}) {
				t.Fatalf("%v is no shortage", err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
			if again := explain(err); again.Error() != err.Error() {
				t.Errorf("explained twice: %v", again)
			}
		}
	}
}

// EAGAIN is a limit where something is started; elsewhere it says many things.
func TestShortageLeavesOthersAlone(t *testing.T) {
	for _, err := range []error{nil, unix.ENOENT, unix.EAGAIN, errors.New("a bug")} {
		if got := Shortage(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	if err := StartShortage(unix.EAGAIN); !errors.As(err, &Unavailable{}) || !strings.Contains(err.Error(), "limits on processes") {
		t.Errorf("got %v", err)
	}
}

// A limit that is set is told, and one that is not is not.
func TestMemoryLimits(t *testing.T) {
	const most = 1 << 50 // bytes: more than any process has
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &was); err != nil {
		t.Fatal(err)
	}
	if was.Max != unix.RLIM_INFINITY {
		t.Skip("RLIMIT_DATA cannot be set as high as the test takes")
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_DATA, &was); err != nil {
			t.Error(err)
		}
	}()
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	set := fmt.Sprintf("RLIMIT_DATA is %d bytes (raise it with ulimit -d", int64(most))
	if got := MemoryLimits(); !strings.Contains(got, set) || strings.Contains(got, "unlimited") {
		t.Errorf("got %q, want %q in it", got, set)
	}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	if got := MemoryLimits(); strings.Contains(got, "RLIMIT_DATA") {
		t.Errorf("no limit is set, and it says %q", got)
	}
}
