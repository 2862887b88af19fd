package plots

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A rows chart lists cells from top to bottom, one line each, in panels: the
// cell's name on the left, one or more data areas that share the lines, and a
// note with the numbers on the right. Long names and forty cells cost height,
// never legibility.

// rowLine is one cell's line.
type rowLine struct {
	who
	note   string // the numbers, right of the data
	failed string // shown in place of data
}

// rowPanel is one block of lines with axes of its own.
type rowPanel struct {
	title string
	lines []rowLine
	areas []rowArea
	more  string   // below the lines: what no line tells
	alike []string // the cells that more is about
}

// rowArea is one data area of a panel; draw is called for every line that has
// data, with the line's index and its middle.
type rowArea struct {
	x    scale
	draw func(f frame, line int, y vg.Length)
}

// manyLabels is from how many labels on the parameter values of one workload
// share a panel: each with an axis of its own could not be compared.
const manyLabels = 4

// rowGroups splits rows into panels: one a label, or one a workload with many
// labels that differ in their parameters.
func rowGroups[R any](rows []R, label func(R) string) [][]R {
	labels := map[string]map[string]bool{}
	for _, r := range rows {
		l := label(r)
		if labels[bare(l)] == nil {
			labels[bare(l)] = map[string]bool{}
		}
		labels[bare(l)][l] = true
	}
	return groupBy(rows, func(r R) string {
		if l := label(r); len(labels[bare(l)]) < manyLabels {
			return l
		}
		return bare(label(r))
	})
}

// bare is a label without the parameters at its end.
func bare(label string) string {
	for {
		i := strings.LastIndexByte(label, ' ')
		if i < 0 || !strings.Contains(label[i:], "=") {
			return label
		}
		label = label[:i]
	}
}

// foldLines returns the name of a panel of these lines: their label, or, where
// they have several, the words that all say. The lines then keep the rest.
func foldLines(lines []rowLine) string {
	if !slices.ContainsFunc(lines, func(l rowLine) bool { return l.Label != lines[0].Label }) {
		return lines[0].Label
	}
	var names []string
	for _, l := range lines {
		names = append(names, l.place().named())
	}
	common, own := fold(names)
	for i := range lines {
		lines[i].Label, lines[i].Setting = common, own[i]
	}
	return common
}

const (
	usualHeight  vg.Length = 24   // of a line
	widestLabel            = 0.36 // of the sheet's inner width
	widestSeries           = 0.21 // of it, where settings need the rest
	areaGap      vg.Length = 28
)

// drawRows lays the panels out below each other.
func (s *Sheet) drawRows(panels []rowPanel, notes string) {
	lay := measureRows(panels, notes)
	for i, p := range panels {
		if i > 0 {
			s.y += gap
		}
		s.rowPanel(p, lay, notes)
	}
}

// rowLayout holds the columns that all panels share.
type rowLayout struct {
	setting, series vg.Length // widths of the two columns of names
	x0, x1          vg.Length // of the data areas
	note            vg.Length // left edge of the notes
}

func measureRows(panels []rowPanel, notes string) rowLayout {
	var l rowLayout
	note := smallText.width(notes)
	for _, p := range panels {
		for _, r := range p.lines {
			if p.settings() {
				l.setting = max(l.setting, smallText.width(printable(r.Setting)))
			}
			l.series = max(l.series, bodyText.width(printable(r.Series)))
			note = max(note, smallText.width(r.note))
		}
	}
	inner := sheetWidth - 2*margin
	l.series = min(l.series, max(inner*widestSeries, inner*widestLabel-l.setting))
	l.setting = min(l.setting, inner*widestLabel-l.series)
	l.x0 = margin + l.setting + l.series + 22
	if l.setting > 0 {
		l.x0 += 12
	}
	l.x1 = sheetWidth - margin
	if note > 0 {
		l.x1 -= note + 14
		l.note = l.x1 + 14
	} else {
		l.x1 -= 10 // half a tick label
	}
	return l
}

// settings tells whether the lines need a column for their setting; a single
// setting goes into the panel's title.
func (p rowPanel) settings() bool {
	for _, r := range p.lines {
		if r.Setting != p.lines[0].Setting {
			return true
		}
	}
	return false
}

