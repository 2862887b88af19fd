package runner

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that fills in the middle of a run ends it, with every row that was
// written whole.
func TestFullDiskKeepsRows(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=96k"); err != nil {
		t.Skipf("a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	cfg := campaignOf(t, `
question: Does a full disk lose anything?
workloads: [{use: sieve, items: 2, segment: 1024}]
models: [goroutines]
cores: [1]
trials: 1000
sample: {every: 10ms}
`)
	cfg.Root = small
	out, err := Run(t.Context(), cfg)
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("got %v after %d trials, want a full disk", err, out.Trials)
	}
	if !strings.Contains(err.Error(), "trials, which are safe") {
		t.Errorf("the message does not say what is kept: %v", err)
	}
	if rows := rowsOf(t, out.Dir); len(rows) != out.Trials || len(rows) == 0 {
		t.Errorf("%d rows are in the file, %d were written", len(rows), out.Trials)
	}
}
