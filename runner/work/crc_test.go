package work

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
)

func init() {
	cheap["crc"] = map[string]string{"size": "5000"}
}

// slowCRC divides by Castagnoli's polynomial bit by bit.
func slowCRC(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			carry := crc & 1
			crc >>= 1
			if carry == 1 {
				crc ^= 0x82f63b78 // 0x1edc6f41 with its bits reversed
			}
		}
	}
	return ^crc
}

func fill(n int, f func(j int) byte) []byte {
	data := make([]byte, n)
	for j := range data {
		data[j] = f(j)
	}
	return data
}

// The examples of RFC 3720, appendix B.4, and the check value of the catalogue
// of CRC algorithms.
func TestCRCVectors(t *testing.T) {
	kernel, _ := newCRC(Params{"size": "8"}, Env{Slots: 1})
	table := kernel.(*checking).table
	for name, c := range map[string]struct {
		data []byte
		want uint32
	}{
		"32 zeros":             {make([]byte, 32), 0x8a9136aa},
		"32 ones":              {fill(32, func(int) byte { return 0xff }), 0x62a8ab43},
		"32 incrementing":      {fill(32, func(j int) byte { return byte(j) }), 0x46dd794e},
		"32 decrementing":      {fill(32, func(j int) byte { return byte(31 - j) }), 0x113fdb5c},
		"the digits 1 up to 9": {[]byte("123456789"), 0xe3069283},
	} {
		if got := crc32.Checksum(c.data, table); got != c.want {
			t.Errorf("%s: %#08x, want %#08x", name, got, c.want)
		}
		if got := slowCRC(c.data); got != c.want {
			t.Errorf("%s, bit by bit: %#08x, want %#08x", name, got, c.want)
		}
	}
}

func TestCRCItems(t *testing.T) {
	for _, size := range []int{8, 100, 4097} {
		var want uint64
		for i := range int64(5) {
			data := fill(size, func(j int) byte { return byte(j*167 + 13) })
			binary.LittleEndian.PutUint64(data, uint64(i))
			want += mix(i, uint64(slowCRC(data)))
		}
		if got := sumOf(t, "crc", map[string]string{"size": itoa(size)}, 5); got != want {
			t.Errorf("%d bytes: items sum to %x, want %x", size, got, want)
		}
	}
}
