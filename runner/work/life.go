package work

import "time"

// The workloads spawn and respawn create executors, let them end and join them.
// An executor is what the model works with: a goroutine, a goroutine on a thread
// of its own, or a process.

// life is what the creator of an executor knows of it, from the creating call to
// its end.
type life struct {
	label   uint64    // what it was given
	echo    uint64    // what it sent back when it ran: the label
	code    uint32    // what it returned at its end: answer(label)
	pid     int       // of a process, else 0
	created int64     // ns: just before the creating call, where that was asked for
	first   int64     // ns, by the same clock: its first instruction
	_       [128]byte // two executors write at the same time
}

// team is executors of one worker, which creates, parks and joins them all. It must
// be dismissed before the first one is created again, also after an error.
type team interface {
	create(i int, label uint64, stamp bool) error // calls executor i into being, after those before it
	settle() error                                // waits until all that were created run
	dismiss() error                               // tells all to end and joins them
}

// servants is a team whose executors do tasks while they live.
type servants interface {
	team
	order(i int, task int64) error // the caller asks for its result before it orders the next
	result(i int) (uint64, error)
}

// highBits are those that no byte of a label lacks: it is passed as an
// argument of a command, where a zero byte would end it.
const highBits = 0x8080808080808080

// newLabel is what executor i of an item is given: 14 bits of i and a hash of both.
// base is scramble of the item's number.
func newLabel(base uint64, i int) uint64 {
	n := uint64(i)
	return scramble(base+n)<<16 | n>>7<<8 | n&0x7f | highBits
}

// numberOf is the i of newLabel.
func numberOf(label uint64) int { return int(label>>8&0x7f<<7 | label&0x7f) }

// answer is what an executor returns at its end: the exclusive or of its label's
// bytes. An exit status holds it, and a program without a runtime computes it in
// some instructions.
func answer(label uint64) uint32 {
	label ^= label >> 32
	label ^= label >> 16
	label ^= label >> 8
	return uint32(label & 0xff)
}

// proof is what executor i adds to the result of its item.
func (l *life) proof(i int) uint64 {
	return scramble(l.echo) + scramble(uint64(i)<<32|uint64(l.code))
}

// chain is a task of respawn: steps of SplitMix64 from the number of the item.
func chain(item int64, steps int) uint64 {
	x := uint64(item)
	for range steps {
		x = scramble(x)
	}
	return x
}

var epoch = time.Now()

// sinceEpoch is a clock of this process that costs a fifth of a system call.
func sinceEpoch() int64 { return int64(time.Since(epoch)) }
