package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "survival",
		Question: "Which faults does each model survive, and what is lost?",
		Order:    8,
		Table:    survivalTable,
		Draw:     survivalDraw,
	})
}

// What workloads with a fault measure of the workers that were not hit.
const (
	sparedShare = "spared_share"
	lostItems   = "lost_items"
	doubleItems = "duplicated_items"
	wrongItems  = "corrupted_items"
)

// survivalRow is one cell under one fault.
type survivalRow struct {
	Panel string `csv:"panel"`
	who
	Fault    string  `csv:"fault"` // empty where the experiment injects none
	OK       int     `csv:"ok"`
	N        int     `csv:"n"`        // trials that ended by themselves
	Unharmed int     `csv:"unharmed"` // ok trials in which the other workers lost nothing, as far as that was measured
	Share    float64 `csv:"unharmed_share"`
	Low      float64 `csv:"ci_low"` // 95 % interval of Clopper and Pearson
	High     float64 `csv:"ci_high"`
	Spared   float64 `csv:"spared_share"` // median over ok trials; of the items of workers that were not hit
	SparedLo float64 `csv:"spared_ci_low"`
	SparedHi float64 `csv:"spared_ci_high"`
	Lost     float64 `csv:"lost_items"`       // median over ok trials
	Double   float64 `csv:"duplicated_items"` // median over ok trials
	Wrong    float64 `csv:"corrupted_items"`  // median over ok trials
	Note     string  `csv:"note"`             // how trials ended that did not end ok
}

// judged is the share by which a cell is shaded: what was spared where that
// was measured, but nothing where no trial ended ok.
func (r survivalRow) judged() float64 {
	if !math.IsNaN(r.Spared) {
		return r.Spared * float64(r.OK) / float64(r.N)
	}
	return r.Share
}

func survivalTable(d *digest.Digest) (Table, error) {
	all := entries(d)
	if len(all) == 0 {
		return Table{}, Absent("the run has no trial")
	}
	injected := slices.ContainsFunc(all, func(e entry) bool { return e.Params[faultParam] != "" })
	if injected {
		all = slices.DeleteFunc(all, func(e entry) bool { return e.Params[faultParam] == "" })
	} else if !slices.ContainsFunc(all, func(e entry) bool { return ended(e.Cell) > len(e.Trials) }) {
		return Table{}, Absent("no fault was injected and every trial ended ok")
	}
	var rows []survivalRow
	for _, p := range workPanels(all, faultParam) {
		bySeries(p.cells, func(entry) float64 { return 0 })
		if injected {
			order := faultOrder(p.cells)
			slices.SortStableFunc(p.cells, func(a, b entry) int { return order[a.Params[faultParam]] - order[b.Params[faultParam]] })
		}
		for _, e := range p.cells {
			rows = append(rows, survivalOf(p.title, e))
		}
	}
	rows = slices.DeleteFunc(rows, func(r survivalRow) bool { return r.N == 0 })
	if len(rows) == 0 {
		return Table{}, Absent("every trial was ended by the user or skipped, so that none tells what it survives")
	}
	t := Table{Subtitle: survivalEstimator(rows)}
	t.Title, t.Reading = survivalWords(rows)
	if !injected {
		var quiet int
		if rows, quiet = withoutQuiet(rows); quiet > 0 {
			t.Subtitle += fmt.Sprintf("; %s without a failed trial left out", Count(quiet, "setting"))
		}
	}
	t.Rows, t.Subtitle = rows, subtitle(d, t.Subtitle)
	return t, nil
}

// withoutQuiet leaves out the settings in which every trial ended ok, and
// counts them.
func withoutQuiet(rows []survivalRow) (kept []survivalRow, quiet int) {
	for _, g := range groupBy(rows, func(r survivalRow) string { return r.Panel }) {
		if !slices.ContainsFunc(g, func(r survivalRow) bool { return r.OK < r.N }) {
			quiet++
			continue
		}
		kept = append(kept, g...)
	}
	return kept, quiet
}

func survivalEstimator(rows []survivalRow) string {
	const interval = " of all that ended by themselves [95 % interval of Clopper and Pearson]"
	if slices.ContainsFunc(rows, func(r survivalRow) bool { return !math.IsNaN(r.Spared) }) {
		return "unharmed: trials in which the workers that were not hit had all their items done right," + interval +
			"; spared: the share of these items, median over ok trials [95 % interval, n ≥ 6]; lost: items of all workers; the darker, the less survives"
	}
	return "ok trials" + interval + "; the darker, the fewer end ok"
}

// faultOrder is the order in which the run has its faults.
func faultOrder(cells []entry) map[string]int {
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b entry) int { return cmp.Compare(a.index, b.index) })
	order := map[string]int{}
	for _, e := range sorted {
		if fault := e.Params[faultParam]; order[fault] == 0 {
			order[fault] = len(order) + 1
		}
	}
	return order
}

// ended counts the trials of a cell that ended by themselves.
func ended(c *digest.Cell) int {
	n := len(c.Trials)
	for status, count := range c.Failed {
		if status != record.Killed && status != record.Skipped {
			n += count
		}
	}
	return n
}

func survivalOf(panel string, e entry) survivalRow {
	median := func(metric string) float64 { return stat.Median(present(e.Cell, metric)) }
	r := survivalRow{Panel: panel, who: e.who, Fault: e.Params[faultParam], OK: len(e.Trials), N: ended(e.Cell), Note: failures(e.Cell),
		Share: math.NaN(), Low: math.NaN(), High: math.NaN(), Spared: median(sparedShare), Lost: median(lostItems), Double: median(doubleItems), Wrong: median(wrongItems)}
	r.SparedLo, r.SparedHi = medianInterval(present(e.Cell, sparedShare))
	r.Unharmed = r.OK
	for _, v := range present(e.Cell, sparedShare) {
		if v < 1 {
			r.Unharmed--
		}
	}
	if i, err := stat.ClopperPearson(r.Unharmed, r.N, 0.95); err == nil {
		r.Share, r.Low, r.High = i.Estimate, i.Lo, i.Hi
	}
	return r
}

