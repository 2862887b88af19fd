package host

import (
	"sync/atomic"
	"unsafe"

	"forklore/runner/work"
)

// ledger is what workers that may die have done, in memory that the whole tree shares: it is
// known whatever becomes of them. Who writes stands with each word.
type ledger struct {
	head    *ledgerHead
	ranks   []rankPage
	entries []entry // by item
}

// ledgerHead is what all ranks share. Its parts are on lines of their own.
type ledgerHead struct {
	lock    work.OwnedMutex // under which results are delivered; its owners are ranks + 1
	_       [124]byte
	noticed atomic.Int64 // ns: when a worker recovered from its own panic
	again   atomic.Int64 // ns: the first delivery by what came in place of the victim
	_       [112]byte
}

// rankPage is what one worker says of itself. Only it writes there, but for what is said.
type rankPage struct {
	beat    atomic.Int64 // ns: begin of its last item; of a server's process, at its first rank: of the oldest request that it has in hand, or 0
	struck  atomic.Int64 // ns: just before its fault
	done    atomic.Int64 // results delivered, or sent
	finish  atomic.Int64 // ns: end of its share
	longest atomic.Int64 // ns: of a server's process, at its first rank: how long its slowest request was in hand
	_       [88]byte
}

// entry is one item. The sum is there before the count: a worker that dies between the two
// has delivered nothing, and who does the item again overwrites it.
type entry struct {
	count atomic.Uint32 // how often it was delivered
	_     uint32
	sum   uint64 // its result
}

func ledgerB(items int64, workers int) int64 {
	return int64(unsafe.Sizeof(ledgerHead{})) + int64(workers)*int64(unsafe.Sizeof(rankPage{})) + max(0, items)*int64(unsafe.Sizeof(entry{}))
}

// newLedger returns the ledger in zeroed memory of ledgerB bytes, aligned to a page.
func newLedger(mem []byte, items int64, workers int) *ledger {
	at := unsafe.Sizeof(ledgerHead{})
	ranks := unsafe.Slice((*rankPage)(unsafe.Pointer(&mem[at])), workers)
	at += uintptr(workers) * unsafe.Sizeof(rankPage{})
	return &ledger{head: (*ledgerHead)(unsafe.Pointer(&mem[0])), ranks: ranks, entries: unsafe.Slice((*entry)(unsafe.Pointer(&mem[at])), items)}
}

// write is a delivery without the lock, by the one who writes alone. Of a server there may be more
// requests than entries.
func (l *ledger) write(item int64, sum uint64) {
	if l.note(item, sum) {
		l.entries[item].count.Add(1)
	}
}

// note writes a result down that does not count yet, if there is room for it.
func (l *ledger) note(item int64, sum uint64) bool {
	if item >= int64(len(l.entries)) {
		return false
	}
	l.entries[item].sum = sum
	return true
}

// tally is what a range of items came to.
type tally struct {
	items, lost, twice int64 // deliveries; items without one; items with more
	sum                uint64
}

func (l *ledger) tally(lo, hi int64) tally {
	var t tally
	for i := lo; i < hi; i++ {
		n := l.entries[i].count.Load()
		t.items += int64(n)
		t.sum += uint64(n) * l.entries[i].sum
		if n == 0 {
			t.lost++
		} else if n > 1 {
			t.twice++
		}
	}
	return t
}

// done counts what all workers have delivered so far.
func (l *ledger) done() (n int64) {
	for i := range l.ranks {
		n += l.ranks[i].done.Load()
	}
	return n
}
