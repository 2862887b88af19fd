package host

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"forklore/runner/work"
)

// Lines that a program says on its stdout in version 1 of the protocol. All
// other lines are what it prints.
const (
	sayReady  = "ready"  // it waits for the line go on its stdin
	saySkip   = "skip"   // with the reason: it lacks something
	sayResult = "result" // [items=N] [sum=TEXT] [NAME=NUMBER...]: one go is done
)

// Untold is the Items of a Finish where nobody has counted.
const Untold = -1

// longestLine bounds a line of the protocol: a longer one is what a program prints.
const longestLine = 64 << 10

// told is a line of the protocol.
type told struct {
	ns   int64 // when it had arrived
	word string
	rest string
}

// result is what a program tells of one go.
type result struct {
	items  int64
	sum    uint64 // 0 where it tells none
	values []Reading
}

// listen passes the lines of the protocol on. A program says ready once it is set up, and then
// a result for every line go that it reads on its stdin; the end of its stdin is the
// order to end. Everything that it prints is kept, its lines of the protocol too.
func (c *command) listen(from io.Reader, keep io.Writer) {
	defer close(c.lines)
	r := bufio.NewReaderSize(from, longestLine)
	whole := true // what was read last ended a line
	for {
		line, err := r.ReadSlice('\n')
		now := Now()
		_, _ = keep.Write(line) // the runner is gone if this fails
		if word, rest, ok := protocolLine(string(line)); ok && whole && !errors.Is(err, bufio.ErrBufferFull) {
			c.lines <- told{now, word, rest}
		}
		whole = err == nil
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// protocolLine splits a line of the protocol into its first word and the rest.
func protocolLine(line string) (word, rest string, ok bool) {
	word, rest, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	switch word {
	case sayReady, saySkip, sayResult:
		return word, strings.TrimSpace(rest), true
	}
	return "", "", false
}

// begin starts a program that speaks the protocol and waits until it is ready.
func (c *command) begin() (Process, error) {
	toProgram, in, err := os.Pipe()
	if err != nil {
		return Process{}, work.StartShortage(fmt.Errorf("start %s: %w", c.job.Command.Argv[0], err))
	}
	c.in = in
	out, fromProgram, err := os.Pipe()
	if err != nil {
		return Process{}, errors.Join(work.StartShortage(fmt.Errorf("start %s: %w", c.job.Command.Argv[0], err)), toProgram.Close())
	}
	defer toProgram.Close()
	p := Process{Role: RoleWorker, Slots: c.job.Workers, SpawnNS: Now()}
	err = c.start(toProgram, fromProgram)
	p.FirstNS = Now() // the call returns once the program is in place of the child
	_ = fromProgram.Close()
	if err != nil {
		return p, errors.Join(err, out.Close())
	}
	go c.listen(out, os.NewFile(fdStdout, "stdout"))
	l, err := c.expect(sayReady, "it had said ready")
	if err != nil {
		return p, err
	}
	p.PID, p.ReadyNS = c.process.Pid, l.ns
	p.HWMB, c.cpuS = familyPeak(p.PID), familyCPU(p.PID)
	return p, nil
}

// expect waits for one line of the protocol.
func (c *command) expect(word, until string) (told, error) {
	l, open := told{}, false
	select {
	case l, open = <-c.lines:
	case <-c.ended:
		select { // its last words may still be in the pipe
		case l, open = <-c.lines:
		case <-time.After(time.Second): // a child of it holds the other end
		}
	}
	switch {
	case !open:
		return l, c.death(until)
	case l.word == saySkip && word == sayReady:
		return l, c.lacks(c.job.Command.Argv[0] + ": " + l.rest)
	case l.word != word:
		return l, c.fault(fmt.Sprintf("%s said %s before %s", c.who(), l.word, until))
	}
	return l, nil
}

// answer waits for the result of one go.
func (c *command) answer() (Report, error) {
	l, err := c.expect(sayResult, "it had said its result")
	if err != nil {
		return Report{}, err
	}
	cpu := familyCPU(c.process.Pid)
	if c.last, err = parseResult(l.rest); err != nil {
		return Report{}, c.fault(fmt.Sprintf("%s said a result that is none: %v", c.who(), err))
	}
	return Report{Finishes: []Finish{{NS: l.ns, Items: c.last.items, Sum: c.last.sum}}, Spent: Spent{CPUS: cpu - c.cpuS}}, nil
}

// Measure tells what the last result held besides items and sum, and reads the memory of
// the program's processes while all of them are there.
func (c *command) Measure() ([]Reading, error) {
	if !c.job.Command.Gate {
		return nil, nil
	}
	c.usages = c.usages[:0]
	for _, pid := range family(c.process.Pid) {
		if peak := peakOf(pid); peak > 0 {
			c.usages = append(c.usages, Usage{PID: pid, HWMB: peak})
		}
	}
	c.cpuS = familyCPU(c.process.Pid)
	return c.last.values, nil
}

// parseResult reads the words behind result.
func parseResult(text string) (result, error) {
	r := result{items: Untold}
	seen := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(word, "=")
		switch {
		case !ok || name == "":
			return r, fmt.Errorf("%.80q is not name=value", word)
		case seen[name]:
			return r, fmt.Errorf("%.80q is given twice", name)
		case name == "sum":
			r.sum = sumOf(value)
		case name == "items":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 {
				return r, fmt.Errorf("items=%.80q is not a count", value)
			}
			r.items = n
		default:
			v, err := strconv.ParseFloat(value, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return r, fmt.Errorf("%.80s=%.80q is not a finite number", name, value)
			}
			r.values = append(r.values, Reading{Name: name, Value: v})
		}
		seen[name] = true
	}
	return r, nil
}

// familyPeak is the sum of the peaks of a program and all below it.
func familyPeak(pid int) float64 {
	sum := 0.0
	for _, p := range family(pid) {
		sum += peakOf(p)
	}
	return sum
}

// sumOf makes a number of a sum's text.
func sumOf(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:])
}
