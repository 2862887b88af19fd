package metrics

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var nan = math.NaN()

func TestReadNoise(t *testing.T) {
	for _, c := range []struct {
		machine string
		pids    []int
		want    Noise
	}{
		{"xeon", []int{1234, 9999}, Noise{
			BusyS: 13.40, StealS: 1, ThrottledS: 0, PSICPUS: 11.420213, PSIIOS: 1.714067, PSIMemS: 0, SwapPages: 42,
			RunDelayS: map[int]float64{1234: 3, 1240: 0.5}}},
		{"container", nil, Noise{BusyS: nan, StealS: nan, ThrottledS: 2.5, PSICPUS: nan, PSIIOS: nan, PSIMemS: nan, SwapPages: nan}},
		{"hybrid", []int{1}, Noise{BusyS: 78.80, StealS: 10.44, ThrottledS: 1.5, PSICPUS: nan, PSIIOS: nan, PSIMemS: nan, SwapPages: nan}},
		{"empty", []int{1}, Noise{BusyS: 0.13, StealS: 0, ThrottledS: nan, PSICPUS: nan, PSIIOS: nan, PSIMemS: nan, SwapPages: nan}},
	} {
		got := ReadNoise(fixture(t, c.machine), c.pids)
		if !(got.SelfCPUS > 0) {
			t.Errorf("%s: own CPU %v, want more than 0", c.machine, got.SelfCPUS)
		}
		got.SelfCPUS = 0
		if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.machine, diff)
		}
	}
}

func TestNoiseFill(t *testing.T) {
	before := Noise{BusyS: 10, StealS: 1, SelfCPUS: 2, ThrottledS: 0, PSICPUS: 5, PSIIOS: nan, PSIMemS: 1, SwapPages: 7,
		RunDelayS: map[int]float64{1: 0.5, 2: 0.25}}
	after := Noise{BusyS: 20, StealS: 1.5, SelfCPUS: 3, ThrottledS: 0.5, PSICPUS: 5.5, PSIIOS: nan, PSIMemS: 1, SwapPages: 9,
		RunDelayS: map[int]float64{1: 1, 3: 0.125}} // thread 2 ended, thread 3 began
	for _, c := range []struct {
		name    string
		tree    float64
		foreign float64
	}{
		{"others", 6, 3},
		{"ticks rounded down", 9.01, 0},
		{"tree unknown", nan, nan},
	} {
		var got record.Trial
		after.Sub(before).Fill(&got, c.tree)
		want := record.Trial{StealS: 0.5, ForeignCPUS: c.foreign, RunDelayS: 0.625, ThrottledS: 0.5, PSICPUS: 0.5, PSIIOS: nan, PSIMemS: 0, SwapPages: 2}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	once, twice := after.Sub(before), after.Sub(before).Plus(after.Sub(before))
	want := NoiseDelta{BusyS: 20, StealS: 1, SelfCPUS: 2, ThrottledS: 1, PSICPUS: 1, PSIIOS: nan, PSIMemS: 0, SwapPages: 4, RunDelayS: 1.25}
	if diff := cmp.Diff(want, twice, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("two spans (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(once, NoiseDelta{}.Plus(once), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("a span after nothing (-want +got):\n%s", diff)
	}
	before.RunDelayS = nil
	if d := after.Sub(before); !math.IsNaN(d.RunDelayS) {
		t.Errorf("run delay without a first reading is %v, want NaN", d.RunDelayS)
	}
}

// Broken and half-written files are absent values, never a panic or a 0.
func TestNoiseOfBrokenFiles(t *testing.T) {
	for _, text := range []string{"", "\n", "cpu\n", "cpu  1 2 x 4 5 6 7 8 9 10\n", "some avg10=0.00\n", "some total=x\n", "pswpin 3\n"} {
		root := t.TempDir()
		for _, name := range []string{"proc/stat", "proc/vmstat", "proc/pressure/cpu", "proc/pressure/io", "proc/pressure/memory"} {
			write(t, filepath.Join(root, name), []byte(text))
		}
		n := ReadNoise(FS{Root: root}, nil)
		for name, v := range map[string]float64{"busy": n.BusyS, "steal": n.StealS, "psi": n.PSICPUS, "swap": n.SwapPages} {
			if !math.IsNaN(v) {
				t.Errorf("%q: %s is %v, want NaN", text, name, v)
			}
		}
	}
}

func TestProcessFiles(t *testing.T) {
	fs := fixture(t, "xeon")
	rollup, err := fs.Rollup(1234)
	if diff := cmp.Diff(Rollup{RSSB: 69004 << 10, PSSB: 67112 << 10, USSB: (928 + 65644) << 10}, rollup); diff != "" || err != nil {
		t.Errorf("smaps_rollup: %v (-want +got):\n%s", err, diff)
	}
	if n, err := fs.FDs(1234); n != 5 || err != nil {
		t.Errorf("%d descriptors, %v, want 5", n, err)
	}
	for name, err := range map[string]error{
		"rollup": second(fs.Rollup(1)), "fds": second(fs.FDs(1)),
	} {
		if err == nil {
			t.Errorf("%s of a process that is not there: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The real kernel against the same parsers: this process has the descriptors
// that it just opened.
func TestProcessFilesHere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc on " + runtime.GOOS)
	}
	fs, pid := FS{}, os.Getpid()
	before, err := fs.FDs(pid)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if after, err := fs.FDs(pid); after != before+3 || err != nil {
		t.Errorf("%d descriptors after opening 3 more than %d, %v", after, before, err)
	}
	if d := fs.RunDelay([]int{pid}); len(d) < 1 {
		t.Errorf("run delay of no thread: %v", d)
	}
}
