package runner

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/runner/work"
)

// What workers measure is merged over them and over iterations, whatever
// process they are in, and memory that they share is one memory.
func TestMeasuresAndSharedMemory(t *testing.T) {
	out, rows := run(t, campaignOf(t, `
question: Is what all share shared, and what each measures merged?
workloads: [{use: tally, items: 40}]
models: [goroutines, threads, processes, {use: hybrid, processes: 2}]
cores: [1]
workers: [4]
iterations: 2
trials: 1
`))
	if len(rows) != 4 {
		t.Fatalf("%d rows: %v", len(rows), out.Warnings)
	}
	values := map[int]map[string]float64{}
	for m, err := range record.ReadMeasures(filepath.Join(out.Dir, record.MeasuresFile)) {
		if err != nil {
			t.Fatal(err)
		}
		if values[m.Trial] == nil {
			values[m.Trial] = map[string]float64{}
		}
		values[m.Trial][m.Measure] = m.Value
	}
	counts := map[int]map[float64]int{}
	for b, err := range record.ReadHistograms(filepath.Join(out.Dir, record.HistogramsFile)) {
		if err != nil {
			t.Fatal(err)
		}
		if counts[b.Trial] == nil {
			counts[b.Trial] = map[float64]int{}
		}
		counts[b.Trial][math.Round(b.HiS*1e9)] += b.Count
	}
	for _, r := range rows {
		if r.Status != record.OK {
			t.Fatalf("%s: %s: %s", r.Model, r.Status, r.Detail)
		}
		for name, want := range map[string]float64{"counted": 80, "own": 80, "own_min": 10, "own_most": 20, "rank_mean": 1.5} {
			if got := values[r.Trial][name]; got != want {
				t.Errorf("%s: %s is %v, want %v", r.Model, name, got, want)
			}
		}
		for rank := range 4 {
			if got := counts[r.Trial][float64(rank)*1000]; got != 20 {
				t.Errorf("%s: %d durations of rank %d, want 20, in %v", r.Model, got, rank, counts[r.Trial])
			}
		}
		if r.OpsDone != 240 {
			t.Errorf("%s: %v operations, want 240", r.Model, r.OpsDone)
		}
	}
	d, err := digest.Load(out.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if v := d.Cells[0].Values["made_up_p50_s"]; len(v) != 1 || math.Abs(v[0]-1e-6) > 1e-12 {
		t.Errorf("the median of the made-up durations is %v", v)
	}
	if v := d.Cells[0].Values["throughput_ops_per_s"]; len(v) != 1 || !(v[0] > 0) {
		t.Errorf("operations/s %v", v)
	}
}

// Counts of workers and iterations add up before they become a share.
func TestShares(t *testing.T) {
	for _, c := range []struct {
		parts, of [][]float64
		want      float64
		ok        bool
	}{
		{[][]float64{{1}, {0}}, [][]float64{{2}, {98}}, 0.01, true}, // the mean of the shares would be 0.25
		{[][]float64{{3, 1}}, [][]float64{{4, 4}}, 0.5, true},
		{[][]float64{{0}}, [][]float64{{0}}, 0, false},
		{nil, nil, 0, false},
	} {
		if got, ok := shareOf(c.parts, c.of); ok != c.ok || ok && got != c.want {
			t.Errorf("%v of %v is %v, %v; want %v, %v", c.parts, c.of, got, ok, c.want, c.ok)
		}
	}
}

// What the system lacks is a reason to skip, not a crash.
func TestUnavailableIsSkipped(t *testing.T) {
	for _, items := range []string{"4", "auto"} {
		_, rows := run(t, campaignOf(t, `
question: What if the system lacks something?
workloads: [{use: tally, lack: true, items: `+items+`}]
models: [goroutines, processes]
cores: [1]
workers: [2]
trials: 1
`))
		for _, r := range rows {
			if r.Status != record.Skipped || !strings.Contains(r.Detail, "0 tallies, 1 is needed: raise the limit") {
				t.Errorf("items %s, %s: %s: %s", items, r.Model, r.Status, r.Detail)
			}
		}
	}
}

// Reading PSS would stand in the way of what is timed.
func TestNoPSSBesideLatencies(t *testing.T) {
	every := experiments.Sample{EveryS: 0.1}
	for _, c := range []struct {
		workload    string
		asked, want []string
		everyS      float64
	}{
		{"sieve", nil, nil, 0.1},
		{"sieve", []string{"pss"}, []string{"pss"}, 0.1},
		{"ring", nil, nil, 0.1}, // its measure is one number
		{"pingpong", nil, []string{"cpu", "rss", "threads"}, 0.1},
		{"pingpong", []string{"rss", "pss"}, []string{"rss"}, 0.1},
		{"pingpong", []string{"pss"}, []string{}, 0},
	} {
		s := every
		s.Metrics = c.asked
		got := ticks(s, c.workload, nil)
		if !slices.Equal(got.Metrics, c.want) || got.EveryS != c.everyS {
			t.Errorf("%s, asked for %v: %v every %v s, want %v every %v s", c.workload, c.asked, got.Metrics, got.EveryS, c.want, c.everyS)
		}
	}
	if !slices.Contains(experiments.SampleMetrics, "pss") {
		t.Error("the list of all was changed")
	}
}

// Two workers have the same span, but the least duration of one lies in it, and the greatest of the
// other: every duration counts, and spans rise.
func TestSpansOfWorkersAreJoined(t *testing.T) {
	var a attempt
	list := a.buckets("rtt_s", map[work.Bucket]int64{
		{LoNS: 4096, HiNS: 4097}: 2, {LoNS: 4096, HiNS: 4099}: 3, {LoNS: 4098, HiNS: 4099}: 4, {LoNS: 4100, HiNS: 4103}: 5, {LoNS: 4104, HiNS: 4107}: 6,
	})
	var counts []int
	for i, b := range list {
		counts = append(counts, b.Count)
		if i > 0 && b.LoS <= list[i-1].HiS {
			t.Errorf("%+v overlaps %+v", b, list[i-1])
		}
	}
	if !slices.Equal(counts, []int{9, 5, 6}) || list[0].LoS != 4096*nano || list[0].HiS != 4099*nano {
		t.Errorf("%+v", list)
	}
}

func TestWiderKeepsCountAndEnds(t *testing.T) {
	var list []record.Bucket
	for i := range 3000 {
		list = append(list, record.Bucket{LoS: 1 + float64(i)/1000, HiS: 1 + float64(i)/1000 + 0.0005, Count: i})
	}
	for _, span := range []float64{shownSpan, asideSpan} {
		short := wider(list, span)
		count := 0
		for _, b := range short {
			count += b.Count
			if b.HiS > b.LoS*(1+span)*1.0001 {
				t.Errorf("span %+v is too wide", b)
			}
		}
		if count != 3000*2999/2 || float64(len(short)) > 3/span || short[0].LoS != 1 || short[len(short)-1].HiS != list[2999].HiS {
			t.Errorf("%d durations in %d spans from %v to %v", count, len(short), short[0].LoS, short[len(short)-1].HiS)
		}
	}
	if got := wider(nil, shownSpan); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// Durations of many shapes, from their recording to what is written down: no quantile is off by 1 %, and
// the greatest is what it was.
func TestQuantilesSurviveSpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func() float64{
		"one value":   func() float64 { return 1234567 },
		"exponential": func() float64 { return 2e5 * rng.ExpFloat64() },
		"log-normal":  func() float64 { return 5e4 * math.Exp(2*rng.NormFloat64()) },
		"nanoseconds": func() float64 { return 40 + 200*rng.Float64() },
		"two humps":   func() float64 { return 1e3*float64(1+999*rng.IntN(2)) + 300*rng.Float64() },
		"a long tail": func() float64 { return 1e4 * math.Pow(rng.Float64(), -1.5) },
	}
	for name, draw := range shapes {
		var durations []int64
		workers := []*work.Histogram{work.NewHistogram(), work.NewHistogram(), work.NewHistogram()}
		for i := range 20000 {
			ns := min(int64(draw()), int64(time.Hour))
			durations = append(durations, ns)
			workers[i%3].Record(time.Duration(ns))
		}
		slices.Sort(durations)
		var a attempt
		counts := map[work.Bucket]int64{}
		for _, w := range workers {
			for _, b := range w.Buckets() {
				counts[work.Bucket{LoNS: b.LoNS, HiNS: b.HiNS}] += b.Count
			}
		}
		fine := a.buckets(name, counts)
		written := wider(fine, shownSpan)
		var list []digest.Bucket
		for _, b := range written {
			list = append(list, digest.Bucket{LoS: b.LoS, HiS: b.HiS, Count: b.Count})
		}
		for _, q := range []float64{0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1} {
			exact := float64(durations[max(1, int(math.Ceil(q*float64(len(durations)))))-1]) * nano
			got := digest.Quantile(list, q)
			if off := got/exact - 1; off < -1e-9 || off > 0.01 && got-exact > 1.001*nano || q == 1 && math.Abs(off) > 1e-9 {
				t.Errorf("%s: the %v quantile is %v, told as %v", name, q, exact, got)
			}
		}
		if len(fine) > 1000 && len(written) > len(fine)/2 {
			t.Errorf("%s: %d spans became %d", name, len(fine), len(written))
		}
	}
}
