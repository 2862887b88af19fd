package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names of the files in a results folder.
const (
	ManifestFile   = "manifest.json"
	TrialsFile     = "trials.csv"
	SamplesFile    = "samples.csv"
	IterationsFile = "iterations.csv"
	MeasuresFile   = "measures.csv"
	HistogramsFile = "histograms.csv"
	YAMLFile       = "experiment.yaml"
	SummaryFile    = "summary.csv"

	ComparisonsFile = "comparisons.csv"
	FitsFile        = "fits.csv"
	ClaimsFile      = "claims.csv"
	BenchFile       = "bench.txt"

	ReportFile = "report.md"
	LatestLink = "latest"
)

// Folder is the results folder of one run.
type Folder struct {
	Dir string
}

// Create makes root/experiment/UTC-host with its log folder, for example
// results/quick/20261122T101500Z-lab7. A folder that exists is never reused:
// a second run in the same second gets "-2". An error says what to do.
func Create(root, experiment, host string, now time.Time) (*Folder, error) {
	parent := filepath.Join(root, safe(experiment, "experiment"))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, unwritable(parent, err)
	}
	name := now.UTC().Format("20060102T150405Z") + "-" + safe(host, "host")
	for i := 1; ; i++ {
		dir := filepath.Join(parent, name)
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", dir, i)
		}
		err := os.Mkdir(dir, 0o777)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		f := &Folder{Dir: dir}
		if err == nil {
			err = os.Mkdir(f.Logs(), 0o777)
		}
		if err != nil {
			return nil, unwritable(parent, err)
		}
		return f, nil
	}
}

func unwritable(dir string, err error) error {
	return fmt.Errorf("create a results folder in %s: %w; make it writable or name another folder for results", dir, err)
}

// safe keeps the letters, digits, dots, dashes and underscores of name, so
// that it is one plain path element everywhere.
func safe(name, otherwise string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '-'
	}, name)
	name = strings.Trim(name, ".-")
	if len(name) > 64 {
		name = name[:64]
	}
	if name == "" || name == LatestLink {
		return otherwise
	}
	return name
}

// Open opens the results folder of an earlier run; dir may be the latest link,
// or stand for the latest.txt that takes its place where links do not work.
func Open(dir string) (*Folder, error) {
	if data, err := os.ReadFile(dir + ".txt"); err == nil && filepath.Base(dir) == LatestLink {
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join(filepath.Dir(dir), safe(strings.TrimSpace(string(data)), LatestLink))
		}
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("open results folder: %w", err)
	}
	f := &Folder{Dir: real}
	for _, path := range []string{f.Manifest(), f.Trials()} {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("open results folder %s: %w; a run's folder holds at least %s and %s",
				dir, err, ManifestFile, TrialsFile)
		}
	}
	return f, nil
}

// MarkLatest points the link "latest" beside the folder at it, atomically.
// Where links do not work, the file latest.txt names the folder instead.
func (f *Folder) MarkLatest() error {
	link := filepath.Join(filepath.Dir(f.Dir), LatestLink)
	temp := filepath.Join(filepath.Dir(f.Dir), fmt.Sprintf(".%s.%d.tmp", LatestLink, os.Getpid()))
	os.Remove(temp)
	err := os.Symlink(filepath.Base(f.Dir), temp)
	if err == nil {
		if err = os.Rename(temp, link); err == nil {
			return nil
		}
		os.Remove(temp)
	}
	if werr := WriteFile(link+".txt", []byte(filepath.Base(f.Dir)+"\n")); werr != nil {
		return fmt.Errorf("mark %s as the latest run: %w", f.Dir, errors.Join(err, werr))
	}
	return nil
}

// Reserve puts size bytes aside on the folder's disk, so that one which fills
// during the run still has room for the run's end to be written down.
func (f *Folder) Reserve(size int64) error { return WriteFile(f.reserve(), make([]byte, size)) }

// Release gives what Reserve put aside back.
func (f *Folder) Release() { _ = os.Remove(f.reserve()) }

func (f *Folder) reserve() string { return filepath.Join(f.Dir, ".reserve") }

// Name returns the name of the folder: its time and host.
func (f *Folder) Name() string { return filepath.Base(f.Dir) }

// Manifest returns the path of manifest.json.
func (f *Folder) Manifest() string { return filepath.Join(f.Dir, ManifestFile) }

// Trials returns the path of trials.csv.
func (f *Folder) Trials() string { return filepath.Join(f.Dir, TrialsFile) }

// Samples returns the path of samples.csv.
func (f *Folder) Samples() string { return filepath.Join(f.Dir, SamplesFile) }

// Iterations returns the path of iterations.csv.
func (f *Folder) Iterations() string { return filepath.Join(f.Dir, IterationsFile) }

// Measures returns the path of measures.csv.
func (f *Folder) Measures() string { return filepath.Join(f.Dir, MeasuresFile) }

// Histograms returns the path of histograms.csv.
func (f *Folder) Histograms() string { return filepath.Join(f.Dir, HistogramsFile) }

// YAML returns the path of the copy of the experiment.
func (f *Folder) YAML() string { return filepath.Join(f.Dir, YAMLFile) }

// Files returns the path of the folder files, which holds what commands need.
func (f *Folder) Files() string { return filepath.Join(f.Dir, "files") }

// Logs returns the path of the folder log.
func (f *Folder) Logs() string { return filepath.Join(f.Dir, "log") }
