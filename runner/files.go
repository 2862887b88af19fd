package runner

import (
	"bytes"
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

const buildLimit = 10 * time.Minute

// build makes the programs of all commands, each once. What fails is the status of every trial of
// the cells that need it.
func (c *campaign) build(ctx context.Context) {
	c.builds = map[string]*host.Failure{}
	for i, cell := range c.plan.Cells {
		if cell.Command == nil || len(cell.Command.Build) == 0 {
			continue
		}
		dir := c.buildDir(cell)
		key := buildKey(cell)
		if _, done := c.builds[key]; done || ctx.Err() != nil {
			continue
		}
		c.report(Progress{Phase: Building, Cell: &c.plan.Cells[i]})
		c.builds[key] = c.buildOne(ctx, cell, dir)
	}
}

func buildKey(cell experiments.Cell) string {
	if cell.Command == nil {
		return ""
	}
	return fmt.Sprintf("%q %v", cell.Command.Build, len(cell.Command.Files) > 0)
}

func (c *campaign) buildDir(cell experiments.Cell) string {
	if len(cell.Command.Files) > 0 {
		return c.folder.Files()
	}
	return c.manifest.Folder
}

// buildOne runs one build with the environment of the runner: compilers need more than a trial has.
func (c *campaign) buildOne(ctx context.Context, cell experiments.Cell, dir string) *host.Failure {
	argv := cell.Command.Build
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	log := ""
	if out.Len() > 0 {
		log = "build-" + cell.Workload + ".txt"
		log = strings.Map(func(r rune) rune {
			if r == '/' || r <= ' ' {
				return '-'
			}
			return r
		}, log)
		if werr := os.WriteFile(filepath.Join(c.folder.Logs(), log), out.Bytes(), 0o666); werr != nil {
			c.warn("the output of a build could not be kept: %v", werr)
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		detail := fmt.Sprintf("there is no program %s in PATH %s to build it with", argv[0], os.Getenv("PATH"))
		if cell.Command.Install != "" {
			detail += ": " + cell.Command.Install
		}
		return &host.Failure{Status: host.StatusSkipped, Detail: detail}
	}
	detail := fmt.Sprintf("%s failed: %v", strings.Join(argv, " "), err)
	if log != "" {
		detail += "; see log/" + log
	}
	return &host.Failure{Status: host.StatusCrashed, Detail: detail}
}
