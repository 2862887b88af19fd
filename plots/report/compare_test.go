package report

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// two makes two runs with charts: B is slower and lacks a chart.
func two(t *testing.T) (a, b Run) {
	t.Helper()
	make := func(name string, d *digest.Digest) Run {
		r := Run{d, filepath.Join(t.TempDir(), name)}
		if err := os.MkdirAll(r.Dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{record.ManifestFile, record.TrialsFile} {
			if err := os.WriteFile(filepath.Join(r.Dir, file), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := plots.Render(d, r.Dir, plots.Options{DPI: 72}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	before, after := run(8, "sieve "+nasty), run(8, "sieve "+nasty)
	before.Manifest.Version, after.Manifest.Version = "v1", nasty+`</script><script>alert(2)</script>`
	for i := range after.Cells {
		v := after.Cells[i].Values["wall_s"]
		for k := range v {
			v[k] *= 1.5
		}
	}
	a, b = make("before (1)", before), make("after", after)
	if err := os.Remove(filepath.Join(b.Dir, plots.Folder, "order.png")); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func TestComparedInMarkdown(t *testing.T) {
	a, b := two(t)
	from := t.TempDir()
	got, err := Compared(a, b, from)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"B is worse in ", "| forklore | v1 |", "| `before (1)` | `after` |", "### How do the models compare", "Not drawn: its folder has no such chart"} {
		if !strings.Contains(got, want) {
			t.Errorf("the comparison lacks %q", want)
		}
	}
	for _, bad := range []string{"NaN", "n/a", "%!", "<script", "<b>"} {
		if strings.Contains(got, bad) {
			t.Errorf("the comparison holds %q", bad)
		}
	}
	links := regexp.MustCompile(`\]\(([^)]*/charts/[^)]*)\)`).FindAllStringSubmatch(got, -1)
	if len(links) < 6 {
		t.Errorf("%d charts", len(links))
	}
	for _, m := range links {
		u, err := url.Parse(m[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(from, u.Path)); err != nil {
			t.Errorf("the link %q leads nowhere: %v", m[1], err)
		}
	}
}

func TestComparedAsPage(t *testing.T) {
	a, b := two(t)
	file := filepath.Join(t.TempDir(), "compared.html")
	if err := WriteCompared(a, b, file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, want := range []string{`id="chart-trials-a"`, `id="chart-trials-b"`, "Not drawn: its folder has no such chart", "Content-Security-Policy", "B is worse in "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<b>", "onerror=", " style=", "src=\"http", "alert(2)</script>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	br := openBrowser(t)
	for _, width := range []int{360, 1280} {
		br.size(width, "screen", "light")
		br.open("file://" + file)
		var wide, beside bool
		br.eval("document.documentElement.scrollWidth > innerWidth", &wide)
		if wide {
			t.Errorf("the page is wider than a window of %d", width)
		}
		br.eval(`document.getElementById("chart-trials-a").getBoundingClientRect().top === document.getElementById("chart-trials-b").getBoundingClientRect().top`, &beside)
		if beside != (width == 1280) {
			t.Errorf("in a window of %d, beside each other: %v", width, beside)
		}
	}
	points(t, br, "chart-trials-a")
	points(t, br, "chart-trials-b")
	audit(t, br)
	for _, s := range br.complaints("file://" + file) {
		t.Error(s)
	}
}

func TestTallyWords(t *testing.T) {
	for want, of := range map[string]map[string]int{
		"Of 6 comparisons: B is better in 3, worse in 1; 2 inconclusive.": {"better": 3, "worse": 1, "inconclusive": 2},
		"Of 6 comparisons: B is the same in 6.":                           {"the same": 6},
		"Of 6 comparisons: 5 inconclusive, 1 no data.":                    {"inconclusive": 5, "no data": 1},
	} {
		if got := tallyWords(6, of); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := tallyWords(0, nil); !strings.HasPrefix(got, "No cell was run in both") {
		t.Error(got)
	}
}

// TestBrokenGateIsSaidOnce keeps the reason that all comparisons share out of
// each.
func TestBrokenGateIsSaidOnce(t *testing.T) {
	a, b := two(t)
	a.Gates = []digest.Gate{{Name: "aa", Detail: "1.20x"}}
	got, err := Compared(a, b, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "1.20x"); n != 1 {
		t.Errorf("the broken gate is told %d times", n)
	}
	if !strings.Contains(got, "8, 8 | inconclusive |") {
		t.Error("no comparison is inconclusive")
	}
}
