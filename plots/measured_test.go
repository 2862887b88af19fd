package plots

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

func table[R any](t *testing.T, chart string, d *digest.Digest) []R {
	t.Helper()
	c, err := Lookup(chart)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Table(d)
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf[R](got)
}

func TestBeyondSharesOutTheSpanOfTheLimit(t *testing.T) {
	buckets := []digest.Bucket{{LoS: 1, HiS: 1, Count: 5}, {LoS: 2, HiS: 4, Count: 4}, {LoS: 10, HiS: 12, Count: 1}}
	for limit, want := range map[float64]float64{0.5: 10, 1.5: 5, 2: 5, 3: 3, 4: 1, 11: 0.5, 12: 0, 99: 0} {
		if got := beyond(buckets, limit); got != want {
			t.Errorf("beyond %v lie %v, want %v", limit, got, want)
		}
	}
}

// Of six trials one is late in all of its ticks: the share of a resample is a
// sixth of a binomial of 6 draws at 1/6, whose 97.5 % quantile is 3.
func TestShareIntervalResamplesTrials(t *testing.T) {
	var dists []digest.Dist
	for i := range 6 {
		at := 0.001
		if i == 3 {
			at = 0.05
		}
		dists = append(dists, digest.Dist{Trial: i, Buckets: []digest.Bucket{{LoS: at, HiS: at, Count: 100}}})
	}
	if low, high := shareInterval(dists, 0.01, 1); low != 0 || high != 0.5 {
		t.Errorf("an interval of %v to %v, want 0 to 0.5", low, high)
	}
	if low, _ := shareInterval(dists[:5], 0.01, 1); !math.IsNaN(low) {
		t.Errorf("five trials have an interval from %v", low)
	}
}

func cellsWith(workload string, params ...map[string]string) []entry {
	var cells []entry
	for _, p := range params {
		cells = append(cells, entry{who: who{Label: workload}, Cell: &digest.Cell{Cell: experiments.Cell{Params: p}}})
	}
	return cells
}

func TestSweptParam(t *testing.T) {
	type params = map[string]string
	for want, cells := range map[string][]entry{
		"size":    cellsWith("x", params{"size": "1", "n": "5"}, params{"size": "2", "n": "6"}, params{"size": "4", "n": "5"}),
		"wait":    cellsWith("x", params{"wait": "1ms"}, params{"wait": "50us"}, params{"wait": "2s"}),
		"":        cellsWith("x", params{"size": "1"}, params{"size": "2"}),
		" two":    cellsWith("x", params{"a": "1", "b": "1"}, params{"a": "2", "b": "2"}, params{"a": "3", "b": "3"}),
		" choice": cellsWith("x", params{"a": "1"}, params{"a": "2"}, params{"a": "auto"}),
		" load":   cellsWith("x", params{"load": "0.1"}, params{"load": "0.2"}, params{"load": "0.3"}),
	} {
		if strings.HasPrefix(want, " ") {
			want = ""
		}
		if got := sweptParam(cells); got != want {
			t.Errorf("found %q, want %q in %v", got, want, cells[0].Params)
		}
	}
}

