package work

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Sums, and digests of the file, for items 0 to 2, as a Python program computes
// them from SplitMix64 alone.
func TestFsyncWritesItsRecords(t *testing.T) {
	for _, c := range []struct {
		size, digest string
		sum          uint64
	}{
		{"8", "dad299e0cebc35f6505a0b5f20a6424de665324d191557fc7fba034eea546730", 0x9f279b9ba00cbf8e},
		{"20", "d946cb33f708d0966cfb973b04f09f23b538705d2453debabc01316aa4bc6737", 0x517e101688e57eab},
		{"4096", "a6bb60b4add328d6e69a61b11594d49cfc5bef96bbd047a731ee853da6372205", 0xfd4ee68b6f115336},
	} {
		dir := t.TempDir()
		k := newKernel(t, "fsync", map[string]string{"size": c.size}, Env{Slots: 2, Rank: 5, Dir: dir})
		sum, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3, Slot: 1})
		if err != nil || sum != c.sum {
			t.Errorf("size %s: sum %x, %v; want %x", c.size, sum, err, c.sum)
		}
		content, err := os.ReadFile(filepath.Join(dir, "fsync-6"))
		if err != nil {
			t.Fatal(err)
		}
		if digest := sha256.Sum256(content); hex.EncodeToString(digest[:]) != c.digest {
			t.Errorf("size %s: the file's %d bytes have digest %x, want %s", c.size, len(content), digest, c.digest)
		}
		if other, err := os.ReadFile(filepath.Join(dir, "fsync-5")); err != nil || len(other) > 0 {
			t.Errorf("the idle worker's file holds %d bytes, %v", len(other), err)
		}
	}
}

func TestFsyncCloseChecksLength(t *testing.T) {
	dir := t.TempDir()
	k, _ := newFsync(Params{"size": "100"}, Env{Slots: 1, Dir: dir})
	prepare(t, k, 0)
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "fsync-0"), 250); err != nil {
		t.Fatal(err)
	}
	err := k.(Closer).Close()
	if err == nil || !strings.Contains(err.Error(), "is 250 bytes long; 300 were written") {
		t.Errorf("a file that lost its end: %v", err)
	}
}

// /dev/full answers every write with ENOSPC.
func TestFsyncOnFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "fsync-0")); err != nil {
		t.Fatal(err)
	}
	k := newKernel(t, "fsync", nil, Env{Slots: 1, Dir: dir})
	_, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want ENOSPC", err)
	}
	for _, part := range []string{"append 16384 bytes after 0", "fsync-0", "free space there"} {
		if !strings.Contains(Shortage(err).Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
}

func TestFsyncWithoutFolder(t *testing.T) {
	k, _ := newFsync(Params{"size": "100"}, Env{Slots: 1, Dir: filepath.Join(t.TempDir(), "absent")})
	err := k.(Preparer).Prepare(t.Context(), 0)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "must be writable") {
		t.Errorf("got %v", err)
	}
}

func TestFsyncRecordsDiffer(t *testing.T) {
	a, b := make([]byte, 64), make([]byte, 64)
	if fillRecord(a, 1) == fillRecord(b, 2) || bytes.Equal(a, b) {
		t.Error("items 1 and 2 write the same")
	}
}
