package host

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// describeDeath says in words how a process ended that should have gone on.
func describeDeath(ws syscall.WaitStatus) string {
	switch {
	case ws.Signaled():
		return "was killed by " + unix.SignalName(ws.Signal())
	default:
		return fmt.Sprintf("exited with code %d", ws.ExitStatus())
	}
}

// noThread is what Go's runtime dies with when the system gives it no more threads.
const noThread = "fatal error: newosproc"

// lastWords finds the line in which a Go program says why it dies.
func lastWords(output string) string {
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// isOutOfMemory tells whether a program's last words say that it could get no
// more memory.
func isOutOfMemory(words string) bool {
	return strings.Contains(words, "out of memory") || strings.Contains(words, "cannot allocate memory")
}
