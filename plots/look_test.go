package plots

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLook draws every scenario into the folder that FORKLORE_LOOK names, for
// the eye; without it there is nothing to look at.
func TestLook(t *testing.T) {
	dir := os.Getenv("FORKLORE_LOOK")
	if dir == "" {
		t.Skip("FORKLORE_LOOK is not set")
	}
	for name, d := range scenarios() {
		if _, err := Render(d, filepath.Join(dir, name), nil); err != nil {
			t.Error(name, err)
		}
	}
}
