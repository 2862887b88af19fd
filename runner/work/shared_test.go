package work

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// Nobody may leave before the last has come.
func TestMeet(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		var count uint64
		var come atomic.Int64
		var meeting sync.WaitGroup
		for range workers {
			meeting.Go(func() {
				come.Add(1)
				if err := meetAll(t.Context(), &count, workers); err != nil {
					t.Error(err)
				}
				if n := come.Load(); n != int64(workers) {
					t.Errorf("one left when %d of %d had come", n, workers)
				}
			})
		}
		meeting.Wait()
	}
}

func TestMeetEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var count uint64
	go func() { ended <- meetAll(ctx, &count, 2) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a worker whose partner never came ended with %v", err)
	}
}
