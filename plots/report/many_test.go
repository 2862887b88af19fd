package report

import (
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// runs makes three folders with claims; the last has no report.
func runs(t *testing.T, root string) []Run {
	t.Helper()
	var list []Run
	for _, name := range []string{"plain", "a (b) [c] &lt; d's 100%", "bare"} {
		r := Run{run(8, "sieve"), filepath.Join(root, "results", name)}
		r.Manifest.Name = name
		if name != "plain" {
			r.Manifest.Name = "twice"
		}
		r.Manifest.Plan.Claims = []experiments.Claim{
			{ID: "faster", Says: "Goroutines are faster. " + nasty, Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "goroutines", Right: "processes"},
			{ID: "nobody", Says: nasty + `</script><script>alert(2)</script>`, Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "nobody", Right: "goroutines"},
		}
		if err := os.MkdirAll(r.Dir, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{record.ManifestFile, record.TrialsFile, HTMLFile} {
			if name == "bare" && file == HTMLFile {
				continue
			}
			if err := os.WriteFile(filepath.Join(r.Dir, file), []byte("x"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, r)
	}
	return list
}

func TestVerdictsPage(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "pages"), 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "pages", "verdicts.html")
	if err := WriteVerdicts(runs(t, root), file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	found := linked(t, page, filepath.Join(root, "pages"))
	slices.Sort(found)
	if found = slices.Compact(found); len(found) != 2 {
		t.Errorf("links to %v, want two reports", found)
	}
	for _, want := range []string{"6 claims: ", "d's 100%)</a>", "<td>twice (bare)</td>", ">plain</a>", "<strong>no data</strong>", " [", `Content-Security-Policy`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	expectHarmless(t, page)
}

// linked follows the links of a page in a folder and returns the files that they lead to.
func linked(t *testing.T, page, folder string) (files []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		link := html.UnescapeString(m[1])
		if id, ok := strings.CutPrefix(link, "#"); ok {
			if !strings.Contains(page, `id="`+id+`"`) {
				t.Errorf("a link to %s, which is not there", link)
			}
			continue
		}
		u, err := url.Parse(link)
		if err != nil || u.IsAbs() || u.Host != "" {
			t.Fatalf("the link %q leaves the disk: %v", link, err)
		}
		files = append(files, u.Path)
		if _, err := os.Stat(filepath.Join(folder, filepath.FromSlash(u.Path))); err != nil {
			t.Errorf("the link %q leads nowhere: %v", link, err)
		}
	}
	return files
}

// expectHarmless checks that nothing of what names and texts try to smuggle in is on a page.
func expectHarmless(t *testing.T, page string) {
	t.Helper()
	for _, bad := range []string{"<b>", "onerror=", " style=", "src=\"http", "NaN", "%!", "alert(2)</script>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts, want ours alone", n)
	}
}

func TestVerdictsPageInBrowser(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "verdicts.html")
	if err := WriteVerdicts(runs(t, root), file); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	expectFits(t, b, file)
	var first []string
	const column = `(() => { const t = document.querySelector("#claims table");
		t.tHead.rows[0].cells[1].querySelector("button").click();
		return [...t.tBodies[0].rows].map((r) => r.cells[1].textContent); })()`
	b.eval(column, &first)
	if len(first) != 6 || first[0] != "faster" || first[3] != "nobody" {
		t.Errorf("sorted by claim: %q", first)
	}
	audit(t, b)
	for _, s := range b.complaints("file://" + file) {
		t.Error(s)
	}
}
