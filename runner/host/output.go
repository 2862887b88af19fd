package host

import (
	"fmt"
	"hash"
	"os"
	"sync"
	"time"
)

// How much of what a trial prints is kept.
const (
	headBytes = 16 << 10
	tailBytes = 48 << 10
)

// output keeps the head and the tail of what a tree prints. It always reads
// on, so that a workload that floods its stdout is never blocked by us.
type output struct {
	mu    sync.Mutex
	head  []byte
	tail  []byte
	total int64
	sum   hash.Hash // of all of it; nil where nobody asks
	done  chan struct{}
}

func newOutput() *output { return &output{done: make(chan struct{})} }

// copy reads until every process that holds the other end is gone.
func (o *output) copy(f *os.File) {
	defer close(o.done)
	defer f.Close()
	buf := make([]byte, 8<<10)
	for {
		n, err := f.Read(buf)
		o.add(buf[:n])
		if err != nil {
			return
		}
	}
}

func (o *output) add(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total += int64(len(b))
	if o.sum != nil {
		o.sum.Write(b)
	}
	if room := headBytes - len(o.head); room > 0 {
		k := min(room, len(b))
		o.head = append(o.head, b[:k]...)
		b = b[k:]
	}
	o.tail = append(o.tail, b...)
	if len(o.tail) > 2*tailBytes {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-tailBytes:]...)
	}
}

// text returns what was kept, with a line where something was left out.
func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	tail := o.tail
	if len(tail) > tailBytes {
		tail = tail[len(tail)-tailBytes:]
	}
	if cut := o.total - int64(len(o.head)) - int64(len(tail)); cut > 0 {
		return fmt.Sprintf("%s\n[%d bytes left out]\n%s", o.head, cut, tail)
	}
	return string(o.head) + string(tail)
}

// wait returns once every process that holds the other end is gone, or after
// a second: one that is out of our reach may hold it.
func (o *output) wait() {
	select {
	case <-o.done:
	case <-time.After(time.Second):
	}
}

// settled applies find to the output until it finds something, the output
// ends, or a second has passed: a dying program's last words travel through a
// pipe while its death is already known.
func (o *output) settled(find func(string) string) string {
	limit := time.After(time.Second)
	for {
		if found := find(o.text()); found != "" {
			return found
		}
		select {
		case <-o.done:
			return find(o.text())
		case <-limit:
			return find(o.text())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
