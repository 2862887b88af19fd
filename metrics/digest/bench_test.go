package digest

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"golang.org/x/perf/benchfmt"
)

// TestBenchIsReadByBenchfmt reads bench.txt with the Go project's own reader.
func TestBenchIsReadByBenchfmt(t *testing.T) {
	awkward := cell(experiments.Goroutines, 2)
	awkward.ID, awkward.Label = "odd-2", "my own label/with = signs"
	awkward.Params = map[string]string{"path": "a b/c=d-5", "": ""}
	twin := awkward
	twin.ID, twin.Placement.Policy = "twin-2", "scatter"
	dir := fake{cells: append(threeCells(), awkward, twin), trials: 3}.write(t)
	d := load(t, dir)
	d.Manifest.Machine.CPUModel, d.Manifest.Machine.OS, d.Manifest.Machine.Arch = "Some\n CPU  @ 3 GHz", "linux", "amd64"
	path := filepath.Join(dir, record.BenchFile)
	if err := d.WriteBench(path); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	of := map[string][]float64{} // full name: wall times
	r := benchfmt.NewReader(f, "bench.txt")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.Result:
			wall, ok := rec.Value("sec/op")
			if !ok || rec.GetConfig("cpu") != "Some CPU @ 3 GHz" || rec.GetConfig("goos") != "linux" || rec.Iters != 1 {
				t.Errorf("line %q: sec/op %v, cpu %q", rec.Name, ok, rec.GetConfig("cpu"))
			}
			of[string(rec.Name)] = append(of[string(rec.Name)], wall)
		case *benchfmt.UnitMetadata:
		default:
			t.Errorf("%T: %v", rec, rec)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if len(of) != len(d.Cells) {
		t.Errorf("%d names for %d cells: %v", len(of), len(d.Cells), of)
	}
	const name = "Sieve/n=9/segment=64/model=processes/cores=2/workers=2/schedule=static-2"
	for i, want := range d.Cells[3].Values["wall_s"] {
		if got := of[name]; len(got) != 3 || math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("%s is %v, want %v at %d", name, got, want, i)
		}
	}
}

func TestBenchstatReadsBench(t *testing.T) {
	if testing.Short() {
		t.Skip("builds benchstat")
	}
	dir := fake{cells: threeCells()[2:], trials: 8}.write(t)
	if err := load(t, dir).WriteDerived(dir); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "benchstat", "-col", "/model", filepath.Join(dir, record.BenchFile))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("benchstat: %v\n%s", err, complaints.String())
	}
	for _, want := range []string{"goroutines", "processes", "sec/op", "cpu-sec/op", "vs base", "n=8"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("benchstat shows no %q:\n%s%s", want, out, complaints.String())
		}
	}
}
