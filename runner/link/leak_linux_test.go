package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// leftovers lists what a host could leave on the system: its System V queue,
// POSIX queues and shared memory of our names, and files in its folder.
func leftovers(t *testing.T, pid int, folders ...string) (list []string) {
	t.Helper()
	table, err := os.Open("/proc/sysvipc/msg")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	queues, err := readSysvTable(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		if q.key == sysvKey(pid) {
			list = append(list, fmt.Sprintf("System V queue %d", q.id))
		}
	}
	for _, pattern := range append(folders, "/dev/shm/*forklore*") {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, files...)
	}
	return list
}

// mqueueFolder returns where the POSIX queues can be listed.
func mqueueFolder(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("/dev/mqueue"); err == nil {
		return "/dev/mqueue"
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "mqueue", 0, ""); err != nil {
		t.Logf("POSIX queues cannot be listed: %v", err)
		return dir
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A host that is killed after its workers have talked leaves nothing that the
// next start does not remove, and only the System V queue needs that.
func TestKilledHostLeavesNothing(t *testing.T) {
	queues := mqueueFolder(t)
	everyLink(t, func(t *testing.T, k Kind) {
		dir := t.TempDir()
		t.Setenv("TMPDIR", dir)
		s := scene{Plan: Plan{Link: k.Name, Pairs: chained(3), Max: 100}, Ranks: 3, Act: "chain", Count: 10}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		host := startTest(t, os.Args[:1], hostVar+"="+string(text), nil)
		host.ready(t)
		pid := host.Process.Pid
		look := func() []string {
			return leftovers(t, pid, filepath.Join(dir, "*"), filepath.Join(queues, mqueuePrefix+strconv.Itoa(pid)))
		}
		want := 0
		if k.Name == "sysv_mq" {
			want = 1
		}
		if during := look(); len(during) != want {
			t.Errorf("while it runs there are %q, want %d", during, want)
		}
		host.kill(t)
		removed, err := Sweep()
		if swept := strings.Count(fmt.Sprintln(removed), fmt.Sprintf("process %d", pid)); err != nil || swept != want {
			t.Errorf("swept %v, %v; want %d of process %d", removed, err, want, pid)
		}
		if after := look(); len(after) > 0 {
			t.Errorf("left are %q", after)
		}
	})
}

// A queue in use stays, and whoever waits in it learns that it was removed.
func TestSweepKeepsTheLiving(t *testing.T) {
	s := scene{Plan: Plan{Link: "sysv_mq", Pairs: chained(2), Max: 64}, Ranks: 2, Act: "listen"}
	f := open(t, s.Plan, s.Ranks)
	survivor, victim := startChild(t, f, s, 0, 1), startChild(t, f, s, 1, 2)
	victim.ready(t)
	survivor.ready(t)
	victim.kill(t)
	if removed, err := Sweep(); err != nil || strings.Contains(fmt.Sprint(removed), "process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("swept %v, %v", removed, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := survivor.wait(t); err == nil || !strings.Contains(err.Error(), "queue was removed") {
		t.Errorf("the survivor ended with %v", err)
	}
}

// What a kill between making a POSIX queue and removing its name leaves.
func TestSweepRemovesNamesOfDeadProcesses(t *testing.T) {
	folder := mqueueFolder(t)
	gone := startTest(t, os.Args[:1], childVar+"=rubbish", nil)
	if err := gone.wait(t); err == nil {
		t.Fatal("a child of rubbish ended well")
	}
	names := []string{mqueuePrefix + strconv.Itoa(gone.Process.Pid), mqueuePrefix + "other", "forklore-test"}
	for _, name := range append(names, mqueueName()) {
		fd, err := mqOpen(name, unix.O_CREAT|unix.O_WRONLY, &mqAttr{MaxMsg: 1, MsgSize: 1})
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { _ = mqUnlink(name) })
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) == 0 {
		t.Skipf("POSIX queues cannot be listed: %v", err)
	}
	removed, err := sweepMqueues(folder)
	if want := "POSIX queue " + names[0]; err != nil || len(removed) != 1 || !strings.HasPrefix(removed[0], want) {
		t.Errorf("removed %v, %v; want %s", removed, err, want)
	}
	if err := mqUnlink(names[0]); !errors.Is(err, unix.ENOENT) {
		t.Errorf("the name is still there: %v", err)
	}
	for _, name := range append(names[1:], mqueueName()) {
		if err := mqUnlink(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A process that has ended and was not reaped owns nothing any more.
func TestZombiesAreDead(t *testing.T) {
	if dead(os.Getpid()) || dead(0) {
		t.Error("the living are dead")
	}
	child := exec.Command("/bin/true")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	pid := child.Process.Pid
	for limit := time.Now().Add(20 * time.Second); !dead(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("a child that has ended is not dead")
		}
	}
	if err := unix.Kill(pid, 0); err != nil {
		t.Fatalf("the child was reaped by someone else: %v", err)
	}
	if err := child.Wait(); err != nil || !dead(pid) {
		t.Errorf("after the reaping: %v", err)
	}
}

// A list as kernels print it. Our keys are 0x46000000 = 1174405120 and the
// owner's number.
const sysvTable = `       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime
1174405720          1   600           0          0     0     0  1000  1000  1000  1000          0          0 1700000000
1174405728          2   600          10          1    77     0  1000  1000  1000  1000 1700000001          0 1700000000
1174405729          3   600          10          1     0     0  1000  1000  1000  1000 1700000001          0 1700000000
1174405730          4   600           0          0     0     0     0     0     0     0          0          0 1700000000
1174405731          5   666           0          0     0     0  1000  1000  1000  1000          0          0 1700000000
 -87161999          6   600           0          0     0     0  1000  1000  1000  1000          0          0 1700000000
         0          7   600           0          0     0     0  1000  1000  1000  1000          0          0 1700000000
1174405740          8   600           0          0     0     0  1000  1000  1000  1000          0          0 1700000000
`

func TestOrphanQueues(t *testing.T) {
	queues, err := readSysvTable(strings.NewReader(sysvTable))
	if err != nil || len(queues) != 8 {
		t.Fatalf("read %v, %v", queues, err)
	}
	var orphans []int
	for _, q := range queues {
		if q.orphan(1000, func(pid int) bool { return pid != 620 }) {
			orphans = append(orphans, q.id)
		}
	}
	// 3 was sent to from elsewhere, 4 is another user's, 5 to 7 are no queues
	// of ours, 8 has a living owner.
	if want := []int{1, 2}; !slices.Equal(orphans, want) {
		t.Errorf("orphans are %v, want %v", orphans, want)
	}
	if q := queues[0]; q.pid() != 600 || sysvKey(600) != q.key {
		t.Errorf("%+v belongs to process %d", q, q.pid())
	}
	for _, bad := range []string{"key msqid\n1 2\n", strings.Replace(sysvTable, "600", "6x0", 1)} {
		if list, err := readSysvTable(strings.NewReader(bad)); err == nil {
			t.Errorf("read %v from %q", list, bad)
		}
	}
}
