package host

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// mailbox is the host's end of the pipe through which all workers send their results. It reads
// on whatever the workers do, and writes what comes into the ledger. A nil mailbox is that
// of a trial without a pipe.
type mailbox struct {
	ledger *ledger
	in     *os.File // the workers' end: it blocks
	out    *os.File
	marks  chan uint64 // numbers of markers that were read
	sent   uint64
	unpack unpacker
}

func openMailbox(l *ledger) (*mailbox, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open the pipe of results: %w", err)
	}
	in.Fd() // makes it block, for all who hold it
	m := &mailbox{ledger: l, in: in, out: out, marks: make(chan uint64, 16)}
	go m.read()
	return m, nil
}

func (m *mailbox) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := m.out.Read(buf)
		for _, p := range m.unpack.feed(buf[:n]) {
			switch {
			case p.rank == marker:
				m.marks <- p.item
			case p.item < uint64(len(m.ledger.entries)):
				m.ledger.write(int64(p.item), p.sum)
			}
		}
		if err != nil {
			return
		}
	}
}

// flushPatience is how long the host waits for its own marker.
const flushPatience = 10 * time.Second

// flush returns when all is in the ledger that was sent before it was called.
func (m *mailbox) flush() error {
	if m == nil {
		return nil
	}
	m.sent++
	mark := parcel{rank: marker, item: m.sent}.encode()
	wrote := make(chan error, 1)
	go func() { // the pipe may be full until it is read
		_, err := m.in.Write(mark[:])
		wrote <- err
	}()
	for limit := time.After(flushPatience); ; {
		select {
		case err := <-wrote:
			if err != nil {
				return fmt.Errorf("mark the end of what was sent: %w", err)
			}
			wrote = nil
		case n := <-m.marks:
			if n == m.sent {
				return nil
			}
		case <-limit:
			return errors.New("the pipe of results was not read to its end in time")
		}
	}
}

// torn is how many parcels were cut short; call it after a flush.
func (m *mailbox) torn() int { return m.unpack.torn }

func (m *mailbox) close() {
	if m != nil {
		_ = m.in.Close()
		_ = m.out.Close()
	}
}
