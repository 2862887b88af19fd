package link

import (
	"bytes"
	"os"
)

// setting returns the present value of a setting of the kernel, or why it is
// not known.
func setting(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "(unknown: " + err.Error() + ")"
	}
	return string(bytes.TrimSpace(text))
}

// depth is how many messages a channel of slots holds: as many as fit into 64
// KiB, as in a pipe, but at least one and at most 64.
func depth(p Plan) int { return min(max(64<<10/p.Max, 1), 64) }
