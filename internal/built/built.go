// Package built builds the project's programs for tests, which start the real ones.
package built

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Names of the programs.
const (
	Forklore = "forklore"
	Light    = "trialhost"
	Heavy    = "trialhost-heavy"
	Server   = "trialhost-server"
)

// how tells what each is built of, as make does.
var how = map[string][]string{
	Forklore: {"forklore"},
	Light:    {"-tags", "light", "forklore/runner/trialhost"},
	Heavy:    {"-tags", "heavy", "forklore/runner/trialhost"},
	Server:   {"forklore/runner/trialhost"},
}

// Into builds programs in a folder.
func Into(dir string, programs ...string) error {
	for _, name := range programs {
		build := exec.Command("go", append([]string{"build", "-o", filepath.Join(dir, name)}, how[name]...)...)
		if name != Forklore {
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// Main builds programs in a folder of their own, calls ready with it, runs the tests and ends
// with their exit code. It is the whole of a TestMain.
func Main(m *testing.M, ready func(dir string), programs ...string) {
	dir, err := os.MkdirTemp("", "forklore-test-*")
	if err != nil {
		panic(err)
	}
	if err := Into(dir, programs...); err != nil {
		panic(err)
	}
	ready(dir)
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
