package record

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var (
	errQuote = errors.New("a quote stands alone or is never closed")
	errTorn  = errors.New("the last line has no newline, so it may be half a row; it is left out")
	errLong  = errors.New("the line is longer than 1 MiB")
	errNUL   = errors.New("the line holds NUL bytes: the disk or the crash lost it")
)

const lineMax = 1 << 20

// lines reads a file line by line and knows where it is.
type lines struct {
	r      *bufio.Reader
	number int   // of the line that next returned, from 1
	start  int64 // its offset in bytes
	end    int64 // the offset behind it
	fields [][]byte
	plain  []byte // unquoted fields
}

func newLines(r io.Reader) *lines {
	return &lines{r: bufio.NewReaderSize(r, lineMax+1)}
}

// next returns the next line without its end; the slice lives until the next
// call. It returns io.EOF after the last one, errTorn with a last line that
// has no newline, and errLong, with the line skipped, beyond lineMax.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	l.start = l.end
	l.end += int64(len(line))
	if len(line) == 0 && err != nil {
		return nil, err
	}
	l.number++
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, l.skip()
	case errors.Is(err, io.EOF):
		return line, errTorn
	case err != nil:
		return nil, err
	}
	line = bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'})
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line, nil
}

// skip drops the rest of an overlong line.
func (l *lines) skip() error {
	for {
		rest, err := l.r.ReadSlice('\n')
		l.end += int64(len(rest))
		if err == nil {
			return errLong
		}
		if errors.Is(err, io.EOF) {
			return errTorn
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// split cuts line at its commas; the result lives until the next call.
func (l *lines) split(line []byte) ([][]byte, error) {
	l.fields = l.fields[:0]
	if bytes.IndexByte(line, 0) >= 0 {
		return nil, errNUL
	}
	if bytes.IndexByte(line, '"') >= 0 {
		return l.splitQuoted(line)
	}
	from := 0
	for i, c := range line {
		if c == ',' {
			l.fields = append(l.fields, line[from:i])
			from = i + 1
		}
	}
	return append(l.fields, line[from:]), nil
}

// splitQuoted is split for a line with quotes in it (RFC 4180).
func (l *lines) splitQuoted(line []byte) ([][]byte, error) {
	l.plain = append(l.plain[:0], line...)[:0] // grown once: the fields are parts of it
	for {
		from := len(l.plain)
		rest, err := l.unquote(line)
		if err != nil {
			return nil, err
		}
		l.fields = append(l.fields, l.plain[from:])
		if len(rest) == 0 {
			return l.fields, nil
		}
		line = rest[1:]
	}
}

// unquote adds the first field of line to plain and returns what follows it:
// nothing, or a comma and more.
func (l *lines) unquote(line []byte) ([]byte, error) {
	if len(line) == 0 || line[0] != '"' {
		end := bytes.IndexByte(line, ',')
		if end < 0 {
			end = len(line)
		}
		if bytes.IndexByte(line[:end], '"') >= 0 {
			return nil, errQuote
		}
		l.plain = append(l.plain, line[:end]...)
		return line[end:], nil
	}
	for line = line[1:]; ; line = line[1:] {
		end := bytes.IndexByte(line, '"')
		if end < 0 {
			return nil, errQuote
		}
		l.plain = append(l.plain, line[:end]...)
		line = line[end+1:]
		if len(line) == 0 || line[0] == ',' {
			return line, nil
		}
		if line[0] != '"' {
			return nil, errQuote
		}
		l.plain = append(l.plain, '"')
	}
}
