package work

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"forklore/runner/link"
)

// letter is what a worker that serialises sends: a struct with a payload, as a
// program would.
type letter struct {
	Item    int64
	Payload []byte
}

// encodedMail turns a mail's messages into letters in bytes, and back. It
// belongs to one worker.
type encodedMail struct {
	mail
	envelope bytes.Buffer // what was encoded
	arrived  bytes.Buffer // what is to be decoded
	buffer   []byte       // a message as the link gives it
	encode   func(letter) error
	decode   func(*letter) error
}

// envelopeLen is the longest letter with a payload of size bytes.
func envelopeLen(encoding string, size int64) int {
	switch encoding {
	case "binary":
		return int(size) + 8 + binary.MaxVarintLen64
	case "json":
		return int(size+2)/3*4 + 64 // base64
	case "gob":
		return int(size) + 128 // the first one describes the type
	}
	return int(size)
}

// encodings are how a message becomes bytes, beside raw: each gives a mail its two halves. Those
// of heavy packages are there in heavy builds alone.
var encodings = map[string]func(*encodedMail){
	"binary": func(l *encodedMail) { l.encode, l.decode = l.encodeBinary, l.decodeBinary },
}

// heavyEncodings are the names of those that only trialhost-heavy has.
var heavyEncodings = []string{"gob", "json"}

// newEncodedMail returns the mail of one encoding, or nil for raw bytes.
func newEncodedMail(encoding string, size int64) (*encodedMail, error) {
	if encoding == "raw" {
		return nil, nil
	}
	fill, ok := encodings[encoding]
	if !ok {
		return nil, fmt.Errorf("this trialhost was built without the encoding %s: trialhost-heavy has it", encoding)
	}
	l := &encodedMail{mail: *newMail(size), buffer: blank(envelopeLen(encoding, size))}
	fill(l)
	return l, nil
}

func (l *encodedMail) send(c link.Comm, to int, item int64) error {
	l.envelope.Reset()
	if err := l.encode(letter{Item: item, Payload: l.out}); err != nil {
		return fmt.Errorf("encode a message of %d bytes: %w", len(l.out), err)
	}
	return c.Send(to, l.envelope.Bytes())
}

// recv puts the payload where the mail has its messages.
func (l *encodedMail) recv(c link.Comm, from int, item int64) error {
	n, err := c.Recv(from, l.buffer)
	if err != nil {
		return err
	}
	l.arrived.Write(l.buffer[:n])
	m := letter{Payload: l.in[:0]}
	if err := l.decode(&m); err != nil {
		return fmt.Errorf("decode a message of %d bytes: %w", n, err)
	}
	if m.Item != item || len(m.Payload) != len(l.out) {
		return fmt.Errorf("item %d came with %d bytes, want item %d with %d", m.Item, len(m.Payload), item, len(l.out))
	}
	l.in = m.Payload
	return nil
}

// encodeBinary writes the item in eight bytes, the payload's length as a
// varint, and the payload.
func (l *encodedMail) encodeBinary(m letter) error {
	head := l.envelope.AvailableBuffer()
	head = binary.LittleEndian.AppendUint64(head, uint64(m.Item))
	head = binary.AppendUvarint(head, uint64(len(m.Payload)))
	l.envelope.Write(head)
	l.envelope.Write(m.Payload)
	return nil
}

func (l *encodedMail) decodeBinary(m *letter) error {
	defer l.arrived.Reset()
	head := l.arrived.Next(8)
	if len(head) < 8 {
		return errors.New("it ends before the payload")
	}
	m.Item = int64(binary.LittleEndian.Uint64(head))
	length, err := binary.ReadUvarint(&l.arrived)
	if err != nil || length != uint64(l.arrived.Len()) {
		return fmt.Errorf("it holds %d bytes of a payload of %d", l.arrived.Len(), length)
	}
	m.Payload = append(m.Payload, l.arrived.Bytes()...)
	return nil
}
