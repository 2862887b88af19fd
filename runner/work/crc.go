package work

import (
	"context"
	"encoding/binary"
	"hash/crc32"
)

func init() { describe("crc", crcKind) }

func crcKind() Kind {
	return Kind{
		Name:    "crc",
		Summary: "CRC-32C of private buffers: the core's CRC instruction, data in cache",
		Doc: `Definition: each worker owns a buffer of size bytes, byte j of it the low byte of
j*167+13; item i writes its number into the first 8 bytes, little endian, and computes
the CRC-32 of the buffer with Castagnoli's polynomial, reflected, as iSCSI and ext4
do. The item's result is the CRC.
Source: Castagnoli, Braeuer and Herrmann, IEEE Transactions on Communications 41,
1993; Go's hash/crc32; tested against the vectors of RFC 3720 (iSCSI), appendix B.4,
and against the division of polynomials bit by bit.
Unit: bytes checked.
Stresses: the crc32 instruction where the core has it (amd64, arm64), some tens of
bytes a nanosecond: with buffers beyond the private caches, the bandwidth behind them.
Does not say: anything of stores, nor of CRCs without such an instruction.`,
		Item: "a private buffer checked",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "1048576", Min: 8, Max: 1 << 30, Doc: "bytes checked by an item"},
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		New:      newCRC,
	}
}

type checking struct {
	size    int64
	table   *crc32.Table
	buffers slots[[]byte]
}

func newCRC(ps Params, env Env) (Kernel, error) {
	return &checking{size: ps.Bytes("size"), table: crc32.MakeTable(crc32.Castagnoli), buffers: newSlots[[]byte](env)}, nil
}

func (k *checking) Prepare(_ context.Context, slot int) error {
	buffer := make([]byte, k.size)
	for j := range buffer {
		buffer[j] = byte(j*167 + 13)
	}
	*k.buffers.of(slot) = buffer
	return nil
}

func (k *checking) Do(ctx context.Context, t Task) (uint64, error) {
	buffer := *k.buffers.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		binary.LittleEndian.PutUint64(buffer, uint64(i))
		return uint64(crc32.Checksum(buffer, k.table)), nil
	})
}
