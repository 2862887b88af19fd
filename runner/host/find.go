package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"forklore/runner/work"
)

// Find returns the path of trialhost, which stands beside this program, and
// checks that both were built from the same version.
func Find() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find trialhost: %w", err)
	}
	path := filepath.Join(filepath.Dir(self), "trialhost")
	return path, Check(path)
}

// Heavy returns the path of the trialhost that links what every start would pay
// for: it stands beside the light one.
func Heavy(program string) string { return program + "-heavy" }

// Server returns the path of the trialhost that links network servers, and stands beside the light
// one.
func Server(program string) string { return program + "-server" }

// Check tells whether path is a trialhost of this version.
func Check(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: it is the program that is measured; run make to build both binaries into bin/", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.WaitDelay = time.Second // whatever holds its stdout
	out, err := cmd.Output()
	if short := (work.Unavailable{}); errors.As(work.StartShortage(err), &short) {
		return fmt.Errorf("%s does not answer: %w", path, short)
	}
	if err != nil {
		return fmt.Errorf("%s does not answer: %w: run make to build it again", path, err)
	}
	if v := strings.TrimSpace(string(out)); v != Version {
		return fmt.Errorf("%s is version %q, this forklore is %q: run make to build both from the same source", path, v, Version)
	}
	return nil
}
