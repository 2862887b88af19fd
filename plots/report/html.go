package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// HTMLFile is the name of the page within a results folder.
const HTMLFile = "report.html"

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
	//go:embed page.html
	pageText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// markup renders Markdown that this package wrote. Raw HTML in it, of which
// there is none, would be dropped; alignment is an attribute, for the page
// forbids styles within elements.
var markup = goldmark.New(goldmark.WithExtensions(
	extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))))

// WriteHTML writes report.html into dir, whole or not at all: the sections of
// report.md in one file that needs nothing else, with the charts of dir in
// it. The same digest and charts give the same bytes.
func WriteHTML(d *digest.Digest, drawn []plots.Drawn, dir string) error {
	drawn, size := fewer(drawn, mostSpots)
	words, err := pageOf(d, drawn, nil)
	if err != nil {
		return fmt.Errorf("make %s: %w", HTMLFile, err)
	}
	pictures, err := loadPictures(drawn, dir, room(len(words), size))
	if err != nil {
		return err
	}
	b, err := pageOf(d, drawn, pictures)
	if err != nil {
		return fmt.Errorf("make %s: %w", HTMLFile, err)
	}
	return record.WriteFile(filepath.Join(dir, HTMLFile), b)
}

// view is what the template of the page shows.
type view struct {
	Title, Policy string
	Style         template.CSS
	Script        template.JS
	Head          template.HTML
	Sections      []htmlSection
}

type htmlSection struct {
	ID, Title string
	Body      template.HTML
	Figures   []figure
	Pair      bool // figures stand two and two beside each other
	Absent    template.HTML
}

func pageOf(d *digest.Digest, drawn []plots.Drawn, pictures map[string]picture) ([]byte, error) {
	var v view
	for _, s := range sections {
		p := &page{Digest: d, drawn: drawn, places: plots.Places(d)}
		section := htmlSection{ID: slug(s.title), Title: s.title}
		if s.title == chartsTitle {
			if err := section.charts(p, pictures); err != nil {
				return nil, err
			}
			v.Sections = append(v.Sections, section)
			continue
		}
		s.write(p)
		body, err := toHTML(p.String())
		if err != nil {
			return nil, err
		}
		if s.title == "" {
			v.Title, v.Head = headline(d), body
			continue
		}
		section.Body = body
		v.Sections = append(v.Sections, section)
	}
	return v.render()
}

// render makes the page of a view with a title, a head and sections.
func (v view) render() ([]byte, error) {
	v.Style, v.Script, v.Policy = template.CSS(style), template.JS(script), policy()
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// policy forbids everything but what stands in the file: no script but ours,
// no request, no form, no frame.
func policy() string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; img-src data:; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'"
}

func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Join(words, "-")
}

func toHTML(markdown string) (template.HTML, error) {
	var b bytes.Buffer
	if err := markup.Convert([]byte(markdown), &b); err != nil {
		return "", err
	}
	s := strings.ReplaceAll(b.String(), "<table>", `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>`)
	return template.HTML(strings.ReplaceAll(s, "</table>", "</table></div>")), nil
}

// figure is one chart on the page.
type figure struct {
	ID, Question, Alt string
	Source            template.URL
	Width, Height     int
	Caption           template.HTML
	CSV, Name         string
	Data              template.URL // the CSV twin itself, where it is small
	Spots             template.JS
	Missing           string // why there is no picture; empty where there is one
}

// charts fills a section with figures instead of links to files.
func (s *htmlSection) charts(p *page, pictures map[string]picture) error {
	var err error
	if s.Body, err = toHTML(prose(p.Manifest.Analysis)); err != nil {
		return err
	}
	for _, c := range p.drawn {
		pic, ok := pictures[c.Name]
		if c.Absent != "" || !ok {
			continue
		}
		f := figure{ID: "chart-" + slug(c.Name), Question: oneLine(c.Question)}
		f.embed(c, pic)
		f.Spots = spots(c.Spots)
		s.Figures = append(s.Figures, f)
	}
	a := &page{Digest: p.Digest, drawn: p.drawn}
	a.absentCharts()
	s.Absent, err = toHTML(a.String())
	return err
}

// embed puts a chart into a figure.
func (f *figure) embed(c plots.Drawn, pic picture) {
	f.Alt, f.Name, f.CSV = oneLine(c.Title+". "+c.Reading), c.Name, c.CSV
	f.Source, f.Width, f.Height = dataURL("image/png", pic.png), pic.width, pic.height
	f.Caption = template.HTML(html.EscapeString(oneLine(c.Reading)))
	if pic.csv != nil {
		f.Data = dataURL("text/csv", pic.csv)
	}
}

func dataURL(kind string, b []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b))
}

// spots writes places and texts as JSON that ends no script.
func spots(list []plots.Spot) template.JS {
	var b strings.Builder
	b.WriteString("[")
	for i, s := range list {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "[%g,%g,%g,%g,%s]", s.Left, s.Top, s.Right, s.Bottom, quote(oneLine(s.Text)))
	}
	b.WriteString("]")
	return template.JS(b.String())
}
