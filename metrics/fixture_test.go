package metrics

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// machines are the recorded systems under testdata.
var machines = []string{"xeon", "container", "offline", "hybrid", "arm", "empty"}

// fixture unpacks testdata/<machine>.txtar. A file name with a CPU list in
// braces, cpu{0-15,32}/x, stands for one file of that content per number.
func fixture(t testing.TB, machine string) FS {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", machine+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range archive.Files {
		for _, name := range expand(t, f.Name) {
			write(t, filepath.Join(root, name), f.Data)
		}
	}
	return FS{Root: root}
}

func expand(t testing.TB, name string) []string {
	t.Helper()
	before, rest, ok := strings.Cut(name, "{")
	if !ok {
		return []string{name}
	}
	list, after, _ := strings.Cut(rest, "}")
	cpus, err := ParseCPUList(list)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(cpus))
	for i, n := range cpus {
		names[i] = before + strconv.Itoa(n) + after
	}
	return names
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
