package link

import (
	"errors"
	"os"
)

// Comm is one worker's end of everything that it talks through. Ranks count
// from 0 to Size-1, across processes. A Comm belongs to one worker; one
// goroutine may send on it while another receives.
//
// A message has at least one byte. Send may wait until the other worker
// receives, so two workers that send to each other first may wait for ever; one
// message of up to 4096 bytes always finds room in a channel that is empty.
// After an error a channel is of no further use.
type Comm interface {
	Rank() int
	Size() int
	Send(to int, message []byte) error               // returns once the message is on its way: the buffer is the caller's again
	Recv(from int, buffer []byte) (n int, err error) // waits for the next message of from, whole; one longer than buffer is an error
}

// Pair is a one-way channel between two ranks.
type Pair struct{ From, To int }

// Plan is what a trial's workers need to talk.
type Plan struct {
	Link  string // a link's name
	Pairs []Pair // every one-way channel there shall be; none twice
	Max   int    // bytes of the longest message
	Fixed bool   // every message has Max bytes: links that carry bytes then need no length in front
}

// Kind describes a link. Open checks nothing that [Open] has checked before.
type Kind struct {
	Name    string
	Summary string // one line for lists
	Doc     string // definition, copies and system calls of a message, limits, what it stresses
	Across  bool   // works between processes
	Notices bool   // the death of the process at one end is an error at the other
	Open    func(p Plan, ranks int, dir string) (Fabric, error)

	join func(p Plan, ranks, lo, hi int, s Share) (Joint, error)
}

// Fabric is every channel of a trial, made once by the host process before any
// worker starts. A rank is shared or joined, once. Close gives back what is
// still the fabric's and removes names, after the last worker has ended; a
// second time does no harm.
type Fabric interface {
	Share(lo, hi int) (Share, error) // what a child process that holds ranks [lo, hi) must inherit
	Join() (Joint, error)            // for ranks in this very process, all of them
	Close() error
}

// Share is what one child process must inherit: descriptors of its own ranks'
// channels, close-on-exec in this process, and words that say what they mean.
type Share struct {
	Files []*os.File
	Words []string
}

// Close gives back this process's copies of the descriptors. Whoever asked for
// the share calls it once the child has started, else nobody notices when the
// child dies.
func (s Share) Close() error {
	var errs []error
	for _, f := range s.Files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Joint is a process's end of a fabric. Close comes after the last use of its
// Comms.
type Joint interface {
	Comm(rank int) Comm
	Close() error
}

// Unavailable says that the system lacks, or limits, what is needed: the limit,
// its present value and how to raise it.
type Unavailable struct{ Reason string }

func (u Unavailable) Error() string { return u.Reason }
