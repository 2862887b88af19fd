package report

import (
	"bytes"
	"html"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forklore/metrics/digest"
	"forklore/plots"
)

// folder renders a run into a folder and returns its page.
func folder(t *testing.T, d *digest.Digest) string {
	t.Helper()
	dir := t.TempDir()
	drawn, err := plots.Render(d, dir, plots.Options{DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteHTML(d, drawn, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, HTMLFile)
}

func TestPageInBrowser(t *testing.T) {
	d := fail(run(6, "sieve "+nasty))
	d.Manifest.Analysis = "Look at **trials**.\n\n" + nasty
	page := "file://" + folder(t, d)
	b := openBrowser(t)
	for _, c := range []struct {
		name, media, scheme string
		width               int
	}{{"phone", "screen", "light", 360}, {"laptop", "screen", "dark", 1280}, {"print", "print", "light", 720}} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			b.size(c.width, c.media, c.scheme)
			b.open(page)
			var wide bool
			b.eval("document.documentElement.scrollWidth > innerWidth", &wide)
			if wide && c.media == "screen" {
				t.Errorf("the page is wider than a window of %d", c.width)
			}
			var broken int
			b.eval("[...document.images].filter((i) => i.getAttribute('src') && !i.naturalWidth).length", &broken)
			if broken > 0 {
				t.Errorf("%d pictures do not show", broken)
			}
			for _, s := range b.complaints(page) {
				t.Error(s)
			}
		})
	}
	b.t = t
	b.size(1280, "screen", "light")
	b.open(page)
	sorts(t, b)
	enlarges(t, b)
	points(t, b, "chart-trials")
	audit(t, b)
	for _, s := range b.complaints(page) {
		t.Error(s)
	}
}

// sorts clicks a heading twice and reads the column: times with different
// units must come in order.
func sorts(t *testing.T, b *browser) {
	t.Helper()
	const column = `(() => { const t = document.querySelector("#numbers table");
		const i = [...t.tHead.rows[0].cells].findIndex((c) => c.textContent === "wall time");
		t.tHead.rows[0].cells[i].querySelector("button").click();
		return [t.tHead.rows[0].cells[i].getAttribute("aria-sort"), ...[...t.tBodies[0].rows].map((r) => r.cells[i].textContent)]; })()`
	var up, down []string
	b.eval(column, &up)
	b.eval(column, &down)
	if len(up) != 5 || up[0] != "ascending" || !strings.HasPrefix(up[1], "512 ms") || !strings.HasPrefix(up[4], "1.08 s") {
		t.Errorf("sorted upwards: %q", up)
	}
	if down[0] != "descending" || down[1] != up[4] || down[4] != up[1] {
		t.Errorf("sorted downwards: %q", down)
	}
}

func enlarges(t *testing.T, b *browser) {
	t.Helper()
	var open, closed bool
	b.eval(`document.querySelector("figure .chart button").click(); document.getElementById("large").open`, &open)
	b.eval(`document.querySelector("#large form button").click(); !document.getElementById("large").open`, &closed)
	if !open || !closed {
		t.Errorf("enlarged: opened %v, closed %v", open, closed)
	}
}

// points reads the first value of a chart by pointer and by keyboard.
func points(t *testing.T, b *browser, chart string) {
	t.Helper()
	var byKey, byPointer string
	b.eval(`(() => { const f = document.getElementById("`+chart+`"), c = f.querySelector("button");
		c.focus(); c.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
		return document.getElementById("tip").textContent; })()`, &byKey)
	b.eval(`(() => { const f = document.getElementById("`+chart+`"), c = f.querySelector("button"), r = f.querySelector("img").getBoundingClientRect();
		const s = JSON.parse(f.querySelector(".spots").textContent)[0];
		c.dispatchEvent(new PointerEvent("pointermove", { clientX: r.left + (s[0] + s[2]) / 2 * r.width, clientY: r.top + (s[1] + s[3]) / 2 * r.height }));
		return document.getElementById("tip").textContent; })()`, &byPointer)
	if !strings.Contains(byKey, "n = ") || byKey != byPointer {
		t.Errorf("values: by keyboard %q, by pointer %q", byKey, byPointer)
	}
}

