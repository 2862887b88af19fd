package work

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const farProbes = 1024

// farShare returns which share of the pages of words lie on another NUMA node
// than the calling thread's CPU; false where the kernel does not tell. It looks
// at 1024 pages at the most, spread over all.
func farShare(words []uint64) (share float64, ok bool) {
	var cpu, here uint32
	if _, _, e := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), uintptr(unsafe.Pointer(&here)), 0); e != 0 {
		return 0, false
	}
	nodes, ok := nodesOf(words)
	if !ok {
		return 0, false
	}
	far, known := 0, 0
	for _, node := range nodes {
		if node >= 0 { // else why the page has none: it was never touched, or not by this process
			known++
		}
		if node >= 0 && node != int32(here) {
			far++
		}
	}
	return float64(far) / float64(known), known > 0
}

// nodesOf asks the kernel on which node each of some pages of words lies: a
// call of move_pages that moves nothing.
func nodesOf(words []uint64) (nodes []int32, ok bool) {
	page := os.Getpagesize() / 8
	pages := (len(words) + page - 1) / page
	n := min(farProbes, pages)
	addresses := make([]unsafe.Pointer, n)
	for p := range addresses {
		addresses[p] = unsafe.Pointer(&words[p*pages/n*page])
	}
	nodes = make([]int32, n)
	_, _, e := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(n), uintptr(unsafe.Pointer(&addresses[0])), 0, uintptr(unsafe.Pointer(&nodes[0])), 0)
	return nodes, e == 0
}
