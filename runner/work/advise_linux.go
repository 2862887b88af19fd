package work

import "golang.org/x/sys/unix"

// adviseSmallPages keeps huge pages out of a mapping. A kernel built without
// them answers EINVAL, which is as good.
func adviseSmallPages(mapping []byte) { _ = unix.Madvise(mapping, unix.MADV_NOHUGEPAGE) }
