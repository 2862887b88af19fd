package work

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
)

func init() { describe("sha256", sha256Kind) }

func sha256Kind() Kind {
	return Kind{
		Name:    "sha256",
		Summary: "hashing private buffers: a tight instruction stream with its data in cache",
		Doc: `Definition: each worker owns a buffer of size bytes, byte j of it the low byte of
j*167+13; item i writes its number into the first 8 bytes, little endian, and
hashes the buffer with SHA-256. The item's result is the first 8 bytes of the
digest, big endian.
Source: FIPS 180-4, by Go's crypto/sha256; the primitive is tested against the
vectors of NIST, the items against an independent digest.
Unit: bytes hashed.
Stresses: the core's hash instructions where it has them, else integer units;
buffers up to a few hundred KiB stay in the private caches.
Does not say: anything of memory bandwidth, unless size exceeds the caches.`,
		Item: "a private buffer hashed",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "262144", Min: 8, Max: 1 << 30, Doc: "bytes hashed by an item"},
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		New:      newSHA256,
	}
}

type hashing struct {
	size    int64
	buffers slots[[]byte]
}

func newSHA256(ps Params, env Env) (Kernel, error) {
	return &hashing{size: ps.Bytes("size"), buffers: newSlots[[]byte](env)}, nil
}

func (k *hashing) Prepare(_ context.Context, slot int) error {
	buffer := make([]byte, k.size)
	for j := range buffer {
		buffer[j] = byte(j*167 + 13)
	}
	*k.buffers.of(slot) = buffer
	return nil
}

func (k *hashing) Do(ctx context.Context, t Task) (uint64, error) {
	buffer := *k.buffers.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		binary.LittleEndian.PutUint64(buffer, uint64(i))
		digest := sha256.Sum256(buffer)
		return binary.BigEndian.Uint64(digest[:]), nil
	})
}
