package work

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const siblingRole = "sibling"

func init() { roles[siblingRole] = beSibling }

// Parts that a process plays.
const (
	partProber = "prober"
	partVictim = "victim"
	partBoth   = "both"
)

// First words of an answer.
const (
	answerData  = "data"  // and what was read, in hexadecimal
	answerDone  = "done"  // it was done
	answerErrno = "errno" // and its number: the kernel refused
	answerLacks = "lacks" // and why it cannot be tested here
	answerError = "error" // and what went wrong that must not
)

// beSibling is the life of the process that plays workers: args are its parts, whether each keeps a
// thread of its own, whether the process is not to be dumpable, and a secret. Each part is a goroutine
// that answers lines on descriptors of its own; when no more can come, the process ends.
func beSibling(args []string) int {
	if len(args) != 4 {
		fmt.Fprintln(os.Stderr, "sibling is what the workload isolation starts trialhost as; see forklore --help")
		return 2
	}
	_ = os.WriteFile("/proc/self/comm", []byte("trialhost"), 0) // not exe, for those who look at a list of processes
	if args[2] == "true" {
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
			fmt.Fprintln(os.Stderr, "sibling: prctl(PR_SET_DUMPABLE, 0):", err)
			return 1
		}
	}
	own := &victim{argument: args[3]}
	if args[0] != partProber {
		if err := own.prepare(); err != nil {
			fmt.Fprintln(os.Stderr, "sibling:", err)
			return 1
		}
	}
	parts := map[string][]func([]string) string{
		partProber: {(&prober{}).answer}, partVictim: {own.answer}, partBoth: {(&prober{}).answer, own.answer},
	}[args[0]]
	codes := make(chan int, len(parts))
	for i, answer := range parts {
		in, out := 0, 1
		if i > 0 {
			in, out = 3, 4
		}
		go func() {
			codes <- converse(os.NewFile(uintptr(in), "requests"), os.NewFile(uintptr(out), "answers"), args[1] == "true", answer)
		}()
	}
	return <-codes
}

func converse(in io.Reader, out io.Writer, locked bool, answer func([]string) string) int {
	if locked {
		runtime.LockOSThread()
	}
	debug.SetPanicOnFault(true) // an address that this process does not have is an answer, not its end
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if _, err := io.WriteString(out, answer(strings.Fields(lines.Text()))+"\n"); err != nil {
			return 1
		}
	}
	return 0
}

// victim holds the secrets.
type victim struct {
	argument string
	page     []byte // the secret is at its start
	memfd    int
	crowd    crowd
}

// prepare makes the places where secrets lie.
func (v *victim) prepare() error {
	var err error
	if v.page, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		return fmt.Errorf("map a page for the secret: %w", err)
	}
	if v.memfd, err = unix.MemfdCreate("secret", unix.MFD_CLOEXEC); err != nil {
		return fmt.Errorf("open a file for the secret: %w", err)
	}
	return nil
}

func (v *victim) answer(request []string) string {
	if len(request) > 0 && request[0] == "start" {
		return withLimit(request, v.crowd.one)
	}
	switch strings.Join(request, " ") {
	case "renew":
		return v.renew()
	case "show":
		return fmt.Sprintf("%s %x", answerData, v.page[:secretSize])
	case "open":
		fd, err := unix.Dup(0)
		if err != nil {
			return failed(err)
		}
		return finished(unix.Close(fd))
	case "allocate":
		page, err := reserve()
		if err != nil {
			return failed(err)
		}
		return finished(unix.MunmapPtr(page, allocation))
	case "tasks":
		return tasksOfUser()
	}
	return fmt.Sprintf("%s unknown request %q", answerError, request)
}

// renew makes a new secret, the same in memory and in the file, and tells everything.
func (v *victim) renew() string {
	secret := v.page[:secretSize]
	if _, err := unix.Getrandom(secret, 0); err != nil {
		return answerError + " make a secret: " + err.Error()
	}
	if _, err := unix.Pwrite(v.memfd, secret, 0); err != nil {
		return answerError + " write the secret: " + err.Error()
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		return answerError + " prctl(PR_GET_DUMPABLE): " + err.Error()
	}
	return fmt.Sprintf("%s %d %d %d %d %d %x %s %s", answerData, os.Getpid(), unix.Getuid(), dumpable, v.memfd,
		uintptr(unsafe.Pointer(&v.page[0])), secret, os.Getenv(canaryName), v.argument)
}

// failed is the answer of a system call that the kernel refused.
func failed(err error) string {
	if errno, ok := err.(unix.Errno); ok {
		return fmt.Sprintf("%s %d", answerErrno, int(errno))
	}
	return answerError + " " + err.Error()
}

func finished(err error) string {
	if err != nil {
		return failed(err)
	}
	return answerDone
}
