//go:build !linux

package work

import (
	"context"
	"time"
)

// pause lets a worker wait on a timer of Go's runtime.
type pause struct{ timer *time.Timer }

func newPause() (*pause, error) {
	p := &pause{timer: time.NewTimer(time.Hour)}
	p.timer.Stop()
	return p, nil
}

// sleep waits for d or for the end of ctx, whichever comes first.
func (p *pause) sleep(ctx context.Context, d time.Duration) error {
	p.timer.Reset(d)
	select {
	case <-p.timer.C:
		return nil
	case <-ctx.Done():
		p.timer.Stop()
		return ctx.Err()
	}
}

func (p *pause) close() error { return nil }
