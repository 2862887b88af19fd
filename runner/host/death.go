package host

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

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

// isEcho tells whether an error is that of a channel whose other end was closed.
func isEcho(err error) bool {
	for _, closed := range []error{io.EOF, io.ErrUnexpectedEOF, unix.EPIPE, unix.ECONNRESET} {
		if errors.Is(err, closed) {
			return true
		}
	}
	return false
}

// echoPatience is how long a host looks for the cause of a worker's complaint that
// another one is gone: until that one is reaped.
const echoPatience = time.Second

// cause returns the first of faults that explains an echo: that of a worker which has
// not complained itself. Where none comes in time the echo is all there is to tell.
func cause(echo *Fault, faults <-chan *Fault) *Fault {
	complained := map[int]bool{echo.PID: true}
	for limit := time.After(echoPatience); ; {
		select {
		case f := <-faults:
			if !f.Echo && !complained[f.PID] {
				return f
			}
			complained[f.PID] = true
		case <-limit:
			return echo
		}
	}
}

// noThread is what Go's runtime dies with when the system gives it no more threads.
const noThread = "fatal error: newosproc"

// lastWords finds the line in which a Go program says why it dies. One without an end is still on its way: the runtime
// writes it piece by piece.
func lastWords(output string) string {
	for line := range strings.Lines(output) {
		dies := strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
		if dies && strings.HasSuffix(line, "\n") {
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
