package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"forklore/runner/cli"
)

var update = flag.Bool("update", false, "rebuild what is derived in results/reference")

// The published run says what this code makes of its raw files.
func TestReferenceRunIsCurrent(t *testing.T) {
	reference := filepath.Join("results", "reference")
	dir := reference
	if !*update {
		dir = t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(reference)); err != nil {
			t.Fatal(err)
		}
	}
	var out, complaints strings.Builder
	if code := cli.Main([]string{"report", dir}, &out, &complaints); code != 0 {
		t.Fatalf("exit code %d: %s", code, complaints.String())
	}
	if *update {
		if err := os.Remove(filepath.Join(dir, "report.html")); err != nil { // a megabyte that report.md says in 20 kB
			t.Fatal(err)
		}
		return
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("last digits differ where the processor fuses multiply and add")
	}
	err := fs.WalkDir(os.DirFS(reference), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".png") {
			return err
		}
		want, err := os.ReadFile(filepath.Join(reference, name))
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && string(got) != string(want) {
			t.Errorf("%s is not what the raw files give now: go test -run Reference -update . rebuilds it", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
