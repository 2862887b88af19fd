// Package perf says where the CPU time of a Go program goes: into the kernel, the
// runtime of Go or its own code. Benchmarks that miss their target print it. It asks perf
// of the Linux kernel tools, which samples the kernel's side too.
package perf

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Profile holds shares of the samples, 0 to 1.
type Profile struct {
	Kernel  float64
	Runtime float64 // of Go, without what the system call instruction itself waits for
	Program float64 // all else
	Top     []Line  // of the runtime, the dearest first
}

// Line is one function.
type Line struct {
	Share    float64
	Function string
}

// Hz is how often a thread that runs is looked at, in a second.
const Hz = 4999

// Wrap returns the words that run a program under perf, which writes to file. The program
// keeps its descriptors. The error says how to get perf.
func Wrap(file string, program ...string) ([]string, error) {
	path, err := exec.LookPath("perf")
	if err != nil {
		return nil, fmt.Errorf("no profile: %w (it is in the package linux-perf or linux-tools)", err)
	}
	return append(record(path, file), append([]string{"--"}, program...)...), nil
}

func record(path, file string) []string {
	return []string{path, "record", "-q", "-o", file, "-e", "cpu-clock", "-F", strconv.Itoa(Hz)}
}

// Self profiles this process while it does something.
func Self(file string, do func()) (Profile, error) {
	words, err := Wrap(file)
	if err != nil {
		return Profile{}, err
	}
	words = append(words[:len(words)-1], "-p", strconv.Itoa(os.Getpid()))
	cmd := exec.Command(words[0], words[1:]...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return Profile{}, err
	}
	time.Sleep(300 * time.Millisecond) // until it is attached: what is missed at the start is only fewer samples
	do()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return Profile{}, fmt.Errorf("perf record ended before: %s", complaint.String())
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &ended) { // an interrupt is its end
		return Profile{}, err
	}
	return Read(file)
}

// Read makes a profile of what perf recorded.
func Read(file string) (Profile, error) {
	out, err := exec.Command("perf", "report", "-i", file, "--stdio", "-F", "overhead,dso,symbol", "-t", "|").Output()
	if err != nil {
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(ended.Stderr)))
		}
		return Profile{}, fmt.Errorf("perf report: %w", err)
	}
	return parse(string(out))
}

// entry is the function that holds the system call instruction: its samples are those of
// the way into the kernel and back, which any program has.
const entry = "internal/runtime/syscall"

func parse(report string) (Profile, error) {
	var p Profile
	own := map[string]float64{} // of the runtime, by function
	for line := range strings.Lines(report) {
		parts := strings.SplitN(strings.TrimSpace(line), "|", 3)
		if len(parts) < 3 || strings.HasPrefix(line, "#") {
			continue
		}
		percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(parts[0]), "%"), 64)
		if err != nil {
			return p, fmt.Errorf("perf report has a line that is none: %q", line)
		}
		share := percent / 100
		mode, function, _ := strings.Cut(strings.TrimSpace(parts[2]), "] ")
		function, _, _ = strings.Cut(function, "|")
		switch function = named(strings.TrimSpace(function)); {
		case strings.Contains(mode, "k") || strings.HasPrefix(function, entry):
			p.Kernel += share
		case strings.HasPrefix(function, "runtime."), strings.HasPrefix(function, "internal/runtime/"):
			p.Runtime += share
			own[function] += share
		default:
			p.Program += share
		}
	}
	if p.Kernel+p.Runtime+p.Program < 0.5 {
		return p, errors.New("perf saw next to nothing: is it allowed to (kernel.perf_event_paranoid)?")
	}
	for _, function := range slices.Sorted(maps.Keys(own)) {
		p.Top = append(p.Top, Line{own[function], function})
	}
	slices.SortStableFunc(p.Top, func(a, b Line) int { return cmp.Compare(b.Share, a.Share) })
	return p, nil
}

// named returns the name of a function of which perf knows only the place in the file: go
// test strips the programs that it runs. What is profiled is this program.
func named(function string) string {
	offset, err := strconv.ParseUint(strings.TrimPrefix(function, "0x"), 16, 64)
	if err != nil || !strings.HasPrefix(function, "0x") {
		return function
	}
	if f := runtime.FuncForPC(uintptr(offset + loadedAt())); f != nil {
		return f.Name()
	}
	return function
}

// loadedAt is what lies between a place in this program's file and its address.
var loadedAt = sync.OnceValue(func() uint64 {
	f, err := elf.Open(os.Args[0])
	if err != nil {
		return 0
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 {
			return p.Vaddr - p.Off
		}
	}
	return 0
})

// String is one line for a report.
func (p Profile) String() string {
	text := fmt.Sprintf("kernel %.0f %%, Go's runtime %.0f %%, program %.0f %%", 100*p.Kernel, 100*p.Runtime, 100*p.Program)
	for i, l := range p.Top[:min(5, len(p.Top))] {
		text += []string{": ", ", "}[min(i, 1)] + fmt.Sprintf("%s %.1f %%", l.Function, 100*l.Share)
	}
	return text
}
