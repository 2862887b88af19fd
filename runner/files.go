package runner

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// keepFiles copies the files that commands need into the results: they are what ran, and
// a resumed run has them whatever became of the originals.
func (c *campaign) keepFiles() error {
	var names []string
	for _, cell := range c.plan.Cells {
		if cell.Command == nil {
			continue
		}
		if len(cell.Command.Files) == 0 {
			c.manifest.Folder = c.Experiment.Here
		}
		names = append(names, cell.Command.Files...)
	}
	slices.Sort(names)
	if len(names) > 0 && c.Experiment.Folder == nil {
		return fmt.Errorf("keep %s: the folder of the experiment is not known", names[0])
	}
	for _, name := range slices.Compact(names) {
		text, err := fs.ReadFile(c.Experiment.Folder, name)
		if err != nil {
			return fmt.Errorf("read a file that a command needs: %w", err)
		}
		mode := fs.FileMode(0o444)
		if info, err := fs.Stat(c.Experiment.Folder, name); err == nil {
			mode |= info.Mode() & 0o111
		}
		to := filepath.Join(c.folder.Files(), filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.WriteFile(to, text, mode)); err != nil {
			return fmt.Errorf("keep a file that a command needs: %w", err)
		}
		c.manifest.Files = append(c.manifest.Files, record.File{Name: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(text))})
	}
	return nil
}

// lendFiles puts the kept files, and what was built of them, into the scratch folder of a
// trial: as links, so that large ones cost nothing.
func (c *campaign) lendFiles(dir string) error {
	from := c.folder.Files()
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		if os.Link(path, to) == nil {
			return nil
		}
		text, err := os.ReadFile(path) // a file system without links
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, info.Mode().Perm())
	})
}

const (
	buildLimit   = 10 * time.Minute
	versionLimit = 10 * time.Second
)

// prepare sees to it that the programs of all commands can run, and builds them. What is
// not to be had is the status of every trial of that command.
func (c *campaign) prepare(ctx context.Context) {
	c.unready = map[string]*host.Failure{}
	for i, cell := range c.plan.Cells {
		if _, done := c.unready[cell.Workload]; done || cell.Command == nil || ctx.Err() != nil {
			continue
		}
		failed := lacking(cell.Command)
		if failed == nil && len(cell.Command.Build) > 0 {
			c.report(Progress{Phase: Building, Cell: &c.plan.Cells[i]})
			failed = c.build(ctx, cell)
		}
		c.unready[cell.Workload] = failed
		if failed == nil {
			c.askVersion(ctx, cell)
		}
	}
}

// lacking names the first program that a command needs and that is not there.
func lacking(c *experiments.Command) *host.Failure {
	names := slices.Clone(c.Needs)
	if len(c.Build) > 0 && !strings.ContainsRune(c.Build[0], filepath.Separator) {
		names = append(names, c.Build[0])
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		detail := fmt.Sprintf("there is no program %s in PATH %s", name, os.Getenv("PATH"))
		if c.Install != "" {
			detail += ": " + c.Install
		}
		return &host.Failure{Status: host.StatusSkipped, Detail: detail}
	}
	return nil
}

// build makes one program, with the environment of the runner: compilers need more than a trial
// has.
func (c *campaign) build(ctx context.Context, cell experiments.Cell) *host.Failure {
	argv := cell.Command.Build
	out, err := c.beside(ctx, cell, argv, buildLimit)
	log := c.keepBuild(cell.Workload, out)
	if err == nil {
		return nil
	}
	detail := fmt.Sprintf("%s failed: %v", strings.Join(argv, " "), err)
	if log != "" {
		detail += "; see log/" + log
	}
	return &host.Failure{Status: host.StatusCrashed, Detail: detail}
}

// beside runs what is no trial in the folder where the program of a cell lies.
func (c *campaign) beside(ctx context.Context, cell experiments.Cell, argv []string, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	if cmd.Dir = c.manifest.Folder; len(cell.Command.Files) > 0 {
		cmd.Dir = c.folder.Files()
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd.CombinedOutput()
}

// askVersion keeps the first line of what a program says of its version. One that is not
// there is told by its trials.
func (c *campaign) askVersion(ctx context.Context, cell experiments.Cell) {
	known := func(p record.Program) bool { return p.Workload == cell.Workload }
	if len(cell.Command.Version) == 0 || slices.ContainsFunc(c.manifest.Programs, known) {
		return
	}
	out, err := c.beside(ctx, cell, cell.Command.Version, versionLimit)
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if runes := []rune(line); len(runes) > 200 {
		line = string(runes[:200])
	}
	if err != nil && !errors.Is(err, exec.ErrNotFound) || err == nil && line == "" {
		c.warn("%s: %s does not tell a version: %v", cell.Workload, strings.Join(cell.Command.Version, " "), err)
	}
	if err == nil && line != "" {
		c.manifest.Programs = append(c.manifest.Programs, record.Program{Workload: cell.Workload, Version: strings.TrimSpace(line)})
	}
}

// keepBuild writes what a build printed and returns the name of the file, if there is one.
func (c *campaign) keepBuild(label string, out []byte) string {
	if len(out) == 0 {
		return ""
	}
	plain := func(r rune) rune {
		if r == '/' || r <= ' ' {
			return '-'
		}
		return r
	}
	log := "build-" + strings.Map(plain, label) + ".txt"
	if err := os.WriteFile(filepath.Join(c.folder.Logs(), log), out, 0o666); err != nil {
		c.warn("the output of a build could not be kept: %v", err)
		return ""
	}
	return log
}
