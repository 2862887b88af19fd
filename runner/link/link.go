package link

// Comm is one worker's end of everything that it talks through. Ranks count from 0
// to Size-1, across processes. A Comm belongs to one worker.
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
}

// Unavailable says that the system lacks, or limits, what is needed: the limit, its
// present value and how to raise it.
type Unavailable struct{ Reason string }

func (u Unavailable) Error() string { return u.Reason }
