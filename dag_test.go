package main

import (
	"os/exec"
	"strings"
	"testing"
)

// may lists, for each package, the packages of ours that it may import.
// Arrows go down only.
var may = map[string]string{
	"forklore":                   "runner/cli",
	"forklore/runner/cli":        "plots/report plots runner runner/host runner/link runner/work metrics metrics/digest metrics/record experiments",
	"forklore/plots/report":      "metrics/digest metrics/record metrics/stat plots experiments",
	"forklore/plots":             "metrics/digest metrics/record metrics/stat metrics/law experiments",
	"forklore/runner":            "internal/affinity experiments runner/host runner/load runner/work metrics metrics/record metrics/stat",
	"forklore/metrics/digest":    "experiments metrics/record metrics/stat metrics/law",
	"forklore/runner/host":       "internal/affinity runner/work runner/link",
	"forklore/runner/link":       "",
	"forklore/runner/load":       "internal/affinity runner/work",
	"forklore/runner/work":       "runner/link",
	"forklore/metrics":           "metrics/record",
	"forklore/metrics/record":    "experiments",
	"forklore/metrics/law":       "metrics/stat",
	"forklore/metrics/stat":      "",
	"forklore/experiments":       "",
	"forklore/internal/built":    "",
	"forklore/internal/perf":     "",
	"forklore/internal/affinity": "",
	"forklore/runner/trialhost":  "runner/host runner/load",
}

func TestImportsGoDownOnly(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		allowed, known := may[words[0]]
		if !known {
			t.Errorf("%s is in no place of the design: add it here with what it may import", words[0])
		}
		for _, imported := range words[1:] {
			ours, is := strings.CutPrefix(imported, "forklore/")
			if is && !strings.Contains(" "+allowed+" ", " "+ours+" ") {
				t.Errorf("%s imports %s", words[0], imported)
			}
		}
	}
}

// The measured program must stay light: what it links, every worker process
// starts with.
func TestTrialhostLinksNothingHeavy(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "light", "-deps", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./runner/trialhost").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		pkg := words[0]
		first, _, _ := strings.Cut(pkg, "/")
		ok := !strings.Contains(first, ".") || strings.HasPrefix(pkg, "golang.org/x/sys") || strings.HasPrefix(pkg, "gonum.org/v1/gonum/blas") || pkg == "github.com/HdrHistogram/hdrhistogram-go"
		if !ok || strings.HasPrefix(pkg, "forklore/experiments") || strings.HasPrefix(pkg, "forklore/metrics") || pkg == "net/http" {
			t.Errorf("trialhost links %s", pkg)
		}
		for _, imported := range words[1:] {
			if why := heavy[imported]; why != "" && strings.HasPrefix(pkg, "forklore") {
				t.Errorf("%s imports %s, but %s", pkg, imported, why)
			}
		}
	}
}

// What is heavy for other reasons must not pay for servers: 0.4 ms a start, and four megabytes.
func TestHeavyTrialhostLinksNoServer(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "heavy", "-deps", "./runner/trialhost").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		if pkg = strings.TrimSpace(pkg); pkg == "net/http" || strings.HasPrefix(pkg, "go.etcd.io/") {
			t.Errorf("trialhost-heavy links %s", pkg)
		}
	}
}

// heavy are packages of the standard library that nothing of ours in the light trialhost may import:
// workloads about them are run by trialhost-heavy. (The
// histograms import regexp too, but not on a way that the program takes, so the
// linker leaves it out.) Times are of a start that takes 1.27 ms, the 10th percentile
// of thousands in turn.
var heavy = map[string]string{
	"encoding/gob":   "then its tables of types are made at every start: 190 us",
	"encoding/json":  "then every start takes 27 us more, and 80 us where it is used",
	"compress/flate": "then its tables of codes are made at every start: about 30 us",
	"compress/gzip":  "then those of compress/flate are made at every start: about 30 us",
	"regexp":         "then the tables of package unicode are made at every start: 45 us",
}
