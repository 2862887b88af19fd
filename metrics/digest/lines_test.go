package digest

import (
	"math"
	"slices"
	"testing"

	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLinesSumProcesses(t *testing.T) {
	nan := math.NaN()
	samples := func(row *record.Trial) []record.Sample {
		if row.Trial != 1 {
			return nil
		}
		return []record.Sample{
			{Trial: 1, TS: 0, PID: 0, Role: "machine", CPUS: 99, RSSB: 1e9},
			{Trial: 1, TS: 0, PID: 10, Role: "host", CPUS: 1, RSSB: 100, PSSB: 50},
			{Trial: 1, TS: 0.01, PID: 11, Role: "worker", CPUS: 2, RSSB: 200, PSSB: 60},
			{Trial: 1, TS: 0.5, PID: 0, Role: "machine", CPUS: 100, RSSB: 1e9},
			{Trial: 1, TS: 0.5, PID: 10, Role: "host", CPUS: 1.25, RSSB: 100, PSSB: nan},
			{Trial: 1, TS: 0.5, PID: 11, Role: "worker", CPUS: 2.5, RSSB: 300, PSSB: 70},
			{Trial: 1, TS: 0.5, PID: 12, Role: "worker", CPUS: 0.25, RSSB: 50, PSSB: 70}, // new: all its time is recent
			{Trial: 1, TS: 1, PID: 11, Role: "worker", CPUS: 3, RSSB: 300, PSSB: 70},     // 10 and 12 are gone
		}
	}
	d := load(t, fake{cells: threeCells()[:1], trials: 6, samples: samples}.write(t))
	want := []Line{{Cell: 0, Trial: 1, T: []float64{0, 0.5, 1}, CPUs: []float64{nan, 2, 1}, RSS: []float64{300, 450, 300}, PSS: []float64{110, nan, 70},
		HostCPUs: []float64{nan, 0.5, nan}, HostRSS: []float64{100, 100, nan}}}
	if diff := cmp.Diff(want, d.Lines, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReduceKeepsPeaksAndDips(t *testing.T) {
	ticks := make([]tick, 100_000)
	for i := range ticks {
		ticks[i] = tick{t: float64(i), cpus: 1, rss: 100, pss: math.NaN()}
	}
	ticks[0].cpus, ticks[777].cpus, ticks[40_001].rss, ticks[40_002].rss, ticks[99_000].pss = math.NaN(), 9, 999, 1, 5
	keep := reduce(ticks, maxPoints)
	if len(keep) > maxPoints || !slices.IsSorted(keep) {
		t.Errorf("%d points, sorted %v", len(keep), slices.IsSorted(keep))
	}
	for _, i := range []int{0, 777, 40_001, 40_002, 99_000, 99_999} {
		if !slices.Contains(keep, i) {
			t.Errorf("tick %d is lost", i)
		}
	}
	if got := reduce(ticks[:200], maxPoints); len(got) != 200 {
		t.Errorf("%d of 200 ticks kept", len(got))
	}
}

// TestLinesWithoutWorkers leaves the split out where the host works itself.
func TestLinesWithoutWorkers(t *testing.T) {
	samples := func(row *record.Trial) []record.Sample {
		return []record.Sample{{Trial: row.Trial, TS: 0, PID: 1, Role: "host", CPUS: 1, RSSB: 1}, {Trial: row.Trial, TS: 1, PID: 1, Role: "host", CPUS: 2, RSSB: 1}}
	}
	for _, l := range load(t, fake{cells: threeCells()[:1], trials: 2, samples: samples}.write(t)).Lines {
		if l.HostCPUs != nil || l.HostRSS != nil || l.CPUs[1] != 1 {
			t.Errorf("%+v", l)
		}
	}
}

// TestLongTrialIsHeldInPart feeds one trial of a million readings: what is held of
// it stays bounded, and no peak or dip is lost on the way.
func TestLongTrialIsHeldInPart(t *testing.T) {
	b := newLineBuilder(&Digest{Cells: []Cell{{Trials: []int{1}}}}, 0)
	most := 0
	for i := range 1_000_000 {
		s := record.Sample{Trial: 1, TS: float64(i), PID: 1, Role: "host", CPUS: float64(i), RSSB: 100, PSSB: math.NaN()}
		switch i {
		case 300_000:
			s.RSSB = 7
		case 300_001:
			s.RSSB = 999
		case 900_000:
			s.PSSB = 5
		}
		b.add(&s)
		most = max(most, cap(b.ticks))
	}
	l := b.end()[0]
	if most > 2*maxTicks || len(l.T) > maxPoints || len(l.T) < (maxPoints-2)/6 {
		t.Errorf("%d ticks were held, %d points are left", most, len(l.T))
	}
	for i, of := range [][]float64{l.RSS, l.RSS, l.PSS} {
		if want := []float64{7, 999, 5}[i]; !slices.Contains(of, want) {
			t.Errorf("%g is lost", want)
		}
	}
	if l.T[0] != 0 || l.T[len(l.T)-1] != 999_999 || l.CPUs[1] != 1 {
		t.Errorf("from %g to %g, %g CPUs", l.T[0], l.T[len(l.T)-1], l.CPUs[1])
	}
}

// TestPointsShrinkWithLines holds all lines of a digest together to a bound.
func TestPointsShrinkWithLines(t *testing.T) {
	for trials, want := range map[int]int{1: maxPoints, 500: maxPoints, 1000: 100, 5000: leastPoints} {
		c := Cell{Trials: make([]int, trials)}
		for i := range c.Trials {
			c.Trials[i] = i + 1
		}
		b := newLineBuilder(&Digest{Cells: []Cell{c}}, 0.1)
		if b.points != want || b.points*len(b.chosen) > allPoints {
			t.Errorf("%d trials: %d lines of %d points, want %d", trials, len(b.chosen), b.points, want)
		}
	}
}

func TestChooseSpreadsEvenly(t *testing.T) {
	cells := make([]Cell, 3)
	number := 0
	for i := range cells {
		for range []int{3000, 0, 10}[i] {
			number++
			cells[i].Trials = append(cells[i].Trials, number)
		}
	}
	chosen := choose(cells)
	count := map[int]int{}
	for _, c := range chosen {
		count[c]++
	}
	if diff := cmp.Diff(map[int]int{0: 1000, 2: 10}, count); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, ok := chosen[3000]; !ok {
		t.Error("the last trial of a cell is not chosen")
	}
	many := make([]Cell, 5000)
	for i := range many {
		many[i].Trials = []int{i + 1}
	}
	if got := len(choose(many)); got != maxLines {
		t.Errorf("%d lines of 5000 cells, want %d", got, maxLines)
	}
}

func TestSamplesThatStandApart(t *testing.T) {
	samples := func(row *record.Trial) []record.Sample {
		return []record.Sample{{Trial: row.Trial, TS: 1, PID: 1, Role: "host"}, {Trial: 1, TS: 2, PID: 1, Role: "host"}}
	}
	d := load(t, fake{cells: threeCells()[:1], trials: 6, samples: samples}.write(t))
	if len(d.Lines) != 6 || len(d.Lines[0].T) != 2 {
		t.Errorf("%d lines, the first of %d points; want 6 and 2", len(d.Lines), len(d.Lines[0].T))
	}
	want := []string{"the samples of 1 trial do not stand together; only the first part is shown"}
	if diff := cmp.Diff(want, d.Warnings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSameFolderSameDigest(t *testing.T) {
	dir := fake{cells: threeCells(), trials: 6, samples: func(row *record.Trial) []record.Sample {
		return []record.Sample{{Trial: row.Trial, TS: 1, PID: 1, Role: "host"}}
	}}.write(t)
	if diff := cmp.Diff(load(t, dir), load(t, dir), cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(Digest{}), cmp.AllowUnexported(Cell{})); diff != "" {
		t.Errorf("two loads differ:\n%s", diff)
	}
}
