package work

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// until polls for a condition that the system brings about by itself.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("20 s later it does not hold that %s", what)
		}
	}
}

// newParked returns a team with k executors that run.
func newParked(t *testing.T, env Env, static bool, k int) (servants, []life) {
	t.Helper()
	makers, err := newTeams(env, static, k, 0)
	if errors.As(err, &Unavailable{}) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { makers.close() })
	lives := make([]life, k)
	team := makers.of(lives)
	if err := park(team, lives, 1); err != nil {
		t.Fatal(errors.Join(err, team.dismiss()))
	}
	return team, lives
}

// threads returns the numbers of this process's threads.
func threads(t *testing.T) map[string]bool {
	t.Helper()
	list, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, f := range list {
		set[f.Name()] = true
	}
	return set
}

// Executors that are parked at the same time have a thread each, all of which are gone
// when they are joined.
func TestThreadsBeginAndEnd(t *testing.T) {
	const k = 20
	for range 3 {
		team, _ := newParked(t, spawnEnvs["threads"], false, k)
		during := threads(t)
		if err := team.dismiss(); err != nil {
			t.Fatal(err)
		}
		left := threads(t)
		maps.DeleteFunc(during, func(thread string, _ bool) bool { return left[thread] })
		if len(during) < k {
			t.Errorf("%d threads ended with %d executors", len(during), k)
		}
	}
}

func TestGoroutinesNeedNoThreads(t *testing.T) {
	const k = 500
	team, _ := newParked(t, spawnEnvs["goroutines"], false, k)
	if n := len(threads(t)); n >= k {
		t.Errorf("%d threads for %d parked goroutines", n, k)
	}
	if err := team.dismiss(); err != nil {
		t.Fatal(err)
	}
}

// Every executor is a process of its own, of the image asked for, and reaped when
// it is joined.
func TestProcessesBeginAndEnd(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for static, image := range map[bool]string{false: self, true: "/memfd:forklore-bare (deleted)"} {
		const k = 5
		team, lives := newParked(t, spawnEnvs["processes"], static, k)
		pids := map[int]bool{}
		for i := range lives {
			pids[lives[i].pid] = true
			if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", lives[i].pid)); err != nil || exe != image {
				t.Errorf("process %d runs %s, %v; want %s", i, exe, err, image)
			}
			if lives[i].first < lives[i].created {
				t.Errorf("process %d ran before it was created", i)
			}
		}
		if len(pids) != k || pids[0] {
			t.Errorf("pids %v", pids)
		}
		if err := team.dismiss(); err != nil {
			t.Fatal(err)
		}
		noChildren(t)
	}
}

func noChildren(t *testing.T) {
	t.Helper()
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); !errors.Is(err, syscall.ECHILD) {
		t.Errorf("process %d is left (%v)", pid, err)
	}
}

// The clock of the first instruction is the one of the creating call.
func TestFirstInstructionIsStamped(t *testing.T) {
	for model, env := range spawnEnvs {
		t.Run(model, func(t *testing.T) {
			makers, err := newTeams(env, false, 1, 0)
			if errors.As(err, &Unavailable{}) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			clock := sinceEpoch
			if model == "processes" {
				clock = monotonic
			}
			lives := make([]life, 1)
			team, before := makers.of(lives), clock()
			err = errors.Join(team.create(0, newLabel(0, 0), true), team.settle())
			after := clock()
			if err := errors.Join(err, team.dismiss()); err != nil {
				t.Fatal(err)
			}
			if l := lives[0]; before > l.created || l.created > l.first || l.first > after {
				t.Errorf("before %d, created %d, first %d, after %d", before, l.created, l.first, after)
			}
		})
	}
}

func descriptors(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Programs that do not keep to the protocol, and ends that nobody ordered: all are reaped and named.
func TestProcessesThatFail(t *testing.T) {
	for _, c := range []struct{ name, image, want string }{
		{"ends at once", "false", "all have ended before they said a word"},
		{"does not exist", "no-such-program", "create process 1 of 2: no such file"},
		{"says something else", "echo", "ended with status 0 instead of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := descriptors(t)
			image, err := exec.LookPath(c.image)
			if err != nil {
				image = "/" + c.image
			}
			w := &spawner{chronicle: newChronicle(spawnEnvs["processes"]), lives: make([]life, 2)}
			w.team = newProcessTeam(w.lives, image, 0)
			_, err = w.round(0)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
			noChildren(t)
			if after := descriptors(t); len(after) != len(before) {
				t.Errorf("open before %v, after %v", before, after)
			}
		})
	}
}

// One that dies while the others wait is no reason to wait for ever.
func TestProcessThatNeverSignals(t *testing.T) {
	silent, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	lives := make([]life, 3)
	team := newProcessTeam(lives, os.Args[0], 0)
	for i := range lives {
		team.image = os.Args[0]
		if i == 1 {
			team.image = silent
		}
		if err := team.create(i, newLabel(0, i), false); err != nil {
			t.Fatal(errors.Join(err, team.dismiss()))
		}
	}
	want := fmt.Sprintf("process 1 (pid %d) has ended before it was told to", lives[1].pid)
	if err := team.settle(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
	_ = team.dismiss() // the second one's status is wrong
	noChildren(t)
}

func TestProcessThatIsKilled(t *testing.T) {
	team, lives := newParked(t, spawnEnvs["processes"], true, 3)
	if err := syscall.Kill(lives[1].pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("process 1 (pid %d) was killed by SIGKILL", lives[1].pid)
	if err := team.dismiss(); err == nil || err.Error() != want {
		t.Errorf("%v; want %q", err, want)
	}
	noChildren(t)
}

// parkForever is a role of the test binary: it prints the pids of its executors.
const parkForever = "park-forever"

func init() {
	roles[parkForever] = func(args []string) int {
		makers, err := newTeams(spawnEnvs["processes"], args[0] == "static", 3, 0)
		lives := make([]life, 3)
		if err == nil {
			err = park(makers.of(lives), lives, 1)
		}
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(lives[0].pid, lives[1].pid, lives[2].pid)
		sleepForever()
		return 0
	}
}

// When a creator is killed, nothing tells its executors but the end of the pipe.
func TestExecutorsEndWithTheirCreator(t *testing.T) {
	for _, image := range []string{"self", "static"} {
		t.Run(image, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], parkForever, image)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 100)
			n, _ := out.Read(buf)
			pids := strings.Fields(string(buf[:n]))
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // killed
			if len(pids) != 3 {
				t.Fatalf("printed %q", buf[:n])
			}
			for _, pid := range pids {
				until(t, "executor "+pid+" has ended", func() bool { return !runs(pid) })
			}
		})
	}
}