// expectFits opens a page in windows of a phone and of a laptop: nothing may stick out.
func expectFits(t *testing.T, b *browser, file string) {
	t.Helper()
	for _, width := range []int{360, 1280} {
		b.size(width, "screen", "light")
		b.open("file://" + file)
		var wide bool
		b.eval("document.documentElement.scrollWidth > innerWidth", &wide)
		if wide {
			t.Errorf("the page is wider than a window of %d", width)
		}
	}
}

// audit runs axe-core where FORKLORE_AXE names its axe.min.js (npm install
// axe-core); nothing of it is kept here.
func audit(t *testing.T, b *browser) {
	t.Helper()
	path := os.Getenv("FORKLORE_AXE")
	if path == "" {
		t.Log("FORKLORE_AXE is not set: no audit of accessibility")
		return
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b.eval(string(axe)+"; 0", nil)
	var faults []string
	b.eval(`axe.run({ iframes: false, preload: false }).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical" || v.impact === "moderate")
		.map((v) => v.impact + " " + v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 90)).join(" | ")))`, &faults)
	for _, f := range faults {
		t.Error(f)
	}
}

// TestPageHoldsNoForeignElement puts nasty text everywhere.
func TestPageHoldsNoForeignElement(t *testing.T) {
	d := fail(run(6, nasty))
	m := &d.Manifest
	m.Name, m.File, m.Commit, m.Version, m.Ended, m.Analysis = nasty, nasty, nasty, nasty, nasty, nasty
	m.Machine.Host, m.Machine.CPUModel = nasty, nasty
	evil := nasty + `</script><script>alert(2)</script><!--"'`
	b, err := pageOf(d, []plots.Drawn{{Name: evil, Question: evil, Title: evil, Reading: evil, CSV: evil, Spots: []plots.Spot{{Text: evil}}}}, map[string]picture{evil: {}})
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d scripts, want the values of a chart and ours", n)
	}
	for _, bad := range []string{"<img src=\"http", "href=\"javascript", "<b>", "onerror=", " style="} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if regexp.MustCompile(`^[\s]*[A-Za-z][A-Za-z0-9+.-]*:|^//`).MatchString(link[1]) && !strings.HasPrefix(link[1], "data:text/csv") {
			t.Errorf("a link to %s", link[1])
		}
	}
	again, err := pageOf(d, []plots.Drawn{{Name: evil, Question: evil, Title: evil, Reading: evil, CSV: evil, Spots: []plots.Spot{{Text: evil}}}}, map[string]picture{evil: {}})
	if err != nil || !bytes.Equal(b, again) {
		t.Error("two pages of one run differ", err)
	}
}

// TestPictures halves what is too large and keeps all.
func TestPictures(t *testing.T) {
	dir := t.TempDir()
	img := image.NewRGBA(image.Rect(0, 0, 820, 820))
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(noise.Uint32()) | byte(i%4/3*0xff)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	const mostPictures = 1_700_000
	if b.Len() < mostPictures {
		t.Fatalf("the picture has only %d bytes", b.Len())
	}
	for name, content := range map[string][]byte{"a.png": b.Bytes(), "a.csv": make([]byte, mostCSV+1)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all, err := loadPictures([]plots.Drawn{{Name: "a", PNG: "a.png", CSV: "a.csv"}, {Name: "b", Absent: "no data"}}, dir, mostPictures)
	if err != nil {
		t.Fatal(err)
	}
	if p := all["a"]; len(p.png) > mostPictures || p.width != 820 || p.csv != nil || len(all) != 1 {
		t.Errorf("%d bytes, %d wide, %d bytes of CSV, %d pictures", len(p.png), p.width, len(p.csv), len(all))
	}
}

func TestPolicyKnowsTheScript(t *testing.T) {
	b, err := pageOf(run(6, "sieve"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "<script>"+script+"</script>") || !strings.Contains(string(b), "<style>"+style+"</style>") {
		t.Error("script or style are not in the page as they were hashed")
	}
	if !strings.Contains(html.UnescapeString(string(b)), policy()) {
		t.Error("the page has not its policy")
	}
}
