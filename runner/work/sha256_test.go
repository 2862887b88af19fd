package work

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// The examples that NIST publishes with FIPS 180-4, and the empty message of
// the CAVP short-message vectors.
func TestSHA256Vectors(t *testing.T) {
	for message, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		strings.Repeat("a", 1_000_000):                             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	} {
		if got := sha256.Sum256([]byte(message)); hex.EncodeToString(got[:]) != want {
			t.Errorf("%d bytes: got %x, want %s", len(message), got, want)
		}
	}
}

// Sums of items 0 to 4 as Python's hashlib computes them from the definition
// in the kernel's Doc.
func TestSHA256Items(t *testing.T) {
	for size, want := range map[string]uint64{
		"8": 0x20c09710107283e0, "100": 0xdb180e7dcd9f697e, "4096": 0xad70d6659ff3e87d,
	} {
		if got := sumOf(t, "sha256", map[string]string{"size": size}, 5); got != want {
			t.Errorf("size %s: sum %x, want %x", size, got, want)
		}
	}
}
