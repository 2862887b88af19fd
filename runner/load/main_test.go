package load

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var program string

// TestMain builds the real trialhost: every test here starts real generators.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "forklore-load-*")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "trialhost")
	build := exec.Command("go", "build", "-tags", "light", "-o", program, "forklore/runner/trialhost")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