func TestParamText(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{0, "", "0"}, {64, "", "64"}, {4096, "", "4096"}, {0.25, "", "0.25"}, {1 << 20, "", "1 Mi"}, {3 << 16, "", "192 Ki"}, {1e6, "", "1 M"},
		{150000, "", "150 k"}, {123457, "", "123457"}, {1, "B", "1 B"}, {65536, "B", "64 KiB"}, {5e-5, "s", "50 µs"}, {0, "s", "0 s"},
	} {
		if got := paramText(c.v, c.unit); got != c.want {
			t.Errorf("paramText(%v, %q) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestLabelWithoutAParameter(t *testing.T) {
	e := cellsWith("small one size=64 sizes=64 link=pipe", map[string]string{"size": "64", "link": "pipe", "sizes": "64", "n": "9"})[0]
	for want, params := range map[string][]string{
		"small one sizes=64 link=pipe": {"size"}, "small one size=64 sizes=64": {"link", "n"}, "small one": {"size", "sizes", "link"},
	} {
		if got := e.without(params...); got != want {
			t.Errorf("without %v it is %q, want %q", params, got, want)
		}
	}
	if got := e.work(); got != "small one" {
		t.Errorf("the work is %q", got)
	}
}

// The plain loop runs on one core; panels of more cores show it too.
func TestTheLoopJoinsEveryPanel(t *testing.T) {
	d := swept([]string{experiments.Sequential, experiments.Goroutines}, []int{1, 2}, 6)
	for _, panel := range groupBy(table[sweepRow](t, "sweep", d), func(r sweepRow) string { return r.Panel }) {
		models := map[string]bool{}
		for _, r := range panel {
			models[r.Model] = true
		}
		if len(models) != 2 {
			t.Errorf("panel %s has the models %v", panel[0].Panel, models)
		}
	}
}

func TestSweepTellsTheTimeOfOneOperation(t *testing.T) {
	d := swept(pair, []int{2}, 7)
	c := &d.Cells[0]
	c.Values["throughput_ops_per_s"] = []float64{1e6, 2e6, 4e6, 5e6, 8e6, 1e7, 2e7}
	r := table[sweepRow](t, "sweep", d)[7]
	if r.Kind != "median" || r.Value != 1/5e6 || r.Low != 1/2e7 || r.High != 1e-6 || r.N != 7 || r.X != 4096 || r.ParamUnit != "B" {
		t.Errorf("%+v", r)
	}
}

func TestLinkCostPrefersRoundTrips(t *testing.T) {
	d := pingpong([]string{"pipe"}, []string{"64", "4096"}, pair, 6)
	if r := table[sweepRow](t, "link-cost", d)[0]; r.Metric != "rtt_p50_s" || r.Value != d.Cells[0].Values["rtt_p50_s"][0] || r.Panel != "pingpong, 2 cores" {
		t.Errorf("%+v", r)
	}
	for i := range d.Cells {
		delete(d.Cells[i].Values, "rtt_p50_s")
	}
	d.Cells[0].Params[messageParam] = "1024"
	if sendsMessages(entries(d)[:1]) {
		t.Error("the size of a job's data is taken for that of its messages")
	}
	delete(d.Cells[0].Params, messageParam)
	want := 1 / d.Cells[0].Values["throughput_items_per_s"][0]
	if r := table[sweepRow](t, "link-cost", d)[0]; r.Title != "wall time per item" || r.Value != want {
		t.Errorf("%+v, want %v", r, want)
	}
}

// Messages of one size have their links on the axis, each trial above its own.
func TestLinkCostOfOneSize(t *testing.T) {
	d := pingpong([]string{"pipe", "shm", "tcp"}, []string{"64"}, pair, 6)
	rows := table[sweepRow](t, "link-cost", d)
	panels := costPanels(rows, spreadScale)
	if len(panels) != 1 || len(panels[0].curves) != 2 || len(panels[0].x.ticks) != 3 || panels[0].x.ticks[1].text != "shm" {
		t.Fatalf("%+v", panels)
	}
	i := 0
	for _, c := range panels[0].curves {
		for _, p := range c.points {
			if r := rows[i]; p.at != r.Link || p.y != r.Value || p.x != map[string]float64{"pipe": 1, "shm": 2, "tcp": 3}[r.Link] || !p.apart {
				t.Errorf("%+v for %+v", p, r)
			}
			i++
		}
	}
	if len(rows) != 3*2*7 || i != len(rows) {
		t.Errorf("%d rows, %d points", len(rows), i)
	}
	c, _ := Lookup("link-cost")
	if _, err := c.Table(pingpong([]string{"pipe"}, []string{"64"}, pair, 6)); err == nil {
		t.Error("one link and one size are drawn")
	}
}

// A percentile needs ten durations beyond it: of 300 durations p90 has them
// and p99 has not, of 6 trials of 300 together p99 has.
func TestPercentilesEndWhereDurationsDo(t *testing.T) {
	d := underLoad(pair[:1], []string{"0.5"}, 6, 300)
	last := map[string]float64{}
	for _, r := range table[percentilesRow](t, "latency-percentiles", d) {
		last[r.Kind] = max(last[r.Kind], r.OneIn)
	}
	if diff := cmp.Diff(map[string]float64{"together": 160, "trial": 20, "median": 10}, last); diff != "" {
		t.Errorf("the last percentiles, as one in (-want +got):\n%s", diff)
	}
}

func TestPanelsBeyondTheSheetAreTold(t *testing.T) {
	d := pingpong([]string{"pipe"}, powers(14, 1), pair[:1], 1)
	c, err := Lookup("latency-percentiles")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Table(d)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Subtitle, "12 of 15 settings are drawn") {
		t.Error(got.Subtitle)
	}
	drawn := map[string]bool{}
	for _, r := range rowsOf[percentilesRow](got) {
		if r.Drawn == "yes" {
			drawn[r.Panel] = true
		}
	}
	if len(drawn) != 12 || !drawn["pingpong size=1, 2 cores"] || !drawn["pingpong size=16384, 2 cores"] {
		t.Errorf("drawn are %v", drawn)
	}
}

// R: binom.test(9, 10) and binom.test(10, 10).
func TestSurvivalCountsTrialsThatEndedByThemselves(t *testing.T) {
	d := injected([]string{"panic"}, pair, 10, true)
	d.Cells[0].Failed = map[string]int{record.Skipped: 2, record.Killed: 1}
	rows := table[survivalRow](t, "survival", d)
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
	// goroutines: some of ten trials were unharmed
	if r := rows[0]; r.OK != 10 || r.N != 10 || r.Unharmed >= r.OK || r.Share != float64(r.Unharmed)/10 || r.Note != "1 killed, 2 skipped" {
		t.Errorf("%+v", r)
	}
	if r := rows[1]; r.OK != 9 || r.Unharmed != 9 || r.N != 10 || !near(r.Low, 0.5549839) || !near(r.High, 0.9974714) || !near(r.judged(), 0.9*r.Spared) {
		t.Errorf("%+v", r)
	}
}

// The plain loop stands in the panels of one core and of two, but its trials
// are counted once.
func TestSurvivalCountsTheLoopOnce(t *testing.T) {
	fail := func(c *digest.Cell, t int) string {
		if t == 0 {
			return record.Crashed
		}
		return ""
	}
	d := synth{labels: []string{"sieve"}, models: []string{experiments.Sequential, experiments.Processes}, cores: []int{1, 2}, trials: 5, fail: fail}.digest()
	got, err := survivalTable(d)
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf[survivalRow](got); len(rows) != 4 || !strings.HasPrefix(got.Title, "3 of 15 trials did not end ok") {
		t.Errorf("%d rows: %s", len(rows), got.Title)
	}
}

func TestCapabilityAnswers(t *testing.T) {
	got := map[string]string{}
	for _, r := range table[capabilityRow](t, "capability", probed([]string{experiments.Sequential, experiments.Processes}, 10)) {
		got[r.Probe+" "+r.Model] = r.Answer
	}
	want := map[string]string{
		"can_chroot sequential": answerNo, "can_chroot processes": answerYes, "can_nice sequential": answerNo, "can_nice processes": answerYes,
		"can_kill sequential": answerUntestable, "can_kill processes": answerMixed, "can_numa sequential": answerUntestable, "can_numa processes": answerUntestable,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// Nothing that a workload measures goes unseen.
func TestEveryMeasureHasAChart(t *testing.T) {
	for name, d := range measuredScenarios() {
		if name == "load-mute" {
			continue
		}
		seen := map[string]bool{}
		for _, c := range Charts() {
			got, err := c.Table(d)
			if err != nil {
				continue
			}
			var b strings.Builder
			if err := got.WriteCSV(&b); err != nil {
				t.Fatal(err)
			}
			for _, m := range d.Manifest.Measures {
				seen[m.Name] = seen[m.Name] || strings.Contains(b.String(), m.Name)
			}
		}
		for _, m := range d.Manifest.Measures {
			has := slices.ContainsFunc(d.Cells, func(c digest.Cell) bool { return len(present(&c, m.Name)) > 0 }) || m.Hist
			if has && !seen[m.Name] {
				t.Errorf("%s: no chart shows %s", name, m.Name)
			}
		}
	}
}
