package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FS says where the kernel's files are. The zero value reads the running
// system; with a Root, "proc" and "sys" are looked for below it.
type FS struct{ Root string }

func (s FS) live() bool { return s.Root == "" || s.Root == "/" }

func (s FS) path(name string) string { return filepath.Join("/", s.Root, name) }

// read returns the file without the newlines at its end. An error names the
// file as it is called on the machine, whatever the root.
func (s FS) read(name string) (string, error) {
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		return "", fileError(name, err)
	}
	return strings.TrimRight(string(b), "\n"), nil
}

func fileError(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("read /%s: %w", name, err)
}

func (s FS) exists(name string) bool {
	_, err := os.Stat(s.path(name))
	return err == nil
}

// names lists a directory in lexical order, or nothing when it cannot be read.
func (s FS) names(dir string) []string {
	entries, err := os.ReadDir(s.path(dir))
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// integer reads a file that holds one whole number.
func (s FS) integer(name string) (int, error) {
	text, err := s.read(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("read /%s: %q is not a whole number", name, text)
	}
	return n, nil
}

// cpus reads a file that holds a CPU list.
func (s FS) cpus(name string) ([]int, error) {
	text, err := s.read(name)
	if err != nil {
		return nil, err
	}
	list, err := ParseCPUList(text)
	if err != nil {
		return nil, fmt.Errorf("read /%s: %w", name, err)
	}
	return list, nil
}

// field returns the first value of key in lines of the form "key<sep> value".
func field(text, key, sep string) (string, bool) {
	for line := range strings.Lines(text) {
		k, v, ok := strings.Cut(line, sep)
		if ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}
