package report

import (
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
)

// quotingRuns makes three runs whose claims quote the textbook; the second is of another
// runtime, and the last has no report.
func quotingRuns(t *testing.T, root string) []Run {
	t.Helper()
	says := map[string]string{}
	for _, s := range experiments.Textbook() {
		says[s.Label] = s.Text
	}
	list := runs(t, root)
	for i := range list {
		m := &list[i].Manifest
		m.Plan.Claims = []experiments.Claim{
			{ID: "t6-better", Says: says["T6"], Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "goroutines", Right: "processes", Otherwise: []string{"odd"}},
			{ID: "t1-nobody", Says: says["T1"], Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "nobody", Right: "goroutines"},
			{ID: "c1-lean", Says: says["C1"], Kind: experiments.ClaimCompare, Metric: "mem_high_B", Left: "processes", Right: "goroutines"},
			{ID: "odd", Says: nasty + `</script><script>alert(2)</script>`, Kind: experiments.ClaimCompare, Metric: "mem_high_B", Left: "goroutines", Right: "processes"},
		}
		for k := range m.Plan.Cells {
			m.Plan.Cells[k] = list[i].Cells[k].Cell
			if i == 1 {
				m.Plan.Cells[k].Command = &experiments.Command{Argv: []string{"python3"}}
			}
		}
	}
	list[1].Manifest.Machine.Host, list[2].Manifest.Profile = "other "+nasty, "smoke"
	return list
}

// textbookPage writes the page in both forms below root and returns them.
func textbookPage(t *testing.T, runs []Run, root string) (page, markdown string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, "pages"), 0o777); err != nil {
		t.Fatal(err)
	}
	var texts [2]string
	for i, name := range []string{"textbook.html", "textbook.md"} {
		file := filepath.Join(root, "pages", name)
		if err := WriteTextbook(runs, file); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(b)
	}
	return texts[0], texts[1]
}

func TestTextbookPage(t *testing.T) {
	root := t.TempDir()
	page, markdown := textbookPage(t, quotingRuns(t, root), root)
	reports := len(linked(t, page, filepath.Join(root, "pages")))
	if reports < 6 {
		t.Errorf("%d links to reports", reports)
	}
	for _, s := range experiments.Textbook() {
		if n := strings.Count(page, html.EscapeString(s.Text)); n != 2 {
			t.Errorf("%s stands on the page %d times, want 2", s.Label, n)
		}
		if !strings.Contains(markdown, "### "+s.Label+"\n") {
			t.Errorf("the Markdown lacks %s", s.Label)
		}
	}
	for _, want := range []string{`id="z1"`, "different machines", "different profiles", "<li>CPython: <strong>", "<strong>not tested</strong>", "forklore run context-switch or io-wait would", "when it is otherwise", "Content-Security-Policy"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	expectHarmless(t, page)
	if again, _ := textbookPage(t, quotingRuns(t, root), root); again != page {
		t.Error("the same runs gave another page")
	}
}

func TestTextbookPageOfNothing(t *testing.T) {
	root := t.TempDir()
	page, _ := textbookPage(t, nil, root)
	if n := strings.Count(page, "<strong>"+digest.Untested+"</strong>"); n != 2*len(experiments.Textbook()) {
		t.Errorf("%d sentences are not tested", n)
	}
}

func TestTextbookPageInBrowser(t *testing.T) {
	root := t.TempDir()
	textbookPage(t, quotingRuns(t, root), root)
	file := filepath.Join(root, "pages", "textbook.html")
	b := openBrowser(t)
	expectFits(t, b, file)
	audit(t, b)
	for _, s := range b.complaints("file://" + file) {
		t.Error(s)
	}
}
