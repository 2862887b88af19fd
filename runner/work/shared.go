package work

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"
)

// wordsOf returns shared memory as 64-bit words. What lies behind the last
// whole one is left out.
func wordsOf(memory []byte) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(memory))), len(memory)/8)
}

// sharedMeeting is how long workers that prepare wait for each other.
const sharedMeeting = 5 * time.Minute

// meetAll returns when all workers of the trial have come to it in Prepare, each once.
// They count themselves in a word of the memory that they share.
func meetAll(ctx context.Context, count *uint64, workers int) error {
	come := atomic.AddUint64(count, 1)
	for end := time.Now().Add(sharedMeeting); come < uint64(workers); come = atomic.LoadUint64(count) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Microsecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("wait for all workers to touch shared memory: after %v %d of %d had", sharedMeeting, come, workers)
		}
	}
	return nil
}

// mapIn reads a word of each page, so that this process has mapped them before it
// works. The loads are atomic because those are never left out.
func mapIn(words []uint64) {
	for at := 0; at < len(words); at += os.Getpagesize() / 8 {
		atomic.LoadUint64(&words[at])
	}
}
