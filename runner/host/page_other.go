//go:build !linux

package host

import (
	"os"
	"sync/atomic"
	"time"
)

func sharedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "forklore-page-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// sleepWhile returns after a while: whoever called looks again.
func sleepWhile(*atomic.Uint32, uint32) { time.Sleep(10 * time.Millisecond) }

func wakeAll(*atomic.Uint32) {}
