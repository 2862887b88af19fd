package host

import (
	"errors"
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

// remedy says what to do about a limit of the system that an error ran into.
func remedy(err error) string {
	switch {
	case errors.Is(err, unix.EMFILE):
		return ": raise the limit of open files (ulimit -n)"
	case errors.Is(err, unix.ENFILE):
		return ": raise the system's limit of open files (sysctl fs.file-max)"
	case errors.Is(err, unix.EAGAIN):
		return ": raise the limit of processes and threads (ulimit -u, or the pids limit of the container)"
	case errors.Is(err, unix.ENOMEM):
		return ": free memory, or allow the system to overcommit it"
	}
	return ""
}

// lastWords finds the line in which a Go program says why it dies.
func lastWords(output string) string {
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// lastLine finds the last line of what a program prints: most say there why they die.
func lastLine(output string) string {
	output = strings.TrimRight(output, "\r\n\t ")
	line := strings.TrimSpace(output[strings.LastIndexByte(output, '\n')+1:])
	if runes := []rune(line); len(runes) > 300 {
		line = string(runes[:297]) + "..."
	}
	return line
}

// isOutOfMemory tells whether a program's last words say that it could get no
// more memory.
func isOutOfMemory(words string) bool {
	return strings.Contains(words, "out of memory") || strings.Contains(words, "cannot allocate memory")
}
