package work

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSlopeOfTheilAndSen(t *testing.T) {
	for _, c := range []struct {
		name string
		x, y []float64
		want float64
	}{
		{"Sen's own example (1968)", []float64{1, 2, 3, 4, 10, 12, 18}, []float64{9, 15, 19, 20, 45, 55, 78}, 4},
		{"a line", []float64{1, 2, 3, 4}, []float64{5, 7, 9, 11}, 2},
		{"one bad point", []float64{1, 2, 3, 4, 5}, []float64{1, 2, 300, 4, 5}, 1},
		{"two points", []float64{10, 30}, []float64{1, 2}, 0.05},
	} {
		if got := middle(pairwiseSlopes(c.x, c.y)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What is no clear line is absent.
func TestNoiseIsNoSlope(t *testing.T) {
	page := float64(os.Getpagesize())
	steps := []float64{250, 500, 750, 1000}
	for _, c := range []struct {
		name string
		x, y []float64
		want float64
	}{
		{"a line", steps, []float64{500 * page, 1000 * page, 1500 * page, 2000 * page}, 2 * page},
		{"a few pages", steps, []float64{100 * page, 104 * page, 108 * page, 112 * page}, 0},
		{"a bend", steps, []float64{500 * page, 600 * page, 1500 * page, 2000 * page}, 0},
		{"falling", steps, []float64{2000 * page, 1500 * page, 1000 * page, 500 * page}, 0},
		{"one executor", []float64{1}, []float64{500 * page}, 0},
		{"two executors", []float64{1, 2}, []float64{500 * page, 600 * page}, 0},
	} {
		values := map[string]float64{}
		addSlope(values, "pss_each_B", c.x, c.y)
		got, present := values["pss_each_B"]
		if present != (c.want > 0) || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, values, c.want)
		}
	}
}

// The kernel's own tests map memory of a known size: what a footprint says of it.
func TestFootprintSeesMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector's own memory changes meanwhile")
	}
	const size = 8 << 20
	pids := []int{os.Getpid()}
	before, ok := settledFootprint(pids)
	if !ok {
		t.Skip("this system has no smaps_rollup")
	}
	private, err := mapSmallPages(size)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(private)
	for at := 0; at < size; at += 4096 {
		private[at] = 1
	}
	after, _ := settledFootprint(pids)
	for name, grown := range map[string]float64{"PSS": after.pss - before.pss, "USS": after.uss - before.uss} {
		if grown < size || grown > size+size/4 {
			t.Errorf("%s grew by %v, want %v and little more", name, grown, size)
		}
	}
}

// weighHere is a role of the test binary, which weighs k executors of a model and an image: a new
// process has no room left over from others, and nothing to tidy up.
const weighHere = "weigh-here"

func init() {
	roles[weighHere] = func(args []string) int {
		k, err := strconv.Atoi(args[2])
		values := map[string]float64{}
		var makers *teams
		if err == nil {
			makers, err = newTeams(spawnEnvs[args[0]], args[1] == "static", k, 0)
		}
		if err == nil {
			err = weighExecutors(k, makers, values)
		}
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(values["pss_each_B"], values["uss_each_B"])
		return 0
	}
}

// A goroutine has a stack of 2 KiB at the least (runtime.stackMin), a thread of Go's one of 16 KiB
// more for the scheduler, of which it may not have touched all. The bare image has one page of
// code, which all share, and few pages of its own; a process of our program has Go's heap
// and stacks besides.
func TestExecutorsHaveWeight(t *testing.T) {
	if _, ok := settledFootprint([]int{os.Getpid()}); !ok {
		t.Skip("this system has no smaps_rollup")
	}
	if testing.Short() {
		t.Skip("the race detector's own memory grows meanwhile")
	}
	page := float64(os.Getpagesize())
	for _, c := range []struct {
		model, image, k string
		min, max        float64
	}{
		{"goroutines", "self", "1000", 2048, 6000},
		{"threads", "self", "1000", 4096, 64 << 10},
		{"processes", "self", "24", 16 * page, 64 << 20},
		{"processes", "static", "60", page, 16 * page},
	} {
		t.Run(c.model+"/"+c.image, func(t *testing.T) {
			if c.model == "threads" {
				if err := checkThreads(1000); err != nil {
					t.Skip(err)
				}
			}
			out, err := exec.Command(os.Args[0], weighHere, c.model, c.image, c.k).Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var pss, uss float64
			if _, err := fmt.Sscan(string(out), &pss, &uss); err != nil {
				t.Fatal(err)
			}
			for _, v := range []float64{pss, uss} {
				if v < c.min || v > c.max {
					t.Errorf("%v bytes each, want between %v and %v", v, c.min, c.max)
				}
			}
		})
	}
}

// A trial has one weight: its first worker tells it, once.
func TestWeightIsToldOnce(t *testing.T) {
	env := spawnEnvs["processes"]
	first := newSpawner(t, "spawn", map[string]string{"k": "4"}, env).(*spawning)
	first.workers.of(0).weight = map[string]float64{"pss_each_B": 5}
	for _, want := range []float64{5, 0} {
		if got := first.Measure(0).Values["pss_each_B"]; got != want {
			t.Errorf("told %v, want %v", got, want)
		}
	}
	env.Rank = 1
	second := newSpawner(t, "spawn", map[string]string{"k": "4"}, env).(*spawning)
	if _, told := second.Measure(0).Values["uss_each_B"]; told {
		t.Error("the second worker weighs, too")
	}
}
