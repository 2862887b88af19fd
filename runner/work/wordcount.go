package work

import (
	"context"
	"math/bits"
	"time"

	"forklore/runner/link"
)

func init() { describe("wordcount", wordcountKind) }

func wordcountKind() Kind {
	return Kind{
		Name:    "wordcount",
		Summary: "words of a text counted: map in private tables, merged at one worker, with the text's delivery",
		Doc: `Definition: an item is a job of all workers together. The text is size/4096 pages
(the bytes left over are not used) of words with a space after each, filled up with
spaces. A word is number k of the vocabulary, drawn with Zipf's weight
2^32/(k+1), rounded down: word i of page p falls on the high half of
scramble(scramble(p)+i) times the sum of all weights. It is spelled with the syllables that
are k's digits in bijective base 100, the lowest first, digit d being one of
bcdfghjklmnpqrstvwxz, number d/5, and one of aeiou, number d modulo 5: two letters for the
most frequent words, four and six for others.
Each worker comes by an equal range of pages, by the delivery; counts its words in
a hash table of its own (linear probing, 16 bytes an entry, at most two thirds
full; up to 8 letters are the key); then tables are added up along a
binomial tree that ends at rank 0: by messages of the words and their counts, or,
with the deliveries heap and shared, straight from the other's table. The result is
the sum of mix(word, count) over the table of rank 0. Every job counts the same
text; rank 0 begins the next one when it has the result.
Source: the example of MapReduce (Dean and Ghemawat, OSDI 2004), with
its combiner; the tree is that of MPI_Reduce. Tested against a Go map over the
same text split by bytes.Fields.
Unit: bytes of text.
Stresses: branches and the cache that holds a table; what it costs to hand the
text over (deliver_s, moved_B) and to bring tables together (gather_s). Delivery native, which is
heap for goroutines and link for processes, makes the comparison of the textbooks;
any other one, the same in both, compares the models alone. The text is in
memory, and shards are in the page cache, written during setup.
Does not say: what reading a disk costs, or words that are allocated one by one.`,
		Item:     "all words of the text counted",
		ItemByte: func(ps Params) int64 { return textPages(ps) * pageBytes },
		Params: append([]Param{
			{Name: "size", Type: "bytes", Default: "4194304", Min: pageBytes, Max: 1 << 30, Doc: "size of the text"},
			{Name: "words", Type: "int", Default: "20000", Min: 1, Max: 1 << 20, Doc: "words of the vocabulary"},
		}, dataParams(byLink, byShard, byShared, byHeap, byNative)...),
		Measures: wordcountMeasures,
		Peer:     newWordcount,
		Shared:   sharedWords(wordcountWords),
		Refuse:   refuseData,
		Links: func(ps Params, workers int) link.Plan {
			return dataPlan(ps, workers, inputPairs(ps, workers))
		},
	}
}

var wordcountMeasures = dataMeasures("moved_B", "deliver_s", "gather_s")

const pageBytes = 4096

func textPages(ps Params) int64 { return ps.Bytes("size") / pageBytes }

// wordcountWords is how much memory, in words, a job has in common.
func wordcountWords(ps Params, workers int) int64 {
	return commonSize(textPages(ps)*pageBytes/8) + int64(workers)*commonSize(lexiconWords(ps.Int("words")))
}

type wordcount struct {
	couriers
	*input
	common bool       // tables lie where every rank reaches them
	tables [][]uint64 // by rank
	rooms  slots[wordcountRoom]
}

// wordcountRoom is a rank's private memory.
type wordcountRoom struct {
	text   []uint64 // its part of the text, if that is copied
	packed []uint64 // entries on their way
}

func newWordcount(ps Params, env Env) (Peer, error) {
	memory, err := newCommons("wordcount", ps, env, wordcountWords(ps, env.Workers))
	if err != nil {
		return nil, err
	}
	words := ps.Int("words")
	k := &wordcount{couriers: newCouriers("wordcount", ps, env, wordcountMeasures), common: memory.common, rooms: newSlots[wordcountRoom](env)}
	k.input = newInput(input{name: "wordcount", units: textPages(ps), unit: pageBytes / 8, fill: fillText(words)}, ps, env, memory)
	k.tables = memory.each(lexiconWords(words))
	if !memory.common && env.Workers > 1 {
		for slot := range env.Slots {
			k.rooms.of(slot).packed = make([]uint64, 2*words)
		}
	}
	return k, nil
}

// fillText returns a function that writes the pages of a text of so many
// different words.
func fillText(words int64) func(page int64, to []uint64) {
	vocabulary := drawnBy(words)
	return func(page int64, to []uint64) { writePage(vocabulary(), page, viewAs[byte](to)) }
}

