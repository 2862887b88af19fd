package plots

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRenderWritesWhatItNamesAndRemovesStale(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, Folder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"speedup.png", "speedup.csv", "memory.pdf", ".trials.png.77.tmp", "mine.png", "notes.txt"} {
		write(t, filepath.Join(folder, name), []byte("x"))
	}
	drawn, err := Render(scenarios()["one-cell"], dir, Options{Charts: []string{"speedup", "memory", "speedup"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(drawn) != 2 || drawn[0].Name != "speedup" || drawn[0].Absent == "" || drawn[0].PNG != "" {
		t.Errorf("want an absent speedup and a memory chart, got %+v", drawn)
	}
	if drawn[1].PNG != "charts/memory.png" || drawn[1].CSV != "charts/memory.csv" || drawn[1].Absent != "" || drawn[1].Reading == "" {
		t.Errorf("memory: %+v", drawn[1])
	}
	var left []string
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left = append(left, f.Name())
	}
	if diff := cmp.Diff([]string{"memory.csv", "memory.png", "mine.png", "notes.txt"}, left); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestRenderTwice covers the whole way at full size, in every format.
func TestRenderTwice(t *testing.T) {
	all := scenarios()
	for _, c := range Charts() {
		a, b := t.TempDir(), t.TempDir()
		for _, dir := range []string{a, b} {
			if _, err := Render(all[goldenOf(c.Name)], dir, Options{Charts: []string{c.Name}, Formats: Formats}); err != nil {
				t.Fatal(err)
			}
		}
		for _, ext := range []string{".png", ".svg", ".pdf", ".csv"} {
			name := filepath.Join(Folder, c.Name+ext)
			if !slices.Equal(read(t, filepath.Join(a, name)), read(t, filepath.Join(b, name))) {
				t.Errorf("%s differs between two renderings", name)
			}
			if dates := pdfDates.FindAllString(string(read(t, filepath.Join(a, name))), -1); ext == ".pdf" &&
				(len(dates) != 2 || !strings.Contains(dates[0], "20000101") || !strings.Contains(dates[1], "20000101")) {
				t.Errorf("%s was made at %q", name, dates)
			}
		}
	}
}

func TestUnknownChart(t *testing.T) {
	_, err := Render(scenarios()["one-cell"], t.TempDir(), Options{Charts: []string{"pie"}})
	if err == nil || !strings.Contains(err.Error(), `"pie"`) || !strings.Contains(err.Error(), "cpu-timeline") {
		t.Errorf("want an error that lists the charts, got %v", err)
	}
}

func TestRegisterPanics(t *testing.T) {
	good, err := Lookup("trials")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Chart{good, {Name: "half"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("register(%q) did not panic", c.Name)
				}
			}()
			register(c)
		}()
	}
}

func TestBadOptions(t *testing.T) {
	for want, o := range map[string]Options{"gif": {Formats: []string{"gif"}}, "5000": {DPI: 5000}} {
		if _, err := Render(scenarios()["one-cell"], t.TempDir(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error that names %s, got %v", want, err)
		}
	}
}

// TestFormats checks that each format is what its name says, at print size.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	drawn, err := Render(scenarios()["golden"], dir, Options{Charts: []string{"trials"}, Formats: Formats, DPI: PrintDPI})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"charts/trials.svg", "charts/trials.pdf"}, drawn[0].Others); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	img, err := png.DecodeConfig(bytes.NewReader(read(t, filepath.Join(dir, "charts", "trials.png"))))
	if err != nil || img.Width != 800*300/72 {
		t.Errorf("a width of %d, want %d (%v)", img.Width, 800*300/72, err)
	}
	if b := read(t, filepath.Join(dir, "charts", "trials.pdf")); !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("no PDF: %.20q", b)
	}
	dec := xml.NewDecoder(bytes.NewReader(read(t, filepath.Join(dir, "charts", "trials.svg"))))
	texts := 0
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "text" || e.Name.Local == "title") {
			texts++
		}
	}
	if texts < 10 {
		t.Errorf("the SVG has %d texts", texts)
	}
}
