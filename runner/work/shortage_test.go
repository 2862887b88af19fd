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
