package work

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Tests of what processes share run in real ones: copies of the test binary that
// map the same memory, as the workers of a trial do.

// forkedAs holds, in a child, its task.
const forkedAs = "FORKLORE_TEST_FORKED"

// A forkedTask is what one process of a test does. Its workers have the ranks
// from Rank on.
type forkedTask struct {
	Job       string // a name of forkedJobs
	Rank      int
	Slots     int
	Workers   int
	Processes int
	Size      int64 // of the shared memory; a page for the test itself follows
	Rounds    int
	Items     int64 // of a round, of all workers together; Endless: until the test's page says so

	Kind   string
	Params map[string]string
}

// A forkedResult is what the workers of one process report, added up.
type forkedResult struct {
	Items  int64
	Sum    uint64
	Timed  int64 // durations in histograms
	Broken string
}

// forkedJobs are what a child can be asked to do.
var forkedJobs = map[string]func(c *forked) forkedResult{}

// forked is a process of a test, seen from inside.
type forked struct {
	forkedTask
	shared []byte
	up     *os.File
	down   *bufio.Reader
}

// gate waits until every process of the test has come to it.
func (c *forked) gate() {
	fmt.Fprintln(c.up, "gate")
	if _, err := c.down.ReadByte(); err != nil {
		os.Exit(1) // the test has ended without this process
	}
}

// each runs work in every worker of this process and waits for them.
func (c *forked) each(work func(rank int)) {
	var workers sync.WaitGroup
	for slot := range c.Slots {
		workers.Go(func() { work(c.Rank + slot) })
	}
	workers.Wait()
}

// page is the test's own: its words are zero at first.
func (c *forked) page() *testPage { return pageAfter(c.shared, c.Size) }

type testPage struct {
	next atomic.Int64
	_    [120]byte
	over atomic.Uint32
}

func pageAfter(shared []byte, size int64) *testPage {
	return (*testPage)(unsafe.Pointer(&shared[roundUpTo(size, 4096)]))
}

// TestForked is no test of its own: it is what the copies run.
func TestForked(t *testing.T) {
	task := os.Getenv(forkedAs)
	if task == "" {
		t.Skip("runs as the child of other tests")
	}
	c := &forked{up: os.NewFile(4, "up"), down: bufio.NewReader(os.NewFile(5, "down"))}
	if err := json.Unmarshal([]byte(task), &c.forkedTask); err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(1) // as the host has it
	var err error
	if c.shared, err = mapShared(3, c.Size); err != nil {
		t.Fatal(err)
	}
	json.NewEncoder(c.up).Encode(forkedJobs[c.Job](c))
}

// inProcesses runs task in as many processes as there are slots in layout, that
// many workers in each, and returns their results with the memory that they shared. over
// is called after each gate.
func inProcesses(t *testing.T, layout []int, task forkedTask, atGate func(gate int, shared []byte)) ([]forkedResult, []byte) {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector sees no other process, and makes its start slow")
	}
	file, shared := sharedMemory(t, task.Size)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	task.Processes = len(layout)
	for _, slots := range layout {
		task.Workers += slots
	}
	var children []*forkedEnd
	for _, task.Slots = range layout {
		children = append(children, startForked(t, ctx, task, file))
		task.Rank += task.Slots
	}
	for gate := 0; ; gate++ {
		lines := make([]string, len(children))
		for i, p := range children {
			lines[i] = p.line(t)
		}
		if lines[0] != "gate\n" {
			return forkedResults(t, lines), shared
		}
		if atGate != nil {
			atGate(gate, shared)
		}
		for _, p := range children {
			p.pass.Write([]byte{0})
		}
	}
}

// forkedEnd is the test's end of a child.
type forkedEnd struct {
	command *exec.Cmd
	report  *bufio.Reader
	pass    *os.File
}

func startForked(t *testing.T, ctx context.Context, task forkedTask, shared *os.File) *forkedEnd {
	t.Helper()
	if testing.Short() {
		t.Skip("the race detector sees no other process, and makes its start slow")
	}
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	reports, up, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	down, pass, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &forkedEnd{report: bufio.NewReader(reports), pass: pass}
	p.command = exec.CommandContext(ctx, os.Args[0], "-test.run=^TestForked$", "-test.count=1")
	p.command.Env = append(os.Environ(), forkedAs+"="+string(text))
	p.command.ExtraFiles = []*os.File{shared, up, down}
	p.command.Stderr = os.Stderr
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	up.Close()
	down.Close()
	t.Cleanup(func() {
		pass.Close()
		p.command.Wait()
		reports.Close()
	})
	return p
}

func (p *forkedEnd) line(t *testing.T) string {
	t.Helper()
	line, err := p.report.ReadString('\n')
	if err != nil {
		t.Fatalf("a process of the test ended early: %v after %q", err, line)
	}
	return line
}

func forkedResults(t *testing.T, lines []string) []forkedResult {
	t.Helper()
	list := make([]forkedResult, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &list[i]); err != nil {
			t.Fatalf("process %d reports %q: %v", i, line, err)
		}
		if list[i].Broken != "" {
			t.Errorf("process %d: %s", i, list[i].Broken)
		}
	}
	return list
}

// sharedMemory returns memory of size bytes and a page, mapped here as well, that
// other processes can map.
func sharedMemory(t *testing.T, size int64) (*os.File, []byte) {
	t.Helper()
	file, err := os.CreateTemp(sharedFolder(t), "shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	os.Remove(file.Name())
	if err := file.Truncate(roundUpTo(size, 4096) + 4096); err != nil {
		t.Fatal(err)
	}
	shared, err := mapShared(int(file.Fd()), size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(shared) })
	return file, shared
}

// sharedFolder is in memory where the system has such a place.
func sharedFolder(t *testing.T) string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return t.TempDir()
}

func mapShared(fd int, size int64) ([]byte, error) {
	return unix.Mmap(fd, 0, int(roundUpTo(size, 4096)+4096), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func itemsOf(list []forkedResult) (items int64) {
	for _, r := range list {
		items += r.Items
	}
	return items
}
