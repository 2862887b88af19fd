package work

import (
	"bytes"
	"testing"
)

var sealSizes = []int{1, 2, 7, 8, 9, 15, 16, 17, 100, 4095, 4096, 4100, 4104, 4110, 8192, 100000}

func TestSealIsRead(t *testing.T) {
	for _, n := range sealSizes {
		for _, last := range []bool{false, true} {
			m := blank(n)
			want := seal(m, 42, last)
			if sum, end := unseal(m); sum != want || end != last || sum != sealSum(42, n) {
				t.Errorf("%d bytes: read %x %v, sealed %x %v, computed %x", n, sum, end, want, last, sealSum(42, n))
			}
			if n >= 8 && sealSum(43, n) == want {
				t.Errorf("%d bytes: another seed gives the same sum", n)
			}
		}
	}
}

// A word that is not the one sealed shows: every byte of the first page's word,
// and one in each page.
func TestSealShowsChanges(t *testing.T) {
	for _, n := range sealSizes {
		m := blank(n)
		want := seal(m, 7, false)
		places := []int{n - 1}
		for at := range min(n, 8) {
			places = append(places, at)
		}
		for at := sealStep; at+8 <= n; at += sealStep {
			places = append(places, at)
		}
		for _, at := range places {
			m[at] ^= 0x80
			if sum, _ := unseal(m); sum == want {
				t.Errorf("%d bytes: byte %d does not count", n, at)
			}
			m[at] ^= 0x80
		}
	}
}

// The last message of a round is compared whole: bytes between the sealed words
// count too.
func TestMailComparesWhole(t *testing.T) {
	const n = 10000
	m := newMail(n)
	if bytes.Equal(m.in, m.out) {
		t.Fatal("a message that never came looks as if it had")
	}
	seal(m.out, 5, true)
	copy(m.in, m.out)
	if err := m.check(5, true); err != nil {
		t.Error(err)
	}
	for _, at := range []int{0, 100, 5000, n - 1} {
		m.in[at] ^= 1
		if err := m.check(5, true); err == nil {
			t.Errorf("byte %d does not count", at)
		}
		m.in[at] ^= 1
	}
	if err := m.check(6, true); err == nil {
		t.Error("another item's message was taken")
	}
}
