package runner

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"forklore/metrics/record"
)

// smallDisk returns a folder that holds no more than size.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(small, unix.MNT_DETACH) })
	return small
}

// A disk that fills in the middle of a run ends it, with every row that was
// written whole.
func TestFullDiskKeepsRows(t *testing.T) {
	small := smallDisk(t, "96k")
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

// Once there is room again, a run whose disk filled goes on and ends whole, also
// in the files that only some runs have.
func TestFullDiskResumes(t *testing.T) {
	small := smallDisk(t, "160k")
	cfg := campaignOf(t, `
question: Does a full disk lose anything?
workloads: [{use: mutex, items: 8, sample: 1}]
models: [goroutines]
cores: [1]
trials: 80
iterations: 2
sample: {every: 0s}
`)
	cfg.Root = small
	out, err := Run(t.Context(), cfg)
	if !errors.Is(err, unix.ENOSPC) || out.Trials == 80 {
		t.Fatalf("got %v after %d trials, want a full disk", err, out.Trials)
	}
	if err := unix.Mount("tmpfs", small, "tmpfs", unix.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	again, err := Resume(t.Context(), Config{Program: program}, out.Dir)
	if err != nil || again.Kept != out.Trials || again.Trials != 80 || again.Failed != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	folder := record.Folder{Dir: out.Dir}
	iterations, distributions := map[int]int{}, record.Set{}
	for i, err := range record.ReadIterations(folder.Iterations()) {
		if err != nil {
			t.Fatal(err)
		}
		iterations[i.Trial]++
	}
	for b, err := range record.ReadHistograms(folder.Histograms()) {
		if err != nil {
			t.Fatal(err)
		}
		distributions.Add(b.Trial)
	}
	for trial := 1; trial <= 80; trial++ {
		if iterations[trial] != 2 || !distributions.Has(trial) {
			t.Errorf("trial %d has %d iterations, a distribution: %v", trial, iterations[trial], distributions.Has(trial))
		}
	}
}
