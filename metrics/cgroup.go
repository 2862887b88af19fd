package metrics

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const cgroupPrefix = "forklore-"

// CgroupParent is the cgroup v2 that this process is in and below which it may
// make others.
type CgroupParent struct {
	Removed  []string // what dead runs had left, in words
	Warnings []string // leftovers of dead runs that could not be removed
	dir      string
}

// OwnCgroup finds our cgroup and removes what dead runs left below it. The
// error says why no cgroup can be made here: none mounted, or not writable.
func OwnCgroup(s FS) (*CgroupParent, error) {
	v2, _, err := s.hierarchies()
	if err != nil {
		return nil, fmt.Errorf("find our cgroup: %w", err)
	}
	if v2 == nil {
		return nil, errors.New("find our cgroup: no cgroup v2 is mounted, only v1")
	}
	p := &CgroupParent{dir: s.path(v2.own)}
	if err := unix.Access(p.dir, unix.W_OK); err != nil {
		return nil, fmt.Errorf("make cgroups below /%s: %w: run as root or in a delegated scope (systemd-run --user --scope -p Delegate=yes)", v2.own, err)
	}
	p.sweep()
	return p, nil
}

// sweep kills and removes the cgroups of runners that are gone.
func (p *CgroupParent) sweep() {
	dirs, _ := filepath.Glob(filepath.Join(p.dir, cgroupPrefix+"*"))
	for _, dir := range dirs {
		pid, ok := ownerOf(dir)
		if !ok || !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			continue
		}
		c := &Cgroup{path: dir}
		pids, err := c.Pids()
		if err != nil {
			continue
		}
		// A process of another pid namespace reads as 0: then its runner's
		// number means nothing to us either.
		if len(pids) > 0 && pids[0] == 0 {
			continue
		}
		if len(pids) > 0 {
			err = c.Kill()
		}
		if err = errors.Join(err, c.Remove()); err != nil {
			p.Warnings = append(p.Warnings, fmt.Sprintf("left by a dead run: %v", err))
			continue
		}
		p.Removed = append(p.Removed, fmt.Sprintf("cgroup %s of dead process %d", filepath.Base(dir), pid))
	}
}

// ownerOf reads the runner's pid out of "forklore-<pid>-<name>".
func ownerOf(dir string) (int, bool) {
	rest, ok := strings.CutPrefix(filepath.Base(dir), cgroupPrefix)
	digits, _, dash := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return pid, ok && dash && err == nil && pid > 0
}

// New makes the cgroup forklore-<our pid>-<name>. It is an error when the
// kernel does not account CPU in it.
func (p *CgroupParent) New(name string) (*Cgroup, error) {
	if name == "" || strings.ContainsAny(name, "/\n") {
		return nil, fmt.Errorf("make a cgroup: %q is no name for one", name)
	}
	path := filepath.Join(p.dir, cgroupPrefix+strconv.Itoa(os.Getpid())+"-"+name)
	err := os.Mkdir(path, 0o755)
	if errors.Is(err, os.ErrExist) { // of an earlier process with our pid, as in a container that restarts
		err = errors.Join(syscall.Rmdir(path), os.Mkdir(path, 0o755))
	}
	if err != nil {
		return nil, fmt.Errorf("make a cgroup: %w", err)
	}
	c := &Cgroup{path: path}
	if c.dir, err = os.Open(path); err == nil {
		_, _, _, err = c.CPU()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a cgroup: %w", err), c.Remove())
	}
	return c, nil
}

// Cgroup holds the processes of one trial, also those that their parents lost.
type Cgroup struct {
	path string
	dir  *os.File
}

// FD returns the directory's descriptor for syscall.SysProcAttr.CgroupFD, so
// that a child begins its life inside (Linux 5.7). It is valid until Remove.
func (c *Cgroup) FD() int { return int(c.dir.Fd()) }

// CPU returns the CPU seconds of everything that ever ran inside.
func (c *Cgroup) CPU() (total, user, sys float64, err error) {
	name := filepath.Join(c.path, "cpu.stat")
	text, err := os.ReadFile(name)
	if err != nil {
		return math.NaN(), math.NaN(), math.NaN(), err
	}
	var v [3]float64
	for i, key := range []string{"usage_usec", "user_usec", "system_usec"} {
		us, ok := number(string(text), key)
		if !ok {
			return math.NaN(), math.NaN(), math.NaN(), fmt.Errorf("read %s: no %s in it", name, key)
		}
		v[i] = us / 1e6
	}
	return v[0], v[1], v[2], nil
}

// MemPeak returns the largest memory in bytes charged to the cgroup, page cache
// included: an error where the memory controller is not enabled (or before
// Linux 5.19).
func (c *Cgroup) MemPeak() (float64, error) {
	text, err := os.ReadFile(filepath.Join(c.path, "memory.peak"))
	if err != nil {
		return math.NaN(), err
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		return math.NaN(), fmt.Errorf("read memory.peak of %s: %w", c.path, err)
	}
	return n, nil
}

// Pids lists the processes inside; zombies are not among them.
func (c *Cgroup) Pids() ([]int, error) {
	name := filepath.Join(c.path, "cgroup.procs")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var pids []int
	for word := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("read %s: %q is no process", name, word)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
