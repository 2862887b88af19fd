package digest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"forklore/metrics/record"
)

// WriteDerived writes summary.csv, comparisons.csv, fits.csv, claims.csv and
// bench.txt into dir, each atomically. The same raw files give the same bytes.
// A file that would have no row is not written, and an old one is removed:
// claims.csv without claims, fits.csv without curves.
func (d *Digest) WriteDerived(dir string) error {
	if err := d.WriteSummary(filepath.Join(dir, record.SummaryFile)); err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		empty   bool
		columns []record.Column
		rows    func(func([]string) bool)
	}{
		{record.ComparisonsFile, !d.anyComparison(), ComparisonColumns, d.comparisonRows},
		{record.FitsFile, len(d.Fits()) == 0, FitColumns, d.fitRows},
		{record.ClaimsFile, len(d.Manifest.Plan.Claims) == 0, ClaimColumns, d.claimRows},
	} {
		path := filepath.Join(dir, f.name)
		if f.empty {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("remove what an earlier report left: %w", err)
			}
			continue
		}
		if err := writeRows(path, names(f.columns), f.rows); err != nil {
			return err
		}
	}
	return d.WriteBench(filepath.Join(dir, record.BenchFile))
}

// ComparisonTable returns the table of comparisons.csv: those of the claims,
// then the exploratory grid.
func (d *Digest) ComparisonTable() Table {
	return collect("comparisons", ComparisonColumns, d.comparisonRows)
}

// FitTable returns the table of fits.csv: one row for each curve and law, or
// one for a curve that was refused.
func (d *Digest) FitTable() Table { return collect("fits", FitColumns, d.fitRows) }

// ClaimTable returns the table of claims.csv: for each claim a row as a whole
// and, where it has several parts, one for each of them.
func (d *Digest) ClaimTable() Table { return collect("claims", ClaimColumns, d.claimRows) }

func collect(name string, columns []record.Column, rows func(func([]string) bool)) Table {
	t := Table{Name: name, Columns: names(columns)}
	rows(func(row []string) bool {
		t.Rows = append(t.Rows, row)
		return true
	})
	return t
}

func names(columns []record.Column) []string {
	var list []string
	for _, c := range columns {
		list = append(list, c.Name)
	}
	return list
}

func (d *Digest) anyComparison() bool {
	return len(d.Comparisons()) > 0 || slices.ContainsFunc(d.Verdicts(), func(v Verdict) bool {
		return slices.ContainsFunc(v.Parts, func(p Part) bool { return p.Comparison != nil })
	})
}

func (d *Digest) comparisonRows(yield func([]string) bool) {
	for _, v := range d.Verdicts() {
		for _, p := range v.Parts {
			if p.Comparison != nil && !yield(d.comparisonRow(p.Comparison, p.Target.Margin)) {
				return
			}
		}
	}
	list := d.Comparisons()
	for i := range list {
		if !yield(d.comparisonRow(&list[i], Margin(list[i].Metric))) {
			return
		}
	}
}

func (d *Digest) comparisonRow(c *Comparison, margin float64) []string {
	left, right := &d.Cells[c.Left], &d.Cells[c.Right]
	row := []string{c.Claim, c.Axis, left.Workload, left.Label, paramText(left.Params),
		left.ID, Title(left.Cell), right.ID, Title(right.Cell), c.Metric, strconv.FormatBool(c.Paired)}
	for _, n := range []int{c.N, c.NLeft, c.NRight, c.LostLeft, c.LostRight, c.Disturbed} {
		row = append(row, strconv.Itoa(n))
	}
	row = append(row, numbers(c.Theta.Estimate, c.Theta.Lo95, c.Theta.Hi95, c.Theta.Lo90, c.Theta.Hi90, c.P, c.BH,
		c.Shift.Estimate, c.Shift.Lo95, c.Shift.Hi95, c.Shift.Lo90, c.Shift.Hi90, c.ShiftP, c.FlipP, c.A12, margin)...)
	agree := ""
	if c.Theta.N > 0 && c.Shift.N > 0 {
		agree = strconv.FormatBool(c.Agree(margin))
	}
	return append(row, agree, c.Verdict, c.Why, joined(c.Theta.Complaints, c.Shift.Complaints))
}

func joined(words ...string) string {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return strings.Join(slices.Compact(words), "; ")
}

func numbers(list ...float64) []string {
	var row []string
	for _, v := range list {
		row = append(row, Number(v))
	}
	return row
}

func (d *Digest) fitRows(yield func([]string) bool) {
	list := d.Fits()
	for i := range list {
		f := &list[i]
		head := d.fitHead(f)
		if f.Refused != "" {
			row := append(slices.Clone(head), "", "", f.Says(), strconv.Itoa(f.Trials), strconv.Itoa(f.Counts))
			row = append(row, make([]string, len(FitColumns)-len(row))...)
			row[len(row)-2] = f.Refused
			if !yield(row) {
				return
			}
		}
		for k := range f.Laws {
			if !yield(append(slices.Clone(head), f.lawRow(k)...)) {
				return
			}
		}
	}
}

