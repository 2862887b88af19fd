package record

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forklore/experiments"

	"github.com/google/go-cmp/cmp"
)

var moment = time.Date(2026, 11, 22, 11, 15, 0, 0, time.FixedZone("", 3600))

func TestCreateNeverReuses(t *testing.T) {
	root := t.TempDir()
	want := []string{"20261122T101500Z-lab-7.x", "20261122T101500Z-lab-7.x-2", "20261122T101500Z-lab-7.x-3"}
	for _, name := range want {
		f, err := Create(root, "quick", "lab/7.x", moment)
		if err != nil {
			t.Fatal(err)
		}
		if f.Dir != filepath.Join(root, "quick", name) || f.Name() != name {
			t.Errorf("folder %s, want %s", f.Dir, name)
		}
		if info, err := os.Stat(f.Logs()); err != nil || !info.IsDir() {
			t.Errorf("log folder: %v", err)
		}
	}
}

func TestCreateNamesTheRemedy(t *testing.T) {
	root := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(root, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, "quick", "h", moment); err == nil || !strings.Contains(err.Error(), "make it writable") {
		t.Errorf("error %v, want a remedy", err)
	}
}

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"lab7": "lab7", "../../etc": "etc", "": "x", "...": "x", "a b\n": "a-b", "latest": "x", "Zürich": "Z-rich",
	} {
		if got := safe(in, "x"); got != want {
			t.Errorf("safe(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkLatest(t *testing.T) {
	root := t.TempDir()
	for _, host := range []string{"one", "two"} {
		f, err := Create(root, "quick", host, moment)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, f)
		if err := f.MarkLatest(); err != nil {
			t.Fatal(err)
		}
		got, err := Open(filepath.Join(root, "quick", "latest"))
		if err != nil || got.Name() != f.Name() {
			t.Errorf("latest is %v, %v; want %s", got, err, f.Name())
		}
	}
	link, err := os.Readlink(filepath.Join(root, "quick", "latest"))
	if err != nil || filepath.IsAbs(link) {
		t.Errorf("link %q, %v; want a relative one", link, err)
	}
}

func TestMarkLatestWithoutLinks(t *testing.T) {
	root := t.TempDir()
	f, err := Create(root, "quick", "one", moment)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, f)
	// A folder in the link's place stops the link as a file system without links does.
	if err := os.MkdirAll(filepath.Join(root, "quick", "latest", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := f.MarkLatest(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, "quick", "latest")); err != nil {
		t.Fatal(err)
	}
	got, err := Open(filepath.Join(root, "quick", "latest"))
	if err != nil || got.Name() != f.Name() {
		t.Errorf("latest is %v, %v; want %s", got, err, f.Name())
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "holds at least manifest.json and trials.csv") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

func fill(t *testing.T, f *Folder) {
	t.Helper()
	for _, path := range []string{f.Manifest(), f.Trials()} {
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestManifestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), ManifestFile)
	want := &Manifest{
		Format: Format, Name: "quick", Question: "a < b & c?", Command: []string{"forklore", "run"}, Ended: "running",
		Started: moment.UTC(), Plan: experiments.Plan{Seed: 1<<63 + 1, Cells: []experiments.Cell{{ID: "a", Params: map[string]string{"n": "1"}}}},
		Machine: Machine{Host: "h", Missing: map[string]string{"governor": "no file"}},
	}
	if err := WriteManifest(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestManifestRefusals(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"newer", `{"format": 2}`, "its format is 2; this version reads format 1"},
		{"older", `{}`, "its format is 0"},
		{"unknown field", `{"format": 1, "colour": "red"}`, `unknown field "colour"`},
		{"two objects", `{"format": 1} {}`, "invalid character '{' after top-level value"},
		{"torn", `{"format": 1, "na`, "unexpected end"},
	} {
		if _, err := parseManifest([]byte(test.data)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
	path := filepath.Join(t.TempDir(), ManifestFile)
	if err := WriteManifest(path, &Manifest{Machine: Machine{CgroupCPUMax: math.NaN()}}); err == nil {
		t.Error("a NaN was written")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a failed write left a file")
	}
}

func TestProof(t *testing.T) {
	trial := func(model, sum string, items float64) *Trial {
		row := NewTrial()
		row.Workload, row.Model, row.Checksum, row.Items, row.Status = "sieve", model, sum, items, OK
		return &row
	}
	var p Proof
	for i, step := range []struct {
		row  *Trial
		ok   bool
		want string
	}{
		{trial("goroutines", "a", 10), true, "a"},
		{trial("processes", "b", 10), false, "a"},
		{trial("processes", "b", 20), true, "b"},      // another size
		{trial("sequential", "b", 10), true, "b"},     // the loop is right: the first was not
		{trial("goroutines", "a", 10), false, "b"},    // as a second pass finds
		{trial("sequential", "c", 10), false, "b"},    // the first loop stays
		{trial("threads", "z", math.NaN()), true, ""}, // fixed time
		{&Trial{Status: Timeout, Items: 10}, true, ""},
	} {
		if ok, want := p.Check(step.row); ok != step.ok || want != step.want {
			t.Errorf("step %d: got %v, %q; want %v, %q", i, ok, want, step.ok, step.want)
		}
	}
	if p.Overturned != 1 {
		t.Errorf("overturned %d, want 1", p.Overturned)
	}
}
