package work

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os/exec"
	"testing"
)

func init() {
	cheap["compress"] = map[string]string{"size": "1000"}
}

// A stream assembled by hand from RFC 1951: a stored block with "ab", then a
// block with fixed codes: "c", a match of length 3 at distance 1, end of block.
func TestCompressExpandsByHand(t *testing.T) {
	var bits []int
	number := func(value, n int) { // least bit first
		for b := range n {
			bits = append(bits, value>>b&1)
		}
	}
	code := func(value, n int) { // Huffman codes: most significant bit first
		for b := n - 1; b >= 0; b-- {
			bits = append(bits, value>>b&1)
		}
	}
	number(0, 1) // not the last block
	number(0, 2) // stored
	number(0, 5) // to the end of the byte
	number(2, 16)
	number(0xffff-2, 16)
	number('a', 8)
	number('b', 8)
	number(1, 1)      // the last block
	number(1, 2)      // fixed codes
	code(0x30+'c', 8) // literals 0 to 143: 8 bits from 00110000
	code(257-256, 7)  // length 3: 7 bits from 0000000 for 256
	code(0, 5)        // distance 1
	code(0, 7)        // 256, the end of the block
	stream := make([]byte, (len(bits)+7)/8)
	for b, bit := range bits {
		stream[b/8] |= byte(bit << (b % 8))
	}
	got, err := io.ReadAll(flate.NewReader(bytes.NewReader(stream)))
	if err != nil || string(got) != "abcccc" {
		t.Errorf("expanded to %q, %v", got, err)
	}
}

// What Do compresses, gzip must expand to the text, at every level.
func TestCompressAgainstGzip(t *testing.T) {
	gzip, err := exec.LookPath("gzip")
	if err != nil {
		t.Skip(err)
	}
	for _, level := range []string{"1", "6", "9"} {
		k := newKernel(t, "compress", map[string]string{"size": "200000", "level": level}, Env{Slots: 1}).(*compressing)
		sum, err := k.Do(t.Context(), Task{Lo: 7, Hi: 8})
		if err != nil {
			t.Fatal(err)
		}
		stream := k.workers.of(0).stream.Bytes()
		if want := mix(7, uint64(len(stream))<<32|uint64(crc32.ChecksumIEEE(stream))); sum != want {
			t.Errorf("level %s: sum %x, want %x", level, sum, want)
		}
		want := wordyText(200000)
		binary.LittleEndian.PutUint64(want, 7)
		member := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255} // RFC 1952: a header without name or time
		member = append(member, stream...)
		member = binary.LittleEndian.AppendUint32(member, crc32.ChecksumIEEE(want))
		member = binary.LittleEndian.AppendUint32(member, uint32(len(want)))
		expand := exec.Command(gzip, "-dc")
		expand.Stdin = bytes.NewReader(member)
		got, err := expand.Output()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("level %s: gzip expands to %d bytes, %v", level, len(got), err)
		}
		if len(stream)*2 > len(want) || len(stream)*10 < len(want) {
			t.Errorf("level %s: %d bytes become %d: that is no text", level, len(want), len(stream))
		}
	}
}

// A stream that expands to something else, to less or to more is an error.
func TestCompressFindsDamage(t *testing.T) {
	for name, damage := range map[string]func(c *compressor){
		"more": func(c *compressor) { c.expanded = c.expanded[:900] },
		"less": func(c *compressor) { c.expanded = make([]byte, 1001) },
	} {
		k := newKernel(t, "compress", map[string]string{"size": "1000"}, Env{Slots: 1}).(*compressing)
		damage(k.workers.of(0))
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1}); err == nil {
			t.Errorf("%s than the text was accepted", name)
		}
	}
}