func (d *Digest) fitHead(f *Fit) []string {
	c := &d.Cells[f.Cells[0]]
	var ids []string
	for _, i := range f.Cells {
		ids = append(ids, d.Cells[i].ID)
	}
	return []string{c.Workload, c.Label, paramText(c.Params), c.Schedule, c.Scaling, c.Model, c.ModelLabel,
		strings.Join(ids, " "), f.Metric, f.Unit}
}

func (f *Fit) lawRow(k int) []string {
	l := &f.Laws[k]
	row := []string{l.Asked, l.Law, f.Says(), strconv.Itoa(l.Trials), strconv.Itoa(l.Counts)}
	row = append(row, numbers(l.AICc, l.RSS)...)
	ci := &l.CI
	peakN, peakX := l.Peak()
	for _, q := range []struct{ estimate, lo, hi float64 }{
		{l.Lambda, ci.Lambda.Lo, ci.Lambda.Hi}, {l.Sigma, ci.Sigma.Lo, ci.Sigma.Hi}, {l.Kappa, ci.Kappa.Lo, ci.Kappa.Hi},
		{peakN, ci.PeakN.Lo, ci.PeakN.Hi}, {peakX, ci.PeakX.Lo, ci.PeakX.Hi}, {ci.PeakS.Estimate, ci.PeakS.Lo, ci.PeakS.Hi},
		{l.Limit(), ci.Limit.Lo, ci.Limit.Hi},
	} {
		row = append(row, numbers(q.estimate, q.lo, q.hi)...)
	}
	return append(row, strconv.Itoa(f.Options.Resamples), ci.How, f.Choice.Says, strings.Join(l.Warnings, "; "))
}

func (d *Digest) claimRows(yield func([]string) bool) {
	for _, v := range d.Verdicts() {
		if !yield(d.claimRow(&v)) {
			return
		}
		for i := range v.Parts {
			if len(v.Parts) > 1 && !yield(d.partRow(&v, i)) {
				return
			}
		}
	}
}

// claimRow is the row of a claim as a whole.
func (d *Digest) claimRow(v *Verdict) []string {
	p := Part{Left: none, Right: none, Metric: v.Claim.Metric, Primary: noRange, Companion: noRange,
		Target: Target{Margin: v.Claim.Margin, AtLeast: v.Claim.AtLeast, AtMost: v.Claim.AtMost}}
	if len(v.Parts) > 0 {
		p.Metric, p.Unit, p.Target = v.Parts[0].Metric, v.Parts[0].Unit, v.Parts[0].Target
		p.Primary.N = slices.MinFunc(v.Parts, func(a, b Part) int { return a.Primary.N - b.Primary.N }).Primary.N
	}
	if len(v.Parts) == 1 {
		p = v.Parts[0]
		p.Title = ""
	}
	p.Verdict, p.Reason, p.P, p.Trials = v.Verdict, v.Reason, v.P, v.Trials
	return d.verdictRow(v, 0, &p, v.Holm)
}

func (d *Digest) partRow(v *Verdict, i int) []string {
	p := v.Parts[i]
	return d.verdictRow(v, i+1, &p, math.NaN())
}

func (d *Digest) verdictRow(v *Verdict, number int, p *Part, holm float64) []string {
	id := func(i int) string {
		if i == none {
			return ""
		}
		return d.Cells[i].ID
	}
	row := []string{v.Claim.ID, v.Claim.Says, v.Claim.Kind, strconv.Itoa(number), strconv.Itoa(len(v.Parts)), p.Title,
		id(p.Left), id(p.Right), p.Metric, p.Unit, p.Verdict, p.Reason}
	margin := math.NaN()
	if v.Claim.AtLeast == nil && v.Claim.AtMost == nil && p.Target.Margin > 0 {
		margin = p.Target.Margin
	}
	row = append(row, numbers(margin, value(p.Target.AtLeast), value(p.Target.AtMost))...)
	row = append(row, strconv.Itoa(p.Primary.N))
	a, b := p.Primary, p.Companion
	row = append(row, numbers(a.Estimate, a.Lo95, a.Hi95, a.Lo90, a.Hi90)...)
	row = append(row, a.Method)
	row = append(row, numbers(b.Estimate, b.Lo95, b.Hi95, b.Lo90, b.Hi90)...)
	agree := ""
	if b.N > 0 {
		agree = strconv.FormatBool(p.Target.judge(a) == p.Target.judge(b))
	}
	needed := ""
	if p.Trials > 0 {
		needed = strconv.Itoa(p.Trials)
	}
	leeway := math.NaN()
	if p.Target.Leeway > 1 {
		leeway = p.Target.Leeway
	}
	return append(append(row, agree), append(append(numbers(p.P, holm), needed, v.Broken), numbers(leeway)...)...)
}

func value(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}
