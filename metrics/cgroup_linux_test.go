package metrics

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// ownCgroup gives a real parent, or skips with the reason.
func ownCgroup(t *testing.T) *CgroupParent {
	t.Helper()
	p, err := OwnCgroup(FS{})
	if err != nil {
		t.Skip(err)
	}
	for _, w := range p.Warnings {
		t.Log(w)
	}
	return p
}

func newCgroup(t *testing.T, p *CgroupParent, name string) *Cgroup {
	t.Helper()
	c, err := p.New(name)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if _, err := os.Stat(c.path); err == nil {
			c.Kill()
			c.Remove()
		}
	})
	return c
}

func into(c *Cgroup) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: c.FD()} }
}

func TestCgroupCPU(t *testing.T) {
	g := newCgroup(t, ownCgroup(t), "cpu")
	c := spawn(t, "burn 100", into(g))
	if pids, err := g.Pids(); err != nil || len(pids) != 1 || pids[0] != c.pid() {
		t.Errorf("processes %v, %v, want %d", pids, err, c.pid())
	}
	c.act()
	r := c.finish()
	want := float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	total, user, sys, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(total-want) > 0.01*want+0.001 {
		t.Errorf("cgroup counts %.6f s of CPU, wait4 %.6f s", total, want)
	}
	if math.Abs(total-user-sys) > 1e-5 {
		t.Errorf("user %v + system %v is not the total %v", user, sys, total)
	}
	if peak, err := g.MemPeak(); err != nil {
		t.Logf("no memory controller: %v", err)
	} else if peak < 1<<20 {
		t.Errorf("peak memory of a Go program is %v B", peak)
	}
	path := g.path
	if err := g.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the cgroup is still there")
	}
}

func TestCgroupKill(t *testing.T) {
	g := newCgroup(t, ownCgroup(t), "kill")
	a, b := spawn(t, "idle", into(g)), spawn(t, "idle", into(g))
	if err := g.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*child{a, b} {
		c.end = true
		if err := c.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("child ended with %v, want killed", err)
		}
	}
	if err := g.Remove(); err != nil {
		t.Error(err)
	}
}

// A run that died leaves a cgroup with a process inside; the next one removes
// both, and leaves the cgroups of the living alone.
func TestCgroupSweep(t *testing.T) {
	p := ownCgroup(t)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	left := newCgroup(t, p, "left")
	c := spawn(t, "idle", into(left))
	mine := newCgroup(t, p, "mine")
	orphan := filepath.Join(p.dir, cgroupPrefix+strconv.Itoa(dead.Process.Pid)+"-1")
	if err := os.Mkdir(orphan, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(orphan, "cgroup.procs"), []byte(strconv.Itoa(c.pid())), 0); err != nil {
		t.Fatal(err)
	}
	again, err := OwnCgroup(FS{})
	if err != nil || len(again.Warnings) > 0 {
		t.Fatalf("%v, %v", err, again.Warnings)
	}
	if _, err := os.Stat(orphan); err == nil {
		t.Error("the cgroup of a dead run is still there")
	}
	if _, err := os.Stat(mine.path); err != nil {
		t.Errorf("a living run's cgroup is gone: %v", err)
	}
	c.end = true
	if err := c.cmd.Wait(); err == nil {
		t.Error("the process of a dead run was not killed")
	}
}

// Where the kernel's files are plain ones: what is read, and what is refused.
func TestCgroupRefuses(t *testing.T) {
	fs := fixture(t, "hybrid")
	p, err := OwnCgroup(fs)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(fs.Root, "sys/fs/cgroup/unified"); p.dir != want {
		t.Errorf("our cgroup is %s, want %s", p.dir, want)
	}
	if _, err := p.New("x"); err == nil || !strings.Contains(err.Error(), "cpu.stat") {
		t.Errorf("a folder that is no cgroup: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, cgroupPrefix+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := p.New("a/b"); err == nil {
		t.Error("a name with a slash was taken")
	}
	for machine, want := range map[string]string{"arm": "only v1", "empty": "mountinfo"} {
		if _, err := OwnCgroup(fixture(t, machine)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", machine, err, want)
		}
	}
}
