package plots

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLook draws every scenario into the folder that FORKLORE_LOOK names, for
// the eye; without it there is nothing to look at. FORKLORE_LOOK_AT names the
// scenarios wanted.
func TestLook(t *testing.T) {
	dir := os.Getenv("FORKLORE_LOOK")
	if dir == "" {
		t.Skip("FORKLORE_LOOK is not set")
	}
	wanted := strings.Fields(os.Getenv("FORKLORE_LOOK_AT"))
	for name, d := range scenarios() {
		if len(wanted) > 0 && !slices.Contains(wanted, name) {
			continue
		}
		if _, err := Render(d, filepath.Join(dir, name), Options{Formats: []string{"svg"}}); err != nil {
			t.Error(name, err)
		}
	}
}
