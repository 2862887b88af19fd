package host

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// parcel is a result on its way through the pipe that all workers share: 32 bytes, which the
// kernel writes at once or not at all, unless their writer dies or does not want it.
type parcel struct {
	rank uint32 // of the sender, or marker
	item uint64 // or the marker's number
	sum  uint64
}

// marker is the rank of a parcel of the host's own: all that was sent before it has been read.
const marker = 1<<32 - 1

const (
	parcelB    = 32
	crcAt      = 24 // of all bytes before it; four zeros follow it
	parcelMark = "PRCL"
	tornB      = 20 // what a victim writes of a parcel before it dies
)

func (p parcel) encode() [parcelB]byte {
	var b [parcelB]byte
	copy(b[:], parcelMark)
	binary.LittleEndian.PutUint32(b[4:], p.rank)
	binary.LittleEndian.PutUint64(b[8:], p.item)
	binary.LittleEndian.PutUint64(b[16:], p.sum)
	binary.LittleEndian.PutUint32(b[crcAt:], crc32.ChecksumIEEE(b[:crcAt]))
	return b
}

func decodeParcel(b []byte) (p parcel, ok bool) {
	if len(b) < parcelB || string(b[:4]) != parcelMark || binary.LittleEndian.Uint32(b[crcAt:]) != crc32.ChecksumIEEE(b[:crcAt]) ||
		binary.LittleEndian.Uint32(b[crcAt+4:]) != 0 {
		return p, false
	}
	return parcel{binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])}, true
}

// unpacker takes a stream of parcels apart, some of which may be cut short.
type unpacker struct {
	rest []byte
	torn int // stretches of bytes that are no parcel
	lost bool
}

// feed adds bytes of the stream and returns the parcels that are whole by now. Of bytes
// that are no parcel it tries every next place where one might begin: what follows a
// torn one is not lost with it.
func (u *unpacker) feed(b []byte) []parcel {
	u.rest = append(u.rest, b...)
	var all []parcel
	for len(u.rest) >= parcelB {
		if p, ok := decodeParcel(u.rest); ok {
			all, u.rest, u.lost = append(all, p), u.rest[parcelB:], false
			continue
		}
		if !u.lost {
			u.torn++
		}
		u.lost = true
		next := bytes.IndexByte(u.rest[1:], parcelMark[0])
		if next < 0 {
			next = len(u.rest) - 1
		}
		u.rest = u.rest[1+next:]
	}
	return all
}
