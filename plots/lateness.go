package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "lateness",
		Question: "How often does the event loop come too late to be called smooth?",
		Order:    7,
		Table:    latenessTable,
		Draw:     latenessDraw,
	})
}

// latenessDist is how much later than due the ticks of an event loop came.
const latenessDist = "lateness_s"

// tooLate are a frame at 60 a second, and what a user takes as instantaneous
// (Miller 1968, Nielsen 1993).
var tooLate = []struct {
	limit float64
	text  string
}{{1.0 / 60, "16.7 ms"}, {0.1, "100 ms"}}

// latenessRow is the share of ticks that came later than some time: of one
// trial, or of all trials of a cell together.
type latenessRow struct {
	Panel string `csv:"panel"`
	who
	Measure string  `csv:"measure"`
	Kind    string  `csv:"kind"`  // together, trial, or limit: together beyond 16.7 ms or 100 ms
	Trial   int     `csv:"trial"` // 0 but for a trial
	N       int     `csv:"n"`     // trials
	Ticks   int     `csv:"ticks"`
	Late    float64 `csv:"later_than_s"`
	Share   float64 `csv:"share"`
	Low     float64 `csv:"ci_low"` // of a limit: 95 % interval, bootstrap over trials, n >= 6 and a share above 0
	High    float64 `csv:"ci_high"`
}

func latenessTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	of := distsOf(d, latenessDist)
	var rows []latenessRow
	for _, p := range workPanels(entries(d)) {
		bySeries(p.cells, func(entry) float64 { return 0 })
		for _, e := range p.cells {
			if dists := of[e.index]; len(dists) > 0 {
				base := latenessRow{Panel: p.title, who: e.who, Measure: latenessDist, N: len(dists), Low: math.NaN(), High: math.NaN()}
				rows = append(rows, base.shares(dists, d.Manifest.Plan.Seed)...)
			}
		}
	}
	if len(rows) == 0 {
		return Table{}, Absent("no event loop ran beside the work")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "line: share of ticks that came later, all trials of a cell together; thin line: one trial; marker: share beyond the dashed limit; whisker: its 95 % interval by bootstrap over trials (n ≥ 6)")}
	t.Title, t.Reading = latenessWords(rows)
	return t, nil
}

// shares returns the rows of one cell: all trials together, each trial, then
// the limits.
func (r latenessRow) shares(dists []digest.Dist, seed uint64) []latenessRow {
	all := digest.MergeDists(dists)
	rows := r.line("together", 0, all, 12)
	for _, one := range dists {
		if len(dists) > 1 {
			rows = append(rows, r.line("trial", one.Trial, one.Buckets, 6)...)
		}
	}
	for _, late := range tooLate {
		m := r
		m.Kind, m.Ticks, m.Late, m.Share = "limit", digest.Count(all), late.limit, beyond(all, late.limit)/float64(digest.Count(all))
		if m.Share > 0 {
			m.Low, m.High = shareInterval(dists, late.limit, seed)
		}
		rows = append(rows, m)
	}
	return rows
}

// earliest is where the axis begins: below it lateness is the clock's.
const earliest = 1e-5

// line reads a distribution at times that lie evenly on the axis, and at its
// greatest.
func (r latenessRow) line(kind string, trial int, buckets []digest.Bucket, perDecade float64) []latenessRow {
	r.Kind, r.Trial, r.Ticks = kind, trial, digest.Count(buckets)
	last := buckets[len(buckets)-1]
	var rows []latenessRow
	add := func(late, beyond float64) {
		r.Late, r.Share = late, beyond/float64(r.Ticks)
		rows = append(rows, r)
	}
	for k := 0.0; ; k++ {
		late := earliest * math.Pow(10, k/perDecade)
		if late >= last.LoS {
			break
		}
		add(late, beyond(buckets, late))
	}
	if last.LoS > earliest {
		add(last.LoS, float64(last.Count))
	}
	return rows
}

// beyond counts the durations that are longer; those of the span that holds
// the limit are shared out evenly over it.
func beyond(buckets []digest.Bucket, limit float64) float64 {
	n := 0.0
	for _, b := range buckets {
		switch {
		case b.LoS >= limit:
			n += float64(b.Count)
		case b.HiS > limit:
			n += float64(b.Count) * (b.HiS - limit) / (b.HiS - b.LoS)
		}
	}
	return n
}

