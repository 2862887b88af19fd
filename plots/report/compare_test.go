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
