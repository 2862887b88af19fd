package plots

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// Folder is where charts stand within a results folder.
const Folder = "charts"

// Options of [Render]. The zero value draws every chart as a PNG for screens.
type Options struct {
	Charts  []string // names; none means all that the data allow
	Formats []string // of Formats; none means png, which reports need and which is always written
	DPI     int      // of the PNG; 0 means ScreenDPI
}

// Drawn is what became of one chart.
type Drawn struct {
	Name     string
	Question string
	Title    string   // the finding; empty when absent
	Subtitle string   // the machine, n and the estimator
	Reading  string   // one sentence: caption and alternative text
	PNG, CSV string   // file names relative to the results folder, with slashes
	Others   []string // the same in other formats
	Spots    []Spot   // numbers for a reader who points at the picture
	Absent   string   // why there is no chart; empty when there is one
}

// Render draws charts into the charts folder of dir, and removes those that an
// earlier report left there. A chart whose data are absent is no error. Files
// appear whole or not at all.
func Render(d *digest.Digest, dir string, o Options) ([]Drawn, error) {
	charts, err := choose(o.Charts)
	if err != nil {
		return nil, err
	}
	for _, f := range o.Formats {
		if !slices.Contains(Formats, f) {
			return nil, fmt.Errorf("unknown format %q: known are %s", f, strings.Join(Formats, ", "))
		}
	}
	if o.DPI == 0 {
		o.DPI = ScreenDPI
	}
	if o.DPI < 36 || o.DPI > 1200 {
		return nil, fmt.Errorf("%d dots per inch: need 36 to 1200; %d is for screens, %d for print", o.DPI, ScreenDPI, PrintDPI)
	}
	folder := filepath.Join(dir, Folder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of charts: %w", err)
	}
	var all []Drawn
	keep := map[string]bool{}
	for _, c := range charts {
		drawn, err := render(c, d, folder, o)
		if err != nil {
			return nil, fmt.Errorf("chart %s: %w", c.Name, err)
		}
		for _, file := range append([]string{drawn.PNG, drawn.CSV}, drawn.Others...) {
			keep[filepath.Base(file)] = true
		}
		all = append(all, drawn)
	}
	return all, removeStale(folder, keep)
}

func choose(names []string) ([]Chart, error) {
	if len(names) == 0 {
		return Charts(), nil
	}
	var charts []Chart
	seen := map[string]bool{}
	for _, name := range names {
		c, err := Lookup(name)
		if err != nil {
			return nil, err
		}
		if !seen[name] {
			charts = append(charts, c)
		}
		seen[name] = true
	}
	return charts, nil
}

func render(c Chart, d *digest.Digest, folder string, o Options) (Drawn, error) {
	drawn, t, s, err := sketch(c, d)
	if err != nil || s == nil {
		return drawn, err
	}
	if err := record.WriteWith(filepath.Join(folder, c.Name+".csv"), t.WriteCSV); err != nil {
		return drawn, err
	}
	for _, format := range Formats {
		if format != "png" && !slices.Contains(o.Formats, format) {
			continue
		}
		name := c.Name + "." + format
		if err := record.WriteWith(filepath.Join(folder, name), func(w io.Writer) error { return s.write(w, format, t, o.DPI) }); err != nil {
			return drawn, err
		}
		if format != "png" {
			drawn.Others = append(drawn.Others, Folder+"/"+name)
		}
	}
	return drawn, nil
}

// sketch puts a chart on a sheet without painting it; there is no sheet where
// the data are absent.
func sketch(c Chart, d *digest.Digest) (Drawn, Table, *Sheet, error) {
	drawn := Drawn{Name: c.Name, Question: c.Question}
	t, err := c.Table(d)
	var absent Absent
	if errors.As(err, &absent) {
		drawn.Absent = string(absent)
		return drawn, t, nil, nil
	}
	if err != nil {
		return drawn, t, nil, err
	}
	drawn.Title, drawn.Subtitle, drawn.Reading = t.Title, t.Subtitle, t.Reading
	drawn.PNG, drawn.CSV = Folder+"/"+c.Name+".png", Folder+"/"+c.Name+".csv"
	s := newSheet(t)
	c.Draw(s, t)
	drawn.Spots = s.places()
	return drawn, t, s, nil
}

// removeStale removes the charts of an earlier report, and what a killed one
// left half written; other files are not ours.
func removeStale(folder string, keep map[string]bool) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look for stale charts: %w", err)
	}
	for _, f := range files {
		name := f.Name()
		if keep[name] || f.IsDir() || !ours(name) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a stale chart: %w", err)
		}
	}
	return nil
}

func ours(name string) bool {
	if strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp") {
		return true
	}
	base, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	_, known := registry[base]
	return known && (ext == ".csv" || slices.Contains(Formats, strings.TrimPrefix(ext, ".")))
}
