package plots

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFound agrees with what was rendered, and trusts no picture of other
// numbers.
func TestFound(t *testing.T) {
	d, dir := scenarios()["golden"], t.TempDir()
	drawn, err := Render(d, dir, Options{DPI: 50})
	if err != nil {
		t.Fatal(err)
	}
	found, err := Found(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(drawn, found); diff != "" {
		t.Errorf("(-rendered +found):\n%s", diff)
	}
	write(t, filepath.Join(dir, Folder, "trials.csv"), []byte("of another day\n"))
	write(t, filepath.Join(dir, Folder, "cpu.png"), read(t, filepath.Join(dir, Folder, "speedup.png")))
	if err := os.Remove(filepath.Join(dir, Folder, "memory.png")); err != nil {
		t.Fatal(err)
	}
	if found, err = Found(d, dir); err != nil {
		t.Fatal(err)
	}
	for i, f := range found {
		if drawn[i].Absent != "" {
			continue
		}
		stale := f.Name == "trials" || f.Name == "cpu"
		if missing := f.Name == "memory"; missing != (f.Absent != "") || stale != (f.Spots == nil) {
			t.Errorf("%s: absent %q, %d spots", f.Name, f.Absent, len(f.Spots))
		}
	}
}
