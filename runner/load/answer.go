package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Bounds of what a server may answer.
const (
	longestHead = 64 << 10
	longestBody = 1 << 40
)

// answer takes one HTTP/1.1 answer apart as it arrives: a status line, headers and a body of
// a stated length. Nothing else that HTTP knows is needed by a server under test.
type answer struct {
	head   []byte // what has come of one that did not come at once
	whole  bool   // the head has been read
	status int
	left   int64 // bytes of the body that are still to come
	close  bool  // the server is going to close the connection
	want   []byte
	exact  bool   // the body must be want, of which a part has come
	wrong  string // "", or how the body differs
	summed bool   // X-Sum has been sent
	told   uint64 // the sum that it says
	sum    uint64
}

// FNV-1a of 64 bits, as hash/fnv has it.
const (
	fnvStart = 14695981039346656037
	fnvPrime = 1099511628211
)

// begin forgets the last answer.
func (a *answer) begin() { *a = answer{head: a.head[:0], sum: fnvStart} }

// must says what the body must be. It is kept until the answer is whole.
func (a *answer) must(body []byte) { a.want, a.exact = body, true }

// take reads on. done says that the answer is whole: it is right if fault() is empty. An error says
// that what came is no answer.
func (a *answer) take(b []byte) (done bool, err error) {
	if !a.whole {
		if b, err = a.takeHead(b); err != nil || !a.whole {
			return false, err
		}
	}
	if int64(len(b)) > a.left {
		return false, fmt.Errorf("%d bytes follow the end of the answer", int64(len(b))-a.left)
	}
	a.left -= int64(len(b))
	a.check(b)
	return a.left == 0, nil
}

// takeHead reads on in the head and returns what follows it.
func (a *answer) takeHead(b []byte) (rest []byte, err error) {
	from := max(0, len(a.head)-3)
	if len(a.head) > 0 {
		a.head = append(a.head, b...)
		b = a.head
	}
	if begin := b[:min(len(b), len(protocol))]; string(begin) != protocol[:len(begin)] {
		return nil, fmt.Errorf("it begins with %.40q, not with %s", b, protocol)
	}
	end := bytes.Index(b[from:], []byte("\r\n\r\n"))
	if max(len(b)-3, 0) > longestHead && (end < 0 || from+end > longestHead) {
		return nil, fmt.Errorf("its head is longer than %d bytes", longestHead)
	}
	if end < 0 {
		if len(a.head) == 0 {
			a.head = append(a.head, b...)
		}
		return nil, nil
	}
	a.whole = true
	return b[from+end+4:], a.readHead(b[:from+end])
}

const protocol = "HTTP/1.1 "

// readHead reads the status line and the headers that matter.
func (a *answer) readHead(head []byte) error {
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	code, _, _ := bytes.Cut(line[len(protocol):], []byte(" "))
	n, err := strconv.ParseUint(string(code), 10, 16)
	if err != nil || len(code) != 3 {
		return fmt.Errorf("its status line is %.40q", line)
	}
	a.status, a.left = int(n), -1
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 {
			return fmt.Errorf("its head has the line %.40q", line)
		}
		if err := a.header(name, bytes.TrimSpace(value)); err != nil {
			return err
		}
	}
	if a.status < 200 || a.status == 204 || a.status == 304 {
		a.left, a.close = 0, a.close || a.status < 200 // a final answer may follow, which is not waited for
	}
	if a.left < 0 {
		return errors.New("it has no Content-Length: set one in the handler, for this client reads no bodies of unknown length")
	}
	return nil
}

// header reads one header. Most have another length than those that matter.
func (a *answer) header(name, value []byte) error {
	switch {
	case named(name, "content-length"):
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n < 0 || n > longestBody || a.left >= 0 && a.left != n {
			return fmt.Errorf("its Content-Length is %.40q", value)
		}
		a.left = n
	case named(name, "transfer-encoding"):
		return fmt.Errorf("it has Transfer-Encoding: %.40s, which this client does not read: set Content-Length in the handler", value)
	case named(name, "connection"):
		a.close = a.close || bytes.EqualFold(value, []byte("close"))
	case named(name, "x-sum"):
		n, err := strconv.ParseUint(string(value), 16, 64)
		if err != nil {
			return fmt.Errorf("its X-Sum is %.40q: want the FNV-1a of the body, 64 bits as hexadecimal digits", value)
		}
		a.summed, a.told = true, n
	}
	return nil
}

func named(name []byte, want string) bool {
	return len(name) == len(want) && bytes.EqualFold(name, []byte(want))
}

// check compares a part of the body with what it must be.
func (a *answer) check(b []byte) {
	if a.summed {
		for _, c := range b {
			a.sum = (a.sum ^ uint64(c)) * fnvPrime
		}
	}
	if a.exact && a.wrong == "" && a.status == 200 {
		if !bytes.HasPrefix(a.want, b) {
			a.wrong = fmt.Sprintf("where %.40q was expected its body has %.40q", a.want, b)
			return
		}
		a.want = a.want[len(b):]
	}
}

// fault says in words how the body of a whole answer differs from what it must be.
func (a *answer) fault() string {
	switch {
	case a.wrong != "":
		return a.wrong
	case a.exact && len(a.want) > 0:
		return fmt.Sprintf("its body lacks %.40q at its end", a.want)
	case a.summed && a.sum != a.told:
		return fmt.Sprintf("the FNV-1a of its body is %016x, its X-Sum says %016x", a.sum, a.told)
	}
	return ""
}

// progress says in words how far an answer has come.
func (a *answer) progress() string {
	switch {
	case a.whole:
		return fmt.Sprintf("%d bytes before the end of the body", a.left)
	case len(a.head) > 0:
		return "in the middle of the answer's head"
	}
	return "before it answered"
}
