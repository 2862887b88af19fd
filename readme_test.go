package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forklore/internal/built"
)

// The README's examples are run as they stand: each YAML block is an
// experiment that validates, each command works.
func TestReadmeExamples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	if err := built.Into(bin, built.Forklore, built.Light, built.Heavy, built.Server); err != nil {
		t.Fatal(err)
	}
	yaml := blocks(text, "yaml")
	if len(yaml) < 2 {
		t.Fatalf("%d YAML examples", len(yaml))
	}
	for i, block := range yaml {
		if i == 0 {
			if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(block), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(t.TempDir(), "example.yaml")
		if err := os.WriteFile(file, []byte(block), 0o666); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(filepath.Join(bin, "forklore"), "validate", file).CombinedOutput(); err != nil {
			t.Errorf("example %d: %v\n%s", i+1, err, out)
		}
	}
	for _, block := range blocks(text, "sh") {
		for line := range strings.Lines(block) {
			example(t, bin, dir, strings.Fields(line))
		}
	}
}

// example runs one command of the README; runs are made short, and make only
// says what it would do.
func example(t *testing.T, bin, dir string, words []string) {
	t.Helper()
	var cmd *exec.Cmd
	switch {
	case words[0] == "make":
		cmd = exec.Command("make", append([]string{"-n"}, words[1:]...)...)
	case words[1] == "run":
		cmd = exec.Command(filepath.Join(bin, "forklore"), append(words[1:], "--set", "trials=1", "--set", "workloads=[{use: sieve, items: 4}]")...)
		cmd.Dir = dir
	default:
		cmd = exec.Command(filepath.Join(bin, "forklore"), words[1:]...)
		cmd.Dir = dir
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(words, " "), err, out)
	}
}

func blocks(text []byte, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	return found
}

// The make targets that the README names exist.
func TestReadmeTargets(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("`make ([a-z]+)`").FindAllSubmatch(text, -1)
	if len(targets) < 5 {
		t.Fatalf("%d targets named", len(targets))
	}
	for _, m := range targets {
		if out, err := exec.Command("make", "-n", string(m[1])).CombinedOutput(); err != nil {
			t.Errorf("make %s: %v\n%s", m[1], err, out)
		}
	}
}
