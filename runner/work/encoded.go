package work

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"

	"forklore/runner/link"
)

// letter is what a worker that serialises sends: a struct with a payload, as a program would.
type letter struct {
	Item    int64
	Payload []byte
}

// encodedMail turns a mail's messages into letters in bytes, and back. It belongs to one worker.
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
	case "gob":
		return int(size) + 256 // the first one describes the struct
	case "json":
		return int(size+2)/3*4 + 64 // base64
	}
	return int(size)
}

// newEncodedMail returns the mail of one encoding, or nil for raw bytes.
func newEncodedMail(encoding string, size int64) *encodedMail {
	l := &encodedMail{mail: *newMail(size), buffer: blank(envelopeLen(encoding, size))}
	switch encoding {
	case "gob": // a stream: the struct is described once
		encoder, decoder := gob.NewEncoder(&l.envelope), gob.NewDecoder(&l.arrived)
		l.encode = func(m letter) error { return encoder.Encode(m) }
		l.decode = func(m *letter) error { return decoder.Decode(m) }
	case "json":
		l.encode = func(m letter) error {
			text, err := json.Marshal(m)
			l.envelope.Write(text)
			return err
		}
		l.decode = func(m *letter) error {
			defer l.arrived.Reset()
			return json.Unmarshal(l.arrived.Bytes(), m)
		}
	default:
		return nil
	}
	return l
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
