//go:build !light

package work

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"hash/crc32"
	"io"
)

func init() { describe("compress", compressKind) }

func compressKind() Kind {
	return Kind{
		Name:    "compress",
		Summary: "a text compressed by DEFLATE and expanded again: matching, Huffman codes, tables in cache",
		Doc: `Definition: the text has size bytes of words, each with a space after it. With s the
finaliser of SplitMix64 and d = s(n), word n from 0 has rank r = min(d modulo 1024, (d
>> 32) modulo 1024); from w = s(r) it has 2 + w modulo 8 letters, for each of which w
becomes s(w) and chooses letter w modulo 16 of "etaoinshrdlucmfw". Item i writes its
number into the first 8 bytes, little endian, compresses the text as one DEFLATE
stream, expands that and compares. The result is made of the length and the CRC-32
(IEEE) of the stream.
Source: RFC 1951; Go's compress/flate, whose streams the test hands to gzip where that
is installed, and which must expand a stream that was assembled by hand.
Unit: bytes of the text, counted once though they are compressed and expanded.
Stresses: integer units and unpredictable branches; hash tables of about 700 KiB a
worker, so the second-level cache. Expanding allocates some tables for each block.
Does not say: how zlib or other methods do; levels mean other things in each library.
Streams may differ between versions of Go, so checksums compare within one build.`,
		Item: "a text compressed and expanded",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "32768", Min: 16, Max: 256 << 20, Doc: "bytes of the text"},
			{Name: "level", Type: "int", Default: "6", Min: 1, Max: 9, Doc: "effort of the compressor"},
		},
		ItemByte:  func(ps Params) int64 { return ps.Bytes("size") },
		Heavy:     func(Params) bool { return true },
		New:       newCompress,
		Allocates: true,
	}
}

type compressing struct {
	size    int64
	level   int
	workers slots[compressor]
}

type compressor struct {
	text, expanded []byte
	stream         bytes.Buffer
	source         bytes.Reader // of the stream
	w              *flate.Writer
	r              io.ReadCloser
}

func newCompress(ps Params, env Env) (Kernel, error) {
	return &compressing{size: ps.Bytes("size"), level: int(ps.Int("level")), workers: newSlots[compressor](env)}, nil
}

func (k *compressing) Prepare(_ context.Context, slot int) (err error) {
	c := k.workers.of(slot)
	c.text, c.expanded = wordyText(k.size), make([]byte, k.size)
	c.r = flate.NewReader(&c.source)
	if c.w, err = flate.NewWriter(&c.stream, k.level); err != nil {
		return fmt.Errorf("compress: make a compressor of level %d: %w", k.level, err)
	}
	_, err = c.roundTrip(0) // its tables are touched here, before the gate
	return err
}

func (k *compressing) Do(ctx context.Context, t Task) (uint64, error) {
	c := k.workers.of(t.Slot)
	return sumItems(ctx, t, c.roundTrip)
}

func (c *compressor) roundTrip(i int64) (uint64, error) {
	for b := range 8 {
		c.text[b] = byte(i >> (8 * b))
	}
	if err := c.compress(); err != nil {
		return 0, fmt.Errorf("compress: %d bytes: %w", len(c.text), err)
	}
	if err := c.expand(); err != nil {
		return 0, fmt.Errorf("compress: expand a stream of %d bytes: %w", c.stream.Len(), err)
	}
	if !bytes.Equal(c.text, c.expanded) {
		return 0, fmt.Errorf("compress: %d bytes are not what they were after compressing and expanding", len(c.text))
	}
	return uint64(c.stream.Len())<<32 | uint64(crc32.ChecksumIEEE(c.stream.Bytes())), nil
}

func (c *compressor) compress() error {
	c.stream.Reset()
	c.w.Reset(&c.stream)
	if _, err := c.w.Write(c.text); err != nil {
		return err
	}
	return c.w.Close()
}

// expand fills c.expanded and checks that the stream ends there.
func (c *compressor) expand() error {
	c.source.Reset(c.stream.Bytes())
	if err := c.r.(flate.Resetter).Reset(&c.source, nil); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.r, c.expanded); err != nil {
		return err
	}
	var more [1]byte
	if n, err := c.r.Read(more[:]); n != 0 || err != io.EOF {
		return fmt.Errorf("the stream goes on after %d bytes: %v", len(c.expanded), err)
	}
	return nil
}

// wordyText makes size bytes of words.
func wordyText(size int64) []byte {
	text := make([]byte, 0, size+16)
	for n := uint64(0); int64(len(text)) < size; n++ {
		draw := scramble(n)
		word := scramble(min(draw%1024, draw>>32%1024))
		for range 2 + word%8 {
			word = scramble(word)
			text = append(text, "etaoinshrdlucmfw"[word%16])
		}
		text = append(text, ' ')
	}
	return text[:size]
}
