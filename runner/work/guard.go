package work

import (
	"fmt"
	"sync/atomic"
)

// guardedPair is what a lock protects: two words that agree whenever nobody is in the
// critical section, and count how often somebody was. They are plain words: two workers that are
// in it at once lose counts, or see the words differ.
type guardedPair struct{ first, second uint64 }

// add is the critical section of a writer: steps of computing between the two
// words. It returns the computing's result, and torn not 0 if it was not alone.
func (p *guardedPair) add(x uint64, steps int64) (result, torn uint64) {
	torn = p.first ^ p.second
	p.first++
	x = takeSteps(x, steps)
	p.second++
	return x, torn
}

// look is the critical section of a reader. The words are read again after the
// computing; were it not by atomic loads, the compiler would keep the first ones.
func (p *guardedPair) look(x uint64, steps int64) (result, torn uint64) {
	first, second := p.first, p.second
	x = takeSteps(x, steps)
	torn = (first ^ second) | (first ^ atomic.LoadUint64(&p.first)) | (second ^ atomic.LoadUint64(&p.second))
	return x, torn
}

// check compares the pair with what the workers have done, when they are at rest.
func (p *guardedPair) check(name string, done uint64) error {
	if p.first == done && p.second == done {
		return nil
	}
	return fmt.Errorf("%s: workers went through the critical section %d times, its two words count %d and %d: the lock does not exclude them",
		name, done, p.first, p.second)
}

func tornError(name string) error {
	return fmt.Errorf("%s: two words that the lock protects differ inside it: it does not exclude the workers", name)
}

// takeSteps does steps of computing that touch no memory: each is one step of
// SplitMix64 on the result of the step before, about 4 ns.
func takeSteps(x uint64, steps int64) uint64 {
	for range steps {
		x = scramble(x)
	}
	return x
}
