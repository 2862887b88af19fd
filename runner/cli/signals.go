package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// interrupts turns Ctrl-C into two steps: the first closes stop, the second
// ends the context. A terminal that closes, and a reader of our output that goes away,
// cost a run nothing but what they would have shown. done gives the signals back.
func interrupts(parent context.Context, stderr io.Writer) (ctx context.Context, stop <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	broken := make(chan os.Signal, 1) // nobody looks: writing fails then, and that is all
	signal.Notify(broken, syscall.SIGPIPE)
	halt, ended := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-signals:
		case <-ended:
			return
		}
		fmt.Fprintln(stderr, "\nfinishing the trial at hand; again to kill it")
		close(halt)
		select {
		case <-signals:
			fmt.Fprintln(stderr, "\nkilling the trial")
			cancel()
			signal.Stop(signals) // a third one ends the runner on the spot
		case <-ended:
		}
	}()
	return ctx, halt, func() {
		signal.Stop(signals)
		signal.Stop(broken)
		close(ended)
		cancel()
	}
}