// writePage fills a page with words. Each is followed by a space.
func writePage(vocabulary *zipf, page int64, text []byte) {
	seed := scramble(uint64(page))
	var word [longest + 1]byte
	rest := text
	for i := uint64(0); ; i++ {
		spelled := append(spell(word[:0], vocabulary.draw(scramble(seed+i))), ' ')
		if len(spelled) > len(rest) {
			break
		}
		rest = rest[copy(rest, spelled):]
	}
	for i := range rest {
		rest[i] = ' '
	}
}

// Prepare makes the rank's memory, and its share of the text.
func (k *wordcount) Prepare(ctx context.Context, slot int) error {
	rank := k.env.Rank + slot
	clear(k.tables[rank]) // touched here, before the gate
	room := k.rooms.of(slot)
	clear(room.packed)
	room.text = k.input.buffer(rank)
	return k.input.prepare(ctx, slot)
}

// Run implements [Peer].
func (k *wordcount) Run(ctx context.Context, comm link.Comm, r Round) (int64, uint64, error) {
	return k.jobs(ctx, comm, r, func(c *courier) (uint64, error) { return k.count(c, r.Slot) })
}

// count does a job. At rank 0 it returns the result.
func (k *wordcount) count(c *courier, slot int) (uint64, error) {
	room := k.rooms.of(slot)
	text, err := k.fetch(c, slot, room.text)
	if err != nil {
		return 0, err
	}
	t := k.table(c.comm.Rank())
	clear(t)
	t.countWords(viewAs[byte](text))
	if err := k.merge(c, t, room.packed); err != nil || c.comm.Rank() > 0 {
		return 0, err
	}
	return t.result(), nil
}

func (k *wordcount) table(rank int) lexicon { return viewAs[lexeme](k.tables[rank]) }

// merge adds up the tables along the tree.
func (k *wordcount) merge(c *courier, t lexicon, packed []uint64) error {
	defer spent(&c.gatherTime, time.Now())
	if k.common {
		return c.reduce(
			func(child int) error {
				if err := c.await(child); err != nil {
					return err
				}
				t.merge(k.table(child))
				return nil
			}, c.signal)
	}
	return c.reduce(
		func(child int) error {
			entries, err := c.receiveCounted(child, packed)
			t.merge(viewAs[lexeme](entries)) // none after an error
			return err
		},
		func(parent int) error {
			n := t.pack(viewAs[lexeme](packed))
			return c.sendCounted(parent, packed[:2*n])
		})
}

// lexicon is a hash table of words and their numbers, with linear probing. Its
// length is a power of two, and no word is 0.
type lexicon []lexeme

type lexeme struct{ word, count uint64 }

// lexiconWords returns how many words of memory a table for n different words
// takes: two thirds of its entries are in use at the most.
func lexiconWords(n int64) int64 { return 2 << bits.Len64(uint64(n+n/2)) }

// countWords counts the words of text, which are set apart by bytes up to the space.
func (t lexicon) countWords(text []byte) {
	var word uint64
	shift := 0
	for _, letter := range text {
		switch {
		case letter > ' ':
			word |= uint64(letter) << (shift & 63)
			shift += 8
		case shift > 0:
			t.add(word, 1)
			word, shift = 0, 0
		}
	}
	if shift > 0 {
		t.add(word, 1)
	}
}

// add adds n to the count of word.
func (t lexicon) add(word, n uint64) {
	mask := uint64(len(t) - 1)
	for at := home(word, len(t)); ; at = (at + 1) & mask {
		switch e := &t[at&mask]; e.word {
		case word:
			e.count += n
			return
		case 0:
			e.word, e.count = word, n
			return
		}
	}
}

// home returns the place of key in a table of size entries, a power of two: the
// high bits of its product with 2^64 divided by the golden ratio (Knuth, vol. 3,
// section 6.4).
func home(key uint64, size int) uint64 {
	return key * 0x9e3779b97f4a7c15 >> (64 - (bits.Len(uint(size))-1)&63)
}

// merge adds the entries of others; those without a word are empty.
func (t lexicon) merge(others []lexeme) {
	for _, e := range others {
		if e.word != 0 {
			t.add(e.word, e.count)
		}
	}
}

// pack copies the entries in use to the front of room, and returns how many
// they are.
func (t lexicon) pack(room []lexeme) (n int) {
	for _, e := range t {
		if e.word != 0 {
			room[n] = e
			n++
		}
	}
	return n
}

// result does not depend on the order in which words came in.
func (t lexicon) result() uint64 {
	var sum uint64
	for _, e := range t {
		if e.word != 0 {
			sum += mix(int64(e.word), e.count)
		}
	}
	return sum
}
