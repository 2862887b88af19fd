// Package report writes report.md: what a run asked, what it answers and why
// that can, or cannot, be believed. One file is one section.
package report

import (
	"path/filepath"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// File is the report's name within a results folder.
const File = record.ReportFile

// page is a report on its way.
type page struct {
	*digest.Digest
	drawn  []plots.Drawn
	places []plots.Place
	strings.Builder
}

// section is one heading of the report. The first has none.
type section struct {
	title string
	write func(*page)
}

var sections = []section{
	{"", question},
	{"Answer", answer},
	{"Verdicts", verdicts},
	{chartsTitle, charts},
	{"Numbers", numbers},
	{"What failed", failed},
	{"Can it be trusted?", trust},
	{"The machine", machine},
	{"How it was measured", method},
	{"Rules kept", checklist},
	{"How to reproduce it", reproduce},
	{"Limits", limits},
}

// Write writes report.md into dir, whole or not at all. The same digest and
// charts give the same bytes.
func Write(d *digest.Digest, drawn []plots.Drawn, dir string) error {
	return record.WriteFile(filepath.Join(dir, File), []byte(markdown(d, drawn)))
}

func markdown(d *digest.Digest, drawn []plots.Drawn) string {
	p := &page{Digest: d, drawn: drawn, places: plots.Places(d)}
	for _, s := range sections {
		if s.title != "" {
			p.WriteString("## " + s.title + "\n\n")
		}
		s.write(p)
	}
	return strings.TrimRight(p.String(), "\n") + "\n"
}

// para writes a paragraph of Markdown.
func (p *page) para(text string) { p.WriteString(text + "\n\n") }

// list writes one bullet for each text of Markdown.
func (p *page) list(texts []string) {
	for _, t := range texts {
		p.WriteString("- " + t + "\n")
	}
	p.WriteString("\n")
}

// table writes a table; its cells are Markdown without line breaks. Columns
// from right on are aligned to the right.
func (p *page) table(right int, header []string, rows [][]string) {
	p.WriteString("| " + strings.Join(header, " | ") + " |\n|")
	for i := range header {
		if i >= right {
			p.WriteString("---:|")
		} else {
			p.WriteString("---|")
		}
	}
	p.WriteString("\n")
	for _, r := range rows {
		p.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
	p.WriteString("\n")
}
