package work

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel's list of nodes says whether any page can be far at all, and
// memory that nobody touched lies on no node.
func TestFarShare(t *testing.T) {
	online, err := os.ReadFile("/sys/devices/system/node/online")
	if err != nil {
		t.Skip(err)
	}
	mapping, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mapping)
	words := wordsOf(mapping)
	if _, ok := nodesOf(words); !ok {
		t.Skip("the kernel does not tell where pages lie")
	}
	if share, ok := farShare(words); ok {
		t.Errorf("untouched memory: %v of its pages lie elsewhere, want no answer", share)
	}
	for j := range words {
		words[j] = 1
	}
	share, ok := farShare(words)
	if !ok || share < 0 || share > 1 {
		t.Errorf("touched memory: share %v, %v", share, ok)
	}
	if one := !strings.ContainsAny(string(online), ",-"); one && share != 0 {
		t.Errorf("on one node %v of the pages lie on another", share)
	}
}
