package host

import (
	"bytes"
	"testing"
)

func parcels(list ...parcel) []byte {
	var b []byte
	for _, p := range list {
		one := p.encode()
		b = append(b, one[:]...)
	}
	return b
}

// A parcel that is cut short anywhere costs itself alone, however the stream is cut into reads.
func TestTornParcelsCostThemselves(t *testing.T) {
	first, torn, last := parcel{1, 2, 3}, parcel{4, 5, 6}, parcel{7, 8, 9}
	cut := parcels(torn)
	for n := range parcelB {
		stream := append(append(parcels(first), cut[:n]...), parcels(last, first)...)
		for _, step := range []int{1, 7, 32, 1000} {
			var u unpacker
			var got []parcel
			for at := 0; at < len(stream); at += step {
				got = append(got, u.feed(stream[at:min(at+step, len(stream))])...)
			}
			if len(got) != 3 || got[0] != first || got[1] != last || got[2] != first || u.torn != min(n, 1) {
				t.Fatalf("cut after %d bytes, read by %d: %v, %d torn", n, step, got, u.torn)
			}
		}
	}
}

// Every byte of a parcel counts.
func TestParcelsAreGuarded(t *testing.T) {
	p := parcel{3, 1 << 40, 0xfeed}
	whole := p.encode()
	if got, ok := decodeParcel(whole[:]); !ok || got != p {
		t.Fatalf("%v came back as %v", p, got)
	}
	for i := range whole {
		bad := whole
		bad[i] ^= 1
		if got, ok := decodeParcel(bad[:]); ok {
			t.Errorf("byte %d: %v was taken for a parcel", i, got)
		}
	}
}

// Whatever comes before them, two parcels in a row are found.
func FuzzUnpacker(f *testing.F) {
	one := parcel{1, 2, 3}.encode()
	for _, junk := range [][]byte{nil, one[:20], []byte("PRCLPRCLPRC"), bytes.Repeat([]byte("P"), 100), append(one[:], one[:5]...), make([]byte, 64)} {
		f.Add(junk, uint8(3))
	}
	f.Fuzz(func(t *testing.T, junk []byte, step uint8) {
		want := []parcel{{11, 12, 13}, {14, 15, 16}}
		stream := append(bytes.Clone(junk), parcels(want...)...)
		var u unpacker
		var got []parcel
		for len(stream) > 0 {
			n := min(int(step)+1, len(stream))
			got = append(got, u.feed(stream[:n])...)
			stream = stream[n:]
		}
		if len(got) < 2 || got[len(got)-2] != want[0] || got[len(got)-1] != want[1] {
			t.Errorf("after %q came %v", junk, got)
		}
	})
}
