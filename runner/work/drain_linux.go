package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// drain is what the prober has used up, to the last of a limit that it lowered first: the limit is of its
// process, and the machine is none the poorer.
type drain struct {
	fds   []int
	page  [2 * addressRoom / allocation]unsafe.Pointer
	pages int // of page, that are used up

	which int // limit that is lowered, if lowered
	limit unix.Rlimit
	low   bool
}

func (s *drain) lower(which int, to uint64) error {
	if err := unix.Getrlimit(which, &s.limit); err != nil {
		return err
	}
	if to > s.limit.Cur {
		return fmt.Errorf("it is %d, less than the %d that the probe takes", s.limit.Cur, to)
	}
	s.which, s.low = which, true
	return unix.Setrlimit(which, &unix.Rlimit{Cur: to, Max: s.limit.Max})
}

// fewDescriptors is what RLIMIT_NOFILE is lowered to.
const fewDescriptors = 64

func (s *drain) descriptors() string {
	if err := s.lower(unix.RLIMIT_NOFILE, fewDescriptors); err != nil {
		return answerLacks + " RLIMIT_NOFILE cannot be lowered: " + err.Error()
	}
	for range fewDescriptors + 1 {
		fd, err := unix.Dup(0)
		if err == unix.EMFILE {
			return answerDone
		}
		if err != nil {
			return answerError + " use up descriptors: " + err.Error()
		}
		s.fds = append(s.fds, fd)
	}
	return answerLacks + " RLIMIT_NOFILE is not enforced"
}

// memory uses up the address space but for three quarters of an allocation: whenever Go's heap outgrows what
// it has, its runtime reserves 64 MiB more, and ends the process if it gets none. For the same reason nothing
// is allocated here. Nothing is touched, so no memory of the machine is used.
func (s *drain) memory() string {
	size, err := ownAddressSpace()
	if err != nil {
		return answerLacks + " " + err.Error()
	}
	if err := s.lower(unix.RLIMIT_AS, size+addressRoom+allocation*3/4); err != nil {
		return answerLacks + " RLIMIT_AS cannot be lowered: " + err.Error()
	}
	for s.pages < len(s.page) {
		page, err := reserve()
		if err == unix.ENOMEM {
			return answerDone
		}
		if err != nil {
			return answerError + " use up memory: " + err.Error()
		}
		s.page[s.pages] = page
		s.pages++
	}
	return answerLacks + " RLIMIT_AS is not enforced"
}

const (
	allocation  = 256 << 20      // bytes of address space that the sibling asks for, and the prober at a time
	addressRoom = 4 * allocation // what RLIMIT_AS leaves the prober to use up
)

// reserve takes an allocation of address space, and no memory.
func reserve() (unsafe.Pointer, error) {
	return unix.MmapPtr(-1, 0, nil, allocation, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
}

// ownAddressSpace is the size of this process's, in bytes.
func ownAddressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("/proc/self/statm cannot be read: %w", err)
	}
	pages, _, _ := bytes.Cut(text, []byte(" "))
	n, err := strconv.ParseUint(string(pages), 10, 64)
	return n * uint64(os.Getpagesize()), err
}

func (s *drain) giveBack() error {
	var faults []error
	for _, fd := range s.fds {
		faults = append(faults, unix.Close(fd))
	}
	for _, page := range s.page[:s.pages] {
		faults = append(faults, unix.MunmapPtr(page, allocation))
	}
	s.fds, s.pages = s.fds[:0], 0
	if s.low {
		s.low = false
		faults = append(faults, unix.Setrlimit(s.which, &s.limit))
	}
	return errors.Join(faults...)
}
