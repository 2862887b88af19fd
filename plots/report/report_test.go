package report

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

var update = flag.Bool("update", false, "write the golden files")

// nasty is text that tries to be everything but text.
const nasty = "<script>alert(1)</script> *a* _b_ `c` [d](javascript:e) | ~~f~~ # g &lt; ![h](http://x.example/i.png) https://x.example www.x.example me@x.example \\*"

// run is a made-up run: two models, two core counts, n trials in each cell.
func run(n int, name string) *digest.Digest {
	d := &digest.Digest{Manifest: record.Manifest{
		Name: "made-up", Question: name, Analysis: "First paragraph.\n\n1. " + name,
		File: "made-up.yaml", SHA256: strings.Repeat("ab", 32), Command: []string{"forklore", "run", "made-up", "--set", "trials=5"},
		Version: "v0.1.0", Commit: "0123abc", GoVersion: "go1.26.0", Ended: "complete",
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Finished: time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC),
		Plan: experiments.Plan{Seed: 7, Hash: "0123456789abcdef", Trials: n, Warmup: 1, Order: "blocks",
			Cells: make([]experiments.Cell, 4), Sample: experiments.Sample{EveryS: 0.1},
			Dropped: []experiments.Dropped{{Cell: experiments.Cell{Label: name, Model: "sequential", Cores: 2, Workers: 2}, Because: "sequential has one worker; 2 were asked for"}}},
		Calibration: []record.Calibration{{Workload: "sieve", Params: "segment=65536", Items: 400, Cell: "000000000001", WallS: 0.98, AimS: 1}},
		Machine: record.Machine{Host: "bench", OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPUModel: "Some CPU", UsableCPUs: []int{0, 1},
			MemTotalB: 8 << 30, Topology: record.Topology{CPUs: make([]record.CPU, 2), Packages: 1, Cores: 2, Caches: []record.Cache{{Level: 1, Type: "Data", SizeB: 32 << 10, Shared: 1}}},
			Mitigations: map[string]string{"meltdown": "Mitigation: PTI", "retbleed": "Not affected", "l1tf": "Not affected"}, Missing: map[string]string{"governor": "no cpufreq"}},
	}, Warnings: []string{"the sampler missed 3 ticks", name}}
	for _, cores := range []int{1, 2} {
		for i, model := range []string{"goroutines", "processes"} {
			c := digest.Cell{Cell: experiments.Cell{ID: fmt.Sprintf("%012d", len(d.Cells)), Workload: "sieve", Label: name, Model: model,
				ModelLabel: model, Cores: cores, Workers: cores, Processes: 1, Schedule: "static", Scaling: "strong", Items: 400}, Values: map[string][]float64{}}
			for t := range n {
				w := (1 + 0.01*float64(t) + 0.05*float64(i)) / float64(cores)
				c.Trials, c.Blocks = append(c.Trials, len(d.Cells)+4*t), append(c.Blocks, t+1)
				for metric, v := range map[string]float64{"wall_s": w, "throughput_items_per_s": 400 / w, "cpu_work_s": w * float64(cores),
					"cpu_per_item_s": w * float64(cores) / 400, "mem_high_B": float64(12+4*i) * (1 << 20), "cold_s": w + 0.01} {
					c.Values[metric] = append(c.Values[metric], v)
				}
			}
			d.Cells = append(d.Cells, c)
		}
	}
	d.Rows = 4*n + 5
	return d
}

// measuring lets the workload measure itself; goroutines do not move a byte.
func measuring(d *digest.Digest) *digest.Digest {
	d.Manifest.Measures = []record.Measure{
		{Name: "moved_B", Title: "bytes moved", Unit: "B", Doc: "bytes that went from one worker to another", Less: true, Merge: "sum"},
		{Name: "latency_s", Title: "latency", Unit: "s", Doc: "from the asking to the answer", Less: true, Hist: true},
	}
	for i := range d.Cells {
		c := &d.Cells[i]
		for t := range c.Trials {
			for name, v := range map[string]float64{"throughput_ops_per_s": 4 * c.Values["throughput_items_per_s"][t], "moved_B": float64(i%2) * 4096, "latency_p50_s": 1e-4, "latency_p99_s": 1e-3 + 1e-6*float64(t)} {
				c.Values[name] = append(c.Values[name], v)
			}
		}
	}
	return d
}

func fail(d *digest.Digest) *digest.Digest {
	d.Cells[3].Failed = map[string]int{record.Crashed: 1}
	d.Failures = []digest.Failure{{Trial: 9, Block: 2, Cell: d.Cells[3].ID, Title: d.Cells[3].Label, Status: record.Crashed, Detail: nasty, Log: "log/9.txt"}}
	return d
}

var drawn = []plots.Drawn{
	{Name: "trials", Question: "How do the models compare?", Title: "A finding", Reading: "What to see.", PNG: "charts/trials.png", CSV: "charts/trials.csv"},
	{Name: "speedup", Question: "How much faster?", Absent: "this run has one core count"},
}