// proportion prints k of n with an interval: "9/10 [0.55, 1.00]".
func proportion(k, n int, low, high float64) string {
	return fmt.Sprintf("%d/%d [%.2f, %.2f]", k, n, low, high)
}

func (r survivalRow) count() string { return proportion(r.Unharmed, r.N, r.Low, r.High) }

// counted is what was counted of the trials.
func (r survivalRow) counted() string {
	if math.IsNaN(r.Spared) {
		return "ok"
	}
	return "unharmed"
}

func (r survivalRow) spared() string {
	text := fmt.Sprintf("spared %.2f", r.Spared)
	if !math.IsNaN(r.SparedLo) {
		text += fmt.Sprintf(" [%.2f, %.2f]", r.SparedLo, r.SparedHi)
	}
	return text
}

// survivalWords tells the fault at which the models differ most, or, without
// faults, how much went wrong.
func survivalWords(rows []survivalRow) (title, reading string) {
	ok, n := 0, 0
	worst, seen := rows[0], map[string]bool{}
	for _, r := range rows {
		if !seen[r.Cell] { // the plain loop is in every panel of its work
			ok, n = ok+r.OK, n+r.N
		}
		if seen[r.Cell] = true; r.judged() < worst.judged() {
			worst = r
		}
	}
	reading = fmt.Sprintf("Of %s, %d ended ok; the fewest of %s: %s %s", Count(n, "trial"), ok, worst.titled(), worst.count(), worst.counted())
	if worst.Note != "" {
		reading += " (" + worst.Note + ")"
	}
	reading += "."
	if rows[0].Fault == "" {
		return fmt.Sprintf("%d of %s did not end ok; worst is %s: %s ok", n-ok, Count(n, "trial"), brief(worst.titled()), worst.count()), reading
	}
	var widest []survivalRow
	spread := -1.0
	for _, g := range groupBy(rows, func(r survivalRow) string { return r.Panel + "\x00" + r.Fault }) {
		least, most := math.Inf(1), math.Inf(-1)
		for _, r := range g {
			least, most = min(least, r.judged()), max(most, r.judged())
		}
		if most-least > spread {
			widest, spread = g, most-least
		}
	}
	return fmt.Sprintf("%s, fault %s: %s", brief(widest[0].Panel), widest[0].Fault, alike(widest)), reading
}

// alike names the models that fared alike together.
func alike(rows []survivalRow) string {
	var texts []string
	models := map[string][]string{}
	for _, r := range rows {
		text := r.count() + " ok"
		if !math.IsNaN(r.Spared) {
			text = fmt.Sprintf("%d/%d unharmed (spared %.2f)", r.Unharmed, r.N, r.Spared)
		}
		if models[text] == nil {
			texts = append(texts, text)
		}
		models[text] = append(models[text], brief(r.Series))
	}
	for i, text := range texts {
		texts[i] = strings.Join(models[text], ", ") + " " + text
	}
	return strings.Join(texts, "; ")
}

// titled names the cell with its fault.
func (r survivalRow) titled() string {
	if r.Fault == "" {
		return r.title()
	}
	return r.Panel + ", fault " + r.Fault + ", " + r.Series
}

func survivalDraw(s *Sheet, t Table) {
	rows := rowsOf[survivalRow](t)
	var panels []matrixPanel
	if rows[0].Fault == "" {
		panels = []matrixPanel{survivalPanel("", rows, func(r survivalRow) string { return r.Panel })}
	} else {
		for _, g := range groupBy(rows, func(r survivalRow) string { return r.Panel }) {
			panels = append(panels, survivalPanel(g[0].Panel, g, func(r survivalRow) string { return r.Fault }))
		}
	}
	s.drawMatrix(panels)
}

func survivalPanel(title string, rows []survivalRow, name func(survivalRow) string) matrixPanel {
	p := matrixPanel{title: title}
	if rows[0].Fault != "" {
		p.corner = "fault"
	}
	var all []who
	for _, r := range rows {
		all = append(all, r.who)
	}
	p.columns = matrixColumns(all)
	for _, g := range groupBy(rows, name) {
		line := matrixRow{name: name(g[0]), cells: make([]matrixCell, len(p.columns))}
		for _, r := range g {
			line.cells[slices.Index(p.columns, matrixColumn{r.Series, r.Model})] = survivalCell(r)
		}
		p.rows = append(p.rows, line)
	}
	return p
}

func survivalCell(r survivalRow) matrixCell {
	c := matrixCell{lines: []string{r.count()}, dark: 1 - r.judged(), hover: r.Series + ": " + r.count() + " " + r.counted()}
	add := func(line string) { c.lines, c.hover = append(c.lines, line), c.hover+"; "+line }
	if !math.IsNaN(r.Spared) {
		c.lines[0] = "unharmed " + c.lines[0]
		add(r.spared())
	}
	if !math.IsNaN(r.Lost) || !math.IsNaN(r.Double) {
		add("lost " + orUnknown(r.Lost) + beside("doubled", r.Double) + beside("wrong", r.Wrong))
	}
	if r.Note != "" {
		add(r.Note)
	}
	return c
}

// beside tells of a kind of damage, where there was some.
func beside(what string, items float64) string {
	if math.IsNaN(items) || items == 0 {
		return ""
	}
	return ", " + what + " " + Digits(items)
}

func orUnknown(v float64) string {
	if math.IsNaN(v) {
		return "?"
	}
	return Digits(v)
}
