package work

import (
	"fmt"
	"strings"
)

// program is a compiled regular expression: instructions of a machine with many
// threads (Thompson, Communications of the ACM 11, 1968; Pike's form of it, with
// threads in order of priority).
type program []instruction

type instruction struct {
	op   byte
	set  [4]uint64 // readByte: the bytes that it takes
	x, y int       // split: first choice and second; jump: x
}

const (
	readByte = iota // takes a byte of set and goes on to the next instruction
	split           // goes on at x and at y
	jump            // goes on at x
	accept
)

// compilePattern understands letters and other plain bytes, sets as in [acg], groups,
// alternatives, and the repetitions *, + and ?.
func compilePattern(pattern string) (program, error) {
	c := compiler{rest: pattern}
	c.alternatives()
	if c.rest != "" || c.bad {
		return nil, fmt.Errorf("cannot compile the pattern %q: stopped at %q", pattern, c.rest)
	}
	return append(c.program, instruction{op: accept}), nil
}

type compiler struct {
	program
	rest string
	bad  bool
}

func (c *compiler) next(b byte) bool {
	if c.rest == "" || c.rest[0] != b {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

// insert puts one instruction before those from at on.
func (c *compiler) insert(at int, i instruction) {
	c.program = append(c.program, instruction{})
	copy(c.program[at+1:], c.program[at:])
	for j := at + 1; j < len(c.program); j++ { // jumps go forward or back within what was moved
		c.program[j].x++
		c.program[j].y++
	}
	c.program[at] = i
}

func (c *compiler) alternatives() {
	at := len(c.program)
	c.sequence()
	if !c.next('|') {
		return
	}
	c.insert(at, instruction{op: split, x: at + 1, y: len(c.program) + 2})
	leave := len(c.program)
	c.program = append(c.program, instruction{op: jump})
	c.alternatives()
	c.program[leave].x = len(c.program)
}

func (c *compiler) sequence() {
	for c.rest != "" && c.rest[0] != '|' && c.rest[0] != ')' && !c.bad {
		c.repetition()
	}
}

func (c *compiler) repetition() {
	at := len(c.program)
	c.atom()
	switch {
	case c.next('*'):
		c.insert(at, instruction{op: split, x: at + 1, y: len(c.program) + 2})
		c.program = append(c.program, instruction{op: jump, x: at})
	case c.next('+'):
		c.program = append(c.program, instruction{op: split, x: at, y: len(c.program) + 1})
	case c.next('?'):
		c.insert(at, instruction{op: split, x: at + 1, y: len(c.program) + 1})
	}
}

func (c *compiler) atom() {
	if c.next('(') {
		c.alternatives()
		c.bad = c.bad || !c.next(')')
		return
	}
	set := c.rest[:1]
	c.rest = c.rest[1:]
	if set == "[" {
		end := strings.IndexByte(c.rest, ']')
		if end < 1 {
			c.bad = true
			return
		}
		set, c.rest = c.rest[:end], c.rest[end+1:]
	} else if strings.Contains("*+?]", set) {
		c.bad = true
		return
	}
	var i instruction
	for b := range len(set) {
		i.set[set[b]/64] |= 1 << (set[b] % 64)
	}
	c.program = append(c.program, i)
}

// matcher runs one program at a time over texts. It belongs to one worker.
type matcher struct {
	now, then []thread // in order of priority
	seen      []int    // by instruction: the step in which a thread came to it
	step      int
}

type thread struct {
	pc    int
	start int // where in the text its match begins
}

// newMatcher returns a matcher for programs of up to longest instructions.
func newMatcher(longest int) matcher {
	return matcher{now: apart[thread](longest)[:0], then: apart[thread](longest)[:0], seen: apart[int](longest)}
}

// find returns the first match in text that begins at from or later, and of
// those that begin there the one that prefers earlier alternatives and more
// repetitions.
func (m *matcher) find(p program, text []byte, from int) (start, end int, found bool) {
	m.now = m.now[:0]
	m.step++
	for at := from; ; at++ {
		if !found {
			m.now = m.add(m.now, p, thread{0, at})
		}
		m.then = m.then[:0]
		m.step++
		for _, t := range m.now {
			if p[t.pc].op == accept {
				start, end, found = t.start, at, true
				break // the others come after this one
			}
			if at < len(text) && p[t.pc].set[text[at]/64]>>(text[at]%64)&1 == 1 {
				m.then = m.add(m.then, p, thread{t.pc + 1, t.start})
			}
		}
		m.now, m.then = m.then, m.now
		if at >= len(text) || found && len(m.now) == 0 {
			return start, end, found
		}
	}
}

// add appends the threads that t becomes before it takes a byte. One that comes
// to an instruction after another in the same step can only do the same later.
func (m *matcher) add(list []thread, p program, t thread) []thread {
	if m.seen[t.pc] == m.step {
		return list
	}
	m.seen[t.pc] = m.step
	switch i := &p[t.pc]; i.op {
	case split:
		list = m.add(list, p, thread{i.x, t.start})
		return m.add(list, p, thread{i.y, t.start})
	case jump:
		return m.add(list, p, thread{i.x, t.start})
	}
	return append(list, t)
}
