package work

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// weighExecutors adds to values what memory an executor takes: the growth of PSS and USS from
// k/4 over k/2 and 3k/4 to k parked ones. Where the growth is no clear line it adds nothing.
func weighExecutors(k int, makers *teams, values map[string]float64) (err error) {
	if err := rehearse(makers); err != nil {
		return err
	}
	var quarters []quarter // all made before the first reading: that takes memory too
	for q := range 4 {
		if n := k*(q+1)/4 - k*q/4; n > 0 {
			lives := make([]life, n)
			quarters = append(quarters, quarter{lives, makers.of(lives)})
		}
	}
	defer func() {
		for _, q := range quarters {
			err = errors.Join(err, q.dismiss())
		}
	}()
	var pids []int
	var parked, pss, uss []float64
	for _, q := range quarters {
		if err := park(q.team, q.lives, 0); err != nil {
			return err
		}
		pids = q.addPids(pids)
		f, ok := settledFootprint(hosts(pids))
		if !ok {
			return nil
		}
		n := float64(len(q.lives))
		if len(parked) > 0 {
			n += parked[len(parked)-1]
		}
		parked, pss, uss = append(parked, n), append(pss, f.pss), append(uss, f.uss)
	}
	addSlope(values, "pss_each_B", parked, pss)
	addSlope(values, "uss_each_B", parked, uss)
	return nil
}

type quarter struct {
	lives []life
	team
}

// park creates an executor for each of lives and waits until they run.
func park(t team, lives []life, base uint64) error {
	for i := range lives {
		if err := t.create(i, newLabel(base, i), false); err != nil {
			return fmt.Errorf("park executor %d of %d: %w", i+1, len(lives), err)
		}
	}
	return t.settle()
}

// addPids adds the processes that the executors are, if they are some.
func (q quarter) addPids(list []int) []int {
	for i := range q.lives {
		if pid := q.lives[i].pid; pid > 0 {
			list = append(list, pid)
		}
	}
	return list
}

// hosts are the processes that executors live in: if they are none themselves, this one. Else
// it is left out, for all that it gains is the garbage of the creating calls.
func hosts(pids []int) []int {
	if len(pids) > 0 {
		return pids
	}
	return []int{os.Getpid()}
}

// rehearse lets one executor live, so that what the first of all touches is not
// weighed.
func rehearse(makers *teams) error {
	lives := make([]life, 1)
	t := makers.of(lives)
	_, _ = settledFootprint([]int{os.Getpid()})
	return errors.Join(park(t, lives, 0), t.dismiss())
}

// footprint is the memory of some processes together, in bytes.
type footprint struct{ pss, uss float64 }

// settledFootprint reads until nothing changes: who has signalled may still be on the way to
// its place to park.
func settledFootprint(pids []int) (f footprint, ok bool) {
	const most = 50
	buf := make([]byte, 4096)
	for range most {
		before := f
		if f, ok = readFootprint(pids, buf); !ok || f == before {
			break
		}
	}
	return f, ok
}

func readFootprint(pids []int, buf []byte) (f footprint, ok bool) {
	for _, pid := range pids {
		name := "/proc/" + strconv.Itoa(pid) + "/smaps_rollup"
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return f, false
		}
		n, err := unix.Read(fd, buf)
		_ = unix.Close(fd)
		if err != nil {
			return f, false
		}
		pss, clean, dirty := rollup(buf[:n], "\nPss:"), rollup(buf[:n], "\nPrivate_Clean:"), rollup(buf[:n], "\nPrivate_Dirty:")
		if pss < 0 || clean < 0 || dirty < 0 {
			return f, false
		}
		f.pss, f.uss = f.pss+pss, f.uss+clean+dirty
	}
	return f, true
}

// rollup returns a field of smaps_rollup in bytes; less than 0: it is not there.
func rollup(text []byte, name string) float64 {
	_, rest, _ := bytes.Cut(text, []byte(name))
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	return float64(number(bytes.TrimSpace(line))) * 1024
}

// addSlope adds the slope of a line through the points, unless they are no clear line: a
// reading is a whole number of pages, the runtime takes some of its own meanwhile,
// and the first executors may use what others left.
func addSlope(values map[string]float64, name string, x, y []float64) {
	const pages = 16 // growth below it would be off by several per cent for rounding alone
	slopes := pairwiseSlopes(x, y)
	if len(x) < 3 || y[len(y)-1]-y[0] < float64(pages*os.Getpagesize()) {
		return
	}
	slope := middle(slopes)
	if slopes[0] >= 0.75*slope && slopes[len(slopes)-1] <= 1.25*slope {
		values[name] = slope
	}
}

// pairwiseSlopes are those of the lines through any two points, sorted. The median of them is the
// slope of Theil (1950) and Sen (1968): one bad point of four does not move it far.
func pairwiseSlopes(x, y []float64) []float64 {
	var slopes []float64
	for i := range x {
		for j := range i {
			slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
		}
	}
	slices.Sort(slopes)
	return slopes
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
