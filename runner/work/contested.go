package work

import (
	"fmt"
	"unsafe"
)

// lineSize is the room of what must not share a cache line with anything else:
// two lines of 64, since the prefetcher fetches pairs, or one of 128.
const lineSize = 128

// contested is memory that all workers of a trial see, zeroed: what they contend
// for, then a line for each worker. Where all are in one process it is in
// the heap, else it is in the trial's shared pages.
type contested struct {
	mem   []byte
	lines []workerLine // by rank
	rank  int          // of this process's first worker
}

// workerLine is one worker's own, though others may read it when it rests.
type workerLine struct {
	done uint64 // operations it has done on what all share
	_    [lineSize - 8]byte
}

// contestedSize returns how many bytes the contested memory of so many workers takes.
func contestedSize(contended int64, workers int) int64 {
	return roundUpTo(contended, lineSize) + int64(workers)*lineSize
}

func roundUpTo(n, unit int64) int64 { return (n + unit - 1) / unit * unit }

// newContested returns memory with so many bytes to contend for, in shared pages where
// there are several processes, or where that is asked for.
func newContested(name string, env Env, contended int64, shared bool) (contested, error) {
	workers := max(env.Workers, env.Rank+env.Slots)
	size := contestedSize(contended, workers)
	c := contested{rank: env.Rank}
	switch {
	case !shared && env.Processes == 0:
		c.mem = pageAligned(size)
	case int64(len(env.Shared)) < size:
		return c, fmt.Errorf("%s: %d workers need %d bytes of shared memory; the trial has %d", name, workers, size, len(env.Shared))
	default:
		c.mem = env.Shared[:size:size]
		mapIn(wordsOf(c.mem)) // here, before the gate
	}
	c.lines = unsafe.Slice(viewOf[workerLine](c.mem, roundUpTo(contended, lineSize)), workers)
	return c, nil
}

// pageAligned returns zeroed memory of the heap that lies to pages as shared memory
// does. What is placed in it must hold no pointers: the garbage collector
// does not look into it.
func pageAligned(size int64) []byte {
	const page = 4096
	buffer := make([]byte, size+page)
	skip := -uintptr(unsafe.Pointer(&buffer[0])) % page
	return buffer[skip : int64(skip)+size : int64(skip)+size]
}

// place returns the T that lies at an offset of mem.
func viewOf[T any](mem []byte, at int64) *T {
	room := mem[at:]
	return (*T)(unsafe.Pointer(&room[:unsafe.Sizeof(*new(T))][0]))
}

// worker returns the line of one of this process's workers.
func (c *contested) worker(slot int) *workerLine { return &c.lines[c.rank+slot] }

// done returns how many operations the workers of the whole trial have done. They
// must be at rest.
func (c *contested) done() uint64 {
	var sum uint64
	for i := range c.lines {
		sum += c.lines[i].done
	}
	return sum
}

// close lets check look at the memory once, then forgets it: the host may unmap shared
// pages.
func (c *contested) close(check func() error) error {
	if c.mem == nil {
		return nil
	}
	err := check()
	c.mem, c.lines = nil, nil
	return err
}

// acrossProcesses reports whether the workers of a layout are in processes of their own.
func acrossProcesses(l Layout) bool { return l.Model == "processes" || l.Model == "hybrid" }

// formParam chooses between what Go offers within a process and what works across
// several. Only the second exists in every model: with it, models differ in
// nothing but the layout of their workers.
var formParam = Param{Name: "form", Type: "choice", Default: "native", Choices: []string{"native", "shared"},
	Doc: "native: Go's own where all workers are in one process, else the form in shared pages; shared: that one in every model"}

// sharedForm reports whether a kernel uses the form in shared pages.
func sharedForm(ps Params, env Env) bool { return env.Processes > 0 || ps.String("form") == "shared" }

// refuseFutex refuses layouts that need futexes where there are none.
func refuseFutex(ps Params, l Layout) string {
	if !hasFutex && (acrossProcesses(l) || ps.String("form") == "shared") {
		return "the form in shared pages waits in futexes, which only Linux has"
	}
	return ""
}

// needFutex is refuseFutex for those who did not ask.
func needFutex(name string, shared bool) error {
	if shared && !hasFutex {
		return Unavailable{Reason: name + ": the form in shared pages waits in futexes, which only Linux has; use form: native in one process"}
	}
	return nil
}
