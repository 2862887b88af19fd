package work

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"forklore/runner/link"
)

// sealStep is how far apart the words of a seal lie: one in each page.
const sealStep = 4096

// seal writes into message what the other worker must find there: a word at its
// start, in each page and at its end, which follow from seed and their places.
// It returns their sum. The lowest bit of the first byte says that this is the
// last message; it does not count.
//
// The rest of a message stays as it is: to make and to check all of a long one
// would take as long as sending it. A missing, doubled or older page shows all
// the same, and the last message of a round is compared whole.
func seal(message []byte, seed uint64, last bool) (sum uint64) {
	n := len(message)
	head := scramble(seed) &^ 1
	if n < 8 {
		sum = putPart(message, head)
	} else {
		binary.LittleEndian.PutUint64(message, head)
		sum = head
	}
	at := sealStep
	for ; at+8 <= n; at += sealStep {
		word := scramble(seed + uint64(at))
		binary.LittleEndian.PutUint64(message[at:], word)
		sum += word
	}
	if end := sealEnd(n, at); end < n {
		sum += putPart(message[end:], scramble(seed+uint64(end)))
	}
	if last {
		message[0] |= 1
	}
	return sum
}

// sealEnd returns where the last word of a message of n bytes begins, which has
// eight bytes or, to leave the word before it alone, less. Next is a step
// beyond the start of that one.
func sealEnd(n, next int) int { return max(n-8, next-sealStep+8) }

// unseal reads the words of a seal and returns their sum, which must be what
// seal returned, and whether this is the last message.
func unseal(message []byte) (sum uint64, last bool) {
	n := len(message)
	last = message[0]&1 != 0
	if n < 8 {
		return getPart(message) &^ 1, last
	}
	sum = binary.LittleEndian.Uint64(message) &^ 1
	at := sealStep
	for ; at+8 <= n; at += sealStep {
		sum += binary.LittleEndian.Uint64(message[at:])
	}
	if end := sealEnd(n, at); end < n {
		sum += getPart(message[end:])
	}
	return sum, last
}

// sealSum is what seal returns for a message of n bytes.
func sealSum(seed uint64, n int) (sum uint64) {
	sum = scramble(seed) &^ 1
	if n < 8 {
		return sum & partMask(n)
	}
	at := sealStep
	for ; at+8 <= n; at += sealStep {
		sum += scramble(seed + uint64(at))
	}
	if end := sealEnd(n, at); end < n {
		sum += scramble(seed+uint64(end)) & partMask(n-end)
	}
	return sum
}

// putPart writes as much of a word as fits into up to eight bytes, and returns
// that.
func putPart(part []byte, word uint64) uint64 {
	for at := range part {
		part[at] = byte(word >> (8 * at))
	}
	return word & partMask(len(part))
}

func getPart(part []byte) (word uint64) {
	for at := range part {
		word |= uint64(part[at]) << (8 * at)
	}
	return word
}

// partMask keeps the bits of a word that n bytes have room for.
func partMask(n int) uint64 { return 1<<(8*n) - 1 }

// blank returns a message of n bytes that are all there, and all different from
// what is around them.
func blank(n int) []byte {
	message := apart[byte](n + 8)
	for at := 0; at < n; at += 8 {
		binary.LittleEndian.PutUint64(message[at:], scramble(^uint64(at)))
	}
	return message[:n:n]
}

// vacant returns n bytes that are all there, none of them as in a blank
// message: what a link failed to bring shows.
func vacant(n int) []byte {
	message := blank(n)
	for at := range message {
		message[at] = ^message[at]
	}
	return message
}

// mail sends and receives sealed messages of one length. It belongs to one
// worker.
type mail struct {
	out, in []byte
}

func newMail(size int64) *mail { return &mail{out: blank(int(size)), in: vacant(int(size))} }

// check compares the message received with the one that the other worker must
// have sent, whole.
func (m *mail) check(seed uint64, last bool) error {
	seal(m.out, seed, last)
	if !bytes.Equal(m.in, m.out) {
		return fmt.Errorf("a message of %d bytes came with other bytes than it was sent with", len(m.in))
	}
	return nil
}

// accept receives an item's message and checks it.
func (m *mail) accept(c link.Comm, from int, item int64) (got uint64, last bool, err error) {
	if _, err := c.Recv(from, m.in); err != nil {
		return 0, false, err
	}
	got, last = unseal(m.in)
	if want := sealSum(uint64(item), len(m.in)); got != want {
		return got, last, badSeal(item, got, want)
	}
	if last {
		return got, last, m.check(uint64(item), last)
	}
	return got, last, nil
}

// badSeal is the error of a message that is not the one expected.
func badSeal(item int64, got, want uint64) error {
	return fmt.Errorf("item %d: the message adds up to %#x, want %#x: it was lost, doubled, reordered or changed", item, got, want)
}
