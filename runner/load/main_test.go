package load

import (
	"path/filepath"
	"testing"

	"forklore/internal/built"
)

var program string

// TestMain builds the real trialhost: every test here starts real generators.
func TestMain(m *testing.M) {
	built.Main(m, func(dir string) { program = filepath.Join(dir, built.Light) }, built.Light)
}