func TestGolden(t *testing.T) {
	interrupted := run(1, "sieve")
	interrupted.Manifest.Ended = "interrupted"
	none := run(0, "sieve")
	claims := run(8, "sieve")
	most := 0.4
	claims.Manifest.Plan.Claims = []experiments.Claim{
		{ID: "faster", Says: "Goroutines are faster than processes.", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "goroutines", Right: "processes"},
		{ID: "lean", Says: "Processes need less memory.", Kind: experiments.ClaimCompare, Metric: "mem_high_B", Left: "processes", Right: "goroutines"},
		{ID: "short", Says: "A trial is short.", Kind: experiments.ClaimBound, Metric: "wall_s", AtMost: &most},
		{ID: "nobody", Says: nasty, Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "nobody", Right: "goroutines"},
	}
	broken := run(6, "sieve")
	broken.Manifest.Plan.Claims = claims.Manifest.Plan.Claims[:1]
	broken.Gates = []digest.Gate{{Name: "aa", Passed: true, Detail: "1.00x"}, {Name: "canary", Passed: false, Detail: "it drifts"}}
	measures := measuring(run(6, "sieve"))
	for i := range none.Cells {
		none.Cells[i].Failed = map[string]int{record.Timeout: 2}
	}
	for name, d := range map[string]*digest.Digest{
		"six-trials": run(6, "sieve"), "failures": fail(run(5, "sieve")), "one-trial": interrupted, "none-ok": none, "empty": {},
		"claims": claims, "broken": broken, "measures": measures,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(d, drawn, dir); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(dir, File))
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"NaN", "n/a", "%!", "Inf"} {
				if bytes.Contains(got, []byte(bad)) {
					t.Errorf("the report holds %q", bad)
				}
			}
			golden := filepath.Join("testdata", name+".md")
			if *update {
				if err := os.WriteFile(golden, got, 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var render = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldhtml.WithUnsafe()))

// TestTextStaysText renders with raw HTML allowed: what comes out must read
// as what went in and hold no element but the paragraph.
func TestTextStaysText(t *testing.T) {
	for _, s := range []string{nasty, "# h", "1. x", "12) x", "- x", "+ x", "---", "===", "> q", "    code", "a  \nb", "\tx", "::: x", "a\x00b\x1b[0mc", "**", "<!-- x", "&amp;", "\\", "$x$", "| a |", "x #", "WWW.x.example"} {
		var b bytes.Buffer
		if err := render.Convert([]byte(line(s)), &b); err != nil {
			t.Fatal(err)
		}
		out := strings.TrimSpace(b.String())
		inner := strings.TrimSuffix(strings.TrimPrefix(out, "<p>"), "</p>")
		if strings.Contains(inner, "<") {
			t.Errorf("%q became %s", s, out)
		}
		if got := html.UnescapeString(inner); got != oneLine(s) {
			t.Errorf("%q reads %q", s, got)
		}
	}
}

// TestReportHoldsNoForeignElement injects the nasty text everywhere.
func TestReportHoldsNoForeignElement(t *testing.T) {
	d := fail(run(6, nasty))
	m := &d.Manifest
	m.Name, m.File, m.Commit, m.Version, m.Ended = nasty, nasty, nasty, nasty, nasty
	m.Command = append(m.Command, nasty)
	m.Machine.Host, m.Machine.CPUModel, m.Machine.Missing = nasty, nasty, map[string]string{nasty: nasty}
	m.Machine.Mitigations = map[string]string{nasty: nasty}
	m.Plan.Dropped[0].Because, m.Warnings = nasty, []string{nasty}
	d.Failures[0].Log = "../" + nasty
	for i := range d.Cells {
		d.Cells[i].ModelLabel = nasty + d.Cells[i].Model
	}
	var b bytes.Buffer
	md := markdown(d, []plots.Drawn{{Name: "x", Question: nasty, Title: nasty, Reading: nasty, PNG: "charts/x.png", CSV: "charts/x.csv"}, {Name: nasty, Absent: nasty}})
	if err := render.Convert([]byte(md), &b); err != nil {
		t.Fatal(err)
	}
	allowed := regexp.MustCompile(`^</?(h[123]|p|ul|ol|li|strong|table|thead|tbody|tr|th|td|pre|code)( style="text-align:(right|left)")?>$` +
		`|^<a href="(charts/x\.csv|summary\.csv|trials\.csv|experiment\.yaml)">$|^</a>$|^<img src="charts/x\.png" alt="[^"]*">$`)
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(b.String(), -1) {
		if !allowed.MatchString(tag) {
			t.Errorf("foreign element %s", tag)
		}
	}
}

func TestSameBytes(t *testing.T) {
	a, b := markdown(fail(run(6, "sieve")), drawn), markdown(fail(run(6, "sieve")), drawn)
	if a != b {
		t.Error("two reports of one run differ")
	}
}

func TestPlainUndoesText(t *testing.T) {
	for _, s := range []string{"a*b_c[d]|e~f$g#h`i\\j", "<b>&amp;</b>", "www.x.org", "http://x@y", "plain words"} {
		if got := plain("**" + text(s) + "**"); got != s {
			t.Errorf("plain(text(%q)) = %q", s, got)
		}
	}
}

// Where calibration gave links different numbers of items, the one with the shortest time may
// be the slowest: no wall times are listed side by side.
func TestAnswerWithoutComparisonsIsOfEqualWork(t *testing.T) {
	d := run(6, "pingpong")
	d.Cells = d.Cells[2:]
	for i, link := range []string{"pipe", "shm"} {
		d.Cells[i].Model, d.Cells[i].ModelLabel = "processes", "processes"
		d.Cells[i].Label, d.Cells[i].Params = "pingpong link="+link, map[string]string{"link": link}
	}
	if got := Answer(d); !strings.Contains(got, "link=shm, processes, 2 cores: median wall time ") {
		t.Errorf("the same work: %s", got)
	}
	for i := range d.Cells {
		d.Cells[i].AutoS = 1
	}
	got := Answer(d)
	if strings.Contains(got, "wall time") || !strings.Contains(got, "link=shm, processes, 2 cores: median throughput ") {
		t.Errorf("different work: %s", got)
	}
}