// shareInterval is a 95 % interval of the share beyond, from resamples of
// whole trials: ticks of one trial are late together.
func shareInterval(dists []digest.Dist, limit float64, seed uint64) (low, high float64) {
	if len(dists) < leastTrials {
		return math.NaN(), math.NaN()
	}
	late, ticks, index := make([]float64, len(dists)), make([]float64, len(dists)), make([]float64, len(dists))
	for i, one := range dists {
		late[i], ticks[i], index[i] = beyond(one.Buckets, limit), float64(digest.Count(one.Buckets)), float64(i)
	}
	share := func(picked []float64) float64 {
		l, n := 0.0, 0.0
		for _, i := range picked {
			l, n = l+late[int(i)], n+ticks[int(i)]
		}
		return l / n
	}
	boot, err := stat.Bootstrap(index, share, stat.Resampling{Seed: seed, Count: 2000})
	if err != nil {
		return math.NaN(), math.NaN()
	}
	i, err := boot.Percentile(0.95)
	if err != nil {
		return math.NaN(), math.NaN()
	}
	return i.Lo, i.Hi
}

// leastTrials is the n below which no interval is printed.
const leastTrials = 6

// text prints a share with its interval, or how many ticks there were of which
// none was late.
func (r latenessRow) text() string {
	if r.Share == 0 {
		return fmt.Sprintf("none of %d", r.Ticks)
	}
	if math.IsNaN(r.Low) {
		return share(r.Share)
	}
	return fmt.Sprintf("%s [%s]", share(r.Share), ends(Digits(100*r.Low), Digits(100*r.High), ", "))
}

// latenessWords compares the models of the fullest panel beyond the first limit, the
// last of those, and tells the worst cell beyond each.
func latenessWords(rows []latenessRow) (title, reading string) {
	var limits []latenessRow
	for _, r := range rows {
		if r.Kind == "limit" {
			limits = append(limits, r)
		}
	}
	var fullest string
	most := 0
	for _, g := range groupBy(limits, func(r latenessRow) string { return r.Panel }) {
		if len(g) >= most {
			fullest, most = g[0].Panel, len(g)
		}
	}
	var parts []part
	for _, r := range limits {
		if r.Panel == fullest && r.Late == tooLate[0].limit {
			parts = append(parts, part{r.Share, brief(r.Series) + " " + r.text()})
		}
	}
	title = fmt.Sprintf("%s: ticks more than %s late: %s", brief(fullest), tooLate[0].text, atMostThree(parts))
	var all []string
	for _, l := range tooLate {
		of := slices.DeleteFunc(slices.Clone(limits), func(r latenessRow) bool { return r.Late != l.limit })
		worst := slices.MaxFunc(of, func(a, b latenessRow) int { return cmp.Compare(a.Share, b.Share) })
		all = append(all, fmt.Sprintf("more than %s late are at most %s of the ticks (%s, n = %d)", l.text, worst.text(), worst.title(), worst.N))
	}
	return title, capital(strings.Join(all, "; ")) + "."
}

func latenessDraw(s *Sheet, t Table) {
	rows := rowsOf[latenessRow](t)
	latest, least := tooLate[1].limit*1.5, 0.1
	for _, r := range rows {
		if latest = max(latest, r.Late); r.Share > 0 {
			least = min(least, r.Share)
		}
	}
	x := logScale("lateness of a tick", "s", earliest, latest)
	x.min = earliest
	y := shareScale(least)
	var panels []curvePanel
	for _, g := range groupBy(rows, func(r latenessRow) string { return r.Panel }) {
		p := curvePanel{title: g[0].Panel, note: y.label, y: y, strip: true}
		for _, l := range tooLate {
			p.marks = append(p.marks, tick{l.limit, l.text})
		}
		for _, series := range groupBy(g, func(r latenessRow) string { return r.Series }) {
			p.curves = append(p.curves, latenessCurve(series, least))
		}
		panels = append(panels, p)
	}
	s.drawCurves(panels, x)
}

// shareScale is a log axis of shares up to all, with room above them for the names of the
// limits: on a busy machine nearly all ticks are later than the first.
func shareScale(least float64) scale {
	s := scale{min: least / 1.3, max: 5, log: true, label: "share of ticks that came later, log scale"}
	for v := 1.0; v >= s.min; v /= 10 {
		s.ticks = append(s.ticks, tick{v, percentOf(v)})
	}
	slices.Reverse(s.ticks)
	return s
}

func percentOf(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(trimFloat(100*v, 8), "0"), ".") + " %"
}

func latenessCurve(rows []latenessRow, least float64) curve {
	c := curve{model: rows[0].Model, name: rows[0].Series}
	for _, g := range groupBy(rows, func(r latenessRow) string { return r.Kind + fmt.Sprint(r.Trial) }) {
		var line trace
		for _, r := range g {
			line.xs, line.ys = append(line.xs, r.Late), append(line.ys, r.Share)
		}
		c.draws(g[0].Kind, line)
		if g[0].Kind == "limit" {
			for _, r := range g {
				if r.Share > 0 {
					c.points = append(c.points, point{x: r.Late, y: r.Share, low: max(r.Low, least/1.3), high: r.High, n: r.N,
						at: "more than " + Quantity(r.Late, "s")})
				}
			}
		}
	}
	return c
}
