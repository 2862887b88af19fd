package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// scratchDir is the folder of a run's trial at hand, in the run's own: what workloads
// write goes to the file system of the results.
const scratchDir = "scratch"

// adopt makes the runner the parent of whatever its trials leave behind, gives
// them cgroups of their own where it may, and removes what runs that were killed could
// not remove.
func (c *campaign) adopt() {
	if err := host.Adopt(); err != nil {
		c.warn("%v: a process that escapes its trial may survive it", err)
	}
	removed, err := host.Leftovers()
	if err != nil {
		c.warn("%v", err)
	}
	removed = append(removed, c.sweepScratch()...)
	if c.cgroups, err = metrics.OwnCgroup(c.fs); err != nil {
		c.manifest.Machine.Missing["own_cgroup"] = err.Error()
	} else {
		removed = append(removed, c.cgroups.Removed...)
		for _, w := range c.cgroups.Warnings {
			c.warn("%s", w)
		}
	}
	if len(removed) > 0 {
		c.warn("removed what a run that was killed had left: %s", strings.Join(removed, ", "))
	}
}

// sweepScratch removes the files of trials whose runner was killed, from this run's
// folder and from those beside it, and returns in words what it removed. It leaves alone
// what another machine may be writing, and what anyone here is.
func (c *campaign) sweepScratch() (removed []string) {
	root := filepath.Dir(filepath.Dir(c.folder.Dir))
	left, _ := filepath.Glob(filepath.Join(root, "*", "*", scratchDir))
	for _, dir := range left {
		folder := record.Folder{Dir: filepath.Dir(dir)}
		if filepath.Base(folder.Dir) == record.LatestLink {
			continue // it stands there under its own name too
		}
		own := folder.Dir == c.folder.Dir
		m, err := record.ReadManifest(folder.Manifest())
		if !own && (err != nil || m.Machine.Host != c.manifest.Machine.Host || !folder.Idle()) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			c.warn("remove the files that a run that was killed had left: %v", err)
			continue
		}
		removed = append(removed, fmt.Sprintf("the files of a trial in %s", dir))
	}
	return removed
}

// makeScratch makes an empty folder for a trial.
func (c *campaign) makeScratch() (dir string, err error) {
	dir = filepath.Join(c.folder.Dir, scratchDir)
	if err = os.RemoveAll(dir); err == nil {
		err = os.Mkdir(dir, 0o777)
	}
	if err != nil {
		err = fmt.Errorf("make a scratch folder for the trial: %w", err)
	}
	return dir, err
}
