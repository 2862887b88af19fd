package metrics

import (
	"strconv"
	"strings"
)

// OOMKills returns how many processes the kernel has killed for want of memory
// since boot, or 0 where it does not say. Two readings around a trial tell
// whether a SIGKILL was one of them.
func (s FS) OOMKills() int {
	text, err := s.read("proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				return 0
			}
			return kills
		}
	}
	return 0
}