// runs tells whether a process exists and is more than the record of its end.
func runs(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return err == nil && len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'X'
}

// The executor's own exit codes must not be taken for answers.
func TestExecutorRefusesOtherArguments(t *testing.T) {
	for _, args := range [][]string{{}, {"short", "0"}, {"12345678", "many"}} {
		if code := beExecutorThere(t, args); code != 2 {
			t.Errorf("%q: code %d", args, code)
		}
	}
}

func beExecutorThere(t *testing.T, args []string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{executorRole}, args...)...)
	err := cmd.Run()
	var end *exec.ExitError
	if err != nil && !errors.As(err, &end) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// Without descriptors for a pipe the trial is skipped, and the text says why.
func TestSpawnWithoutDescriptors(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	w := &spawner{chronicle: newChronicle(spawnEnvs["processes"]), lives: make([]life, 2)}
	w.team = newProcessTeam(w.lives, "/bin/true", 0)
	var highest int
	for _, name := range descriptors(t) {
		n, _ := strconv.Atoi(filepath.Base(name))
		highest = max(highest, n)
	}
	few := unix.Rlimit{Cur: uint64(highest), Max: was.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	_, err := fillDescriptors(highest, w)
	if back := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); back != nil {
		t.Fatal(back)
	}
	want := fmt.Sprintf("RLIMIT_NOFILE is %d (raise it with ulimit -n)", highest)
	if !errors.As(err, &Unavailable{}) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
}

// fillDescriptors runs a round when no descriptor below limit is free.
func fillDescriptors(limit int, w *spawner) (uint64, error) {
	var taken []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	sum, err := w.round(0)
	for _, fd := range taken {
		_ = unix.Close(fd)
	}
	return sum, err
}

// A system as a machine with limits shows it: the text has the limit, what is in use and what raises it.
func TestTaskLimits(t *testing.T) {
	proc, cgroup := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		proc + "/loadavg":                 "0.50 0.40 0.30 2/345 9999\n",
		proc + "/sys/kernel/threads-max":  "4000\n",
		proc + "/sys/kernel/pid_max":      "32768\n",
		proc + "/self/cgroup":             "8:pids:/old\n4:memory:/elsewhere\n0::/a/b\n",
		cgroup + "/a/b/pids.max":          "max\n",
		cgroup + "/a/pids.max":            "200\n",
		cgroup + "/a/pids.current":        "150\n",
		cgroup + "/pids/old/pids.max":     "900\n",
		cgroup + "/pids/old/pids.current": "7\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	limits := slices.DeleteFunc(taskLimits(proc, cgroup, 1), func(l limit) bool { return l.name == "RLIMIT_NPROC" })
	want := []limit{
		{"threads-max", 4000, 345, "raise it with sysctl kernel.threads-max"},
		{"pid_max", 32768, 345, "raise it with sysctl kernel.pid_max"},
		{"pids.max of cgroup /old", 900, 7, "raise it there, TasksMax in systemd"},
		{"pids.max of cgroup /a", 200, 150, "raise it there, TasksMax in systemd"},
	}
	if !slices.Equal(limits, want) {
		t.Errorf("got %v\nwant %v", limits, want)
	}
	if err := checkTasks(50, limits); err != nil {
		t.Errorf("50 more: %v", err)
	}
	err := checkTasks(51, limits)
	if want := "51 more threads do not fit: pids.max of cgroup /a is 200, 150 in use (raise it there, TasksMax in systemd)"; err == nil || err.Error() != want {
		t.Errorf("51 more: %v; want %q", err, want)
	}
}

// The kernel counts the threads of this process in two places.
func TestUserTasksCountsThreads(t *testing.T) {
	team, _ := newParked(t, spawnEnvs["threads"], false, 10)
	all, own := allTasks("/proc"), userTasks("/proc", os.Getuid())
	if err := team.dismiss(); err != nil {
		t.Fatal(err)
	}
	if own < 11 || all < 11 {
		t.Errorf("%d tasks, %d of this user, of which 11 are this test's", all, own)
	}
}

func TestRefusedForkNamesLimits(t *testing.T) {
	err := StartShortage(fmt.Errorf("create process 3 of 9: %w", unix.EAGAIN))
	if !errors.As(err, &Unavailable{}) {
		t.Fatal(err)
	}
	for _, part := range []string{"create process 3 of 9: resource temporarily unavailable", "threads-max is ", " in use (raise it with sysctl kernel.threads-max)", "fewer"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if plain := StartShortage(unix.ENOEXEC); plain != unix.ENOEXEC {
		t.Errorf("no limit, but %v", plain)
	}
}