func (s *Sheet) rowPanel(p rowPanel, l rowLayout, notes string) {
	title := p.title
	if len(p.lines) > 0 && !p.settings() && p.lines[0].Setting != "" {
		title += ", " + p.lines[0].Setting
	}
	room := sheetWidth - 2*margin
	if notes != "" && len(p.lines) > 0 {
		room = l.note - margin - gap
		s.text(smallText, l.note, s.y+panelText.line()/2, draw.XLeft, notes)
	}
	for _, line := range panelText.wrap(title, room, mostTitleLines) {
		s.text(panelText, margin, s.y+panelText.line()/2, draw.XLeft, line)
		s.y += panelText.line()
	}
	s.y += 4
	s.rowLines(p, l)
	if p.more != "" {
		s.spot(margin, s.y, sheetWidth-margin, s.y+smallText.line(), p.more+": "+strings.Join(p.alike, "; "))
		s.paragraph(smallText, p.more, 2)
	}
}

// rowLines draws the lines of a panel over its axes.
func (s *Sheet) rowLines(p rowPanel, l rowLayout) {
	if len(p.lines) == 0 {
		return
	}
	tops := p.tops(l, s.y)
	top, bottom := s.y, tops[len(p.lines)]
	s.stripes(p, tops)
	width := (l.x1 - l.x0 - areaGap*vg.Length(len(p.areas)-1)) / vg.Length(len(p.areas))
	for i, a := range p.areas {
		x := l.x0 + vg.Length(i)*(width+areaGap)
		f := frame{s: s, x0: x, y0: top, x1: x + width, y1: bottom, x: a.x}
		f.axisX()
		for j, r := range p.lines {
			if r.failed == "" {
				f.line = tops[j+1] - tops[j]
				a.draw(f, j, tops[j]+f.line/2)
			}
		}
	}
	s.rowNames(p, l, tops)
	s.y = bottom + axisRoom
}

// stripes shades every second setting, so that the eye keeps models of one
// setting together.
func (s *Sheet) stripes(p rowPanel, tops []vg.Length) {
	shaded := false
	for j, r := range p.lines {
		if j > 0 && r.Setting != p.lines[j-1].Setting {
			shaded = !shaded
		}
		if shaded {
			s.fill(stripe, margin-6, tops[j], sheetWidth-margin+6, tops[j+1])
		}
	}
}

func (s *Sheet) rowNames(p rowPanel, l rowLayout, tops []vg.Length) {
	for j, r := range p.lines {
		if p.settings() && (j == 0 || r.Setting != p.lines[j-1].Setting) {
			s.settingName(p.settingText(l, j), tops[j:j+p.sameSetting(j)+1])
		}
		y := (tops[j] + tops[j+1]) / 2
		if r.Series != "" { // else all are in one line, which names none
			s.text(bodyText, l.x0-22, y, draw.XRight, bodyText.cut(r.Series, l.series))
			s.marker(styleOf(r.Model), l.x0-12, y, 4, 1, false)
		}
		if r.failed != "" {
			s.text(alarmText, l.x0+6, y, draw.XLeft, alarmText.cut(r.failed, l.x1-l.x0-6))
		}
		s.text(smallText, l.note, y, draw.XLeft, r.note)
		if r.Series != "" {
			s.spot(margin, tops[j], sheetWidth-margin, tops[j+1], r.title()+": "+strings.TrimSpace(r.failed+" "+r.note))
		}
	}
}

// settingText is the setting of a line in its narrow column.
func (p rowPanel) settingText(l rowLayout, j int) []string {
	const most = 4
	return smallText.wrap(p.lines[j].Setting, l.setting, most)
}

// settingName writes a setting beside its lines: at the first of many, in the middle where
// there is no room to spare.
func (s *Sheet) settingName(text []string, tops []vg.Length) {
	last := len(tops) - 1
	y, over := (tops[0]+tops[1])/2, smallText.line()*vg.Length(len(text)-1)
	if y+over+smallText.line()/2 > tops[last] {
		y = (tops[0] + tops[last] - over) / 2
	}
	for i, line := range text {
		s.text(smallText, margin, y+smallText.line()*vg.Length(i), draw.XLeft, line)
	}
}

// sameSetting counts the lines from one on that have its setting.
func (p rowPanel) sameSetting(from int) int {
	return len(groupBy(p.lines[from:], func(l rowLine) string { return l.Setting })[0])
}

// tops are the upper edges of the panel's lines, and the lower one of the last. A setting
// of many words makes lines higher where it has few of them.
func (p rowPanel) tops(l rowLayout, y vg.Length) []vg.Length {
	tops := []vg.Length{y}
	for from := 0; from < len(p.lines); {
		of, height := p.sameSetting(from), usualHeight
		if text := p.settingText(l, from); p.settings() && len(text) > 1 {
			height = max(height, (smallText.line()*vg.Length(len(text))+6)/vg.Length(of))
		}
		for range of {
			y += height
			tops = append(tops, y)
		}
		from += of
	}
	return tops
}
