package work

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// openBareImage puts the bare image into memory that can be executed.
func openBareImage() (*os.File, error) {
	content, err := bareImage(runtime.GOARCH)
	if err != nil {
		return nil, Unavailable{Reason: err.Error()}
	}
	fd, err := unix.MemfdCreate("forklore-bare", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3 all such memory was executable
		fd, err = unix.MemfdCreate("forklore-bare", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return nil, Unavailable{Reason: fmt.Sprintf("make memory that can be executed (memfd_create): %v: sysctl vm.memfd_noexec must be 0 or 1", err)}
	}
	file := os.NewFile(uintptr(fd), "bare image")
	if _, err := file.Write(content); err != nil {
		return nil, errors.Join(fmt.Errorf("write the bare image: %w", err), file.Close())
	}
	return file, nil
}

// pathOf names an open file of this process, for exec.
func pathOf(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }
