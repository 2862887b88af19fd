package digest

import (
	"errors"
	"math"
	"strings"

	"forklore/experiments"
	"forklore/metrics/stat"
)

// Two levels in [0, 1], see experiments.Level, are compared by their difference in favour of the left side:
// 0.9 against 0 is as plain as can be, and has no ratio.

// levelPart compares two cells in such a metric.
func (d *Digest) levelPart(c experiments.Claim, pair pairing, claims int) Part {
	target := Target{Margin: c.Margin, AtLeast: c.AtLeast, AtMost: c.AtMost, Difference: true}
	if target.Margin == 0 {
		target.Margin = Margin(pair.metric.Name)
	}
	p := Part{Title: versus(d.Cells[pair.left].Cell, d.Cells[pair.right].Cell), Left: pair.left, Right: pair.right,
		Metric: pair.metric.Name, Target: target, Primary: noRange, Companion: noRange, P: math.NaN()}
	left, right := d.arm(&d.Cells[pair.left], p.Metric), d.arm(&d.Cells[pair.right], p.Metric)
	err := errors.Join(left.lacking("left"), right.lacking("right"))
	if pair.metric.Less { // the difference favours the left side
		left, right = right, left
	}
	switch {
	case err != nil:
	case experiments.Proportion(p.Metric):
		d.shareDifference(&p, left, right, alpha/float64(claims))
	default:
		err = d.meanDifference(&p, left, right, alpha/float64(claims))
	}
	if err != nil {
		p.Verdict, p.Reason = NoData, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return p
}

// shareDifference is for what is 0 or 1 in each trial.
func (d *Digest) shareDifference(p *Part, over, under arm, alpha float64) {
	a, b := over.successes(), under.successes()
	p.Primary = differ(a, b, 0.05)
	p.P = p.Target.differenceP(a, b)
	p.Verdict, p.Reason = p.Target.alone(p.Primary, d.gatesOf(p.Metric))
	p.need = func() int { return p.Target.differenceTrials(a.share(), b.share(), alpha) }
}

// successes are k of n trials.
type successes struct{ k, n int }

func (t successes) share() float64 { return float64(t.k) / float64(t.n) }

// successes counts the trials in which a probe succeeds.
func (a arm) successes() successes {
	t := successes{n: len(a.values)}
	for _, v := range a.values {
		if v >= 1 {
			t.k++
		}
	}
	return t
}

// differ returns the difference of two shares with its interval at 1 - alpha, and at 1 - 2 alpha as the
// narrow one. Each share lies within its Clopper-Pearson interval at 1 - alpha/2, so both do at once with a
// chance of at least 1 - alpha (Bonferroni), whether the trials of a block depend on each other or
// not: exact, and valid where all trials of a side agree, at the cost of some width.
func differ(over, under successes, alpha float64) Range {
	r := noRange
	lo, hi, err := apart(over, under, alpha)
	lo2, hi2, err2 := apart(over, under, min(2*alpha, 0.999))
	if err != nil || err2 != nil {
		return r
	}
	return Range{over.share() - under.share(), lo, hi, lo2, hi2, min(over.n, under.n), "difference of Clopper-Pearson intervals", ""}
}

func apart(over, under successes, alpha float64) (lo, hi float64, err error) {
	a, err := stat.ClopperPearson(over.k, over.n, 1-alpha/2)
	b, err2 := stat.ClopperPearson(under.k, under.n, 1-alpha/2)
	return a.Lo - b.Hi, a.Hi - b.Lo, errors.Join(err, err2)
}

// differenceP returns the least alpha at which the interval decides: at or below 0.05 exactly if that at
// 95 % does.
func (t Target) differenceP(over, under successes) float64 {
	decides := func(alpha float64) bool { return t.judge(differ(over, under, alpha)) != Inconclusive }
	const least, most = 1e-12, 0.999 // below, levels are not told from 1
	if !decides(most) {
		return 1
	}
	lo, hi := math.Log(least), math.Log(most)
	for range 60 { // the intervals are nested: what decides at some alpha decides at a greater one
		if mid := (lo + hi) / 2; decides(math.Exp(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}

// differenceTrials returns how many trials of each cell would decide at level alpha with a chance of about
// 80 % if the shares seen were the truth: the least number that decides even when both
// come out 0.6 standard errors off, to either side, which moves their difference by 0.84 of its own.
// 0 where 100 000 are not enough.
func (t Target) differenceTrials(over, under, alpha float64) int {
	seen := func(share, by float64, n int) successes {
		off := by * math.Sqrt(share*(1-share)/float64(n))
		return successes{int(math.Round(min(1, max(0, share+off)) * float64(n))), n}
	}
	for n := leastN; n <= 100_000; n += 1 + n/20 {
		low := differ(seen(over, -0.6, n), seen(under, 0.6, n), alpha)
		high := differ(seen(over, 0.6, n), seen(under, -0.6, n), alpha)
		if t.judge(low) != Inconclusive && t.judge(low) == t.judge(high) {
			return n
		}
	}
	return 0
}

// meanDifference is for shares: the mean of the differences within blocks, with the Hodges-Lehmann estimate
// beside it; where the arms share few blocks, of independent ones.
func (d *Digest) meanDifference(p *Part, over, under arm, alpha float64) error {
	x, y, _, _ := pairs(over, under)
	paired := d.Manifest.Plan.Order != "sequential" && len(x) >= 2 && 2*len(x) >= min(len(over.values), len(under.values))
	estimate := pairedMeans
	if !paired {
		estimate, x, y = unpairedMeans, over.values, under.values
	}
	mean, shift, narrow, s, err := estimate(x, y)
	if err != nil {
		return err
	}
	half := 0.0
	if mean.SE > 0 {
		half = mean.SE * student(mean.DF).Quantile(0.95)
	}
	p.Primary = Range{mean.Estimate, mean.Lo, mean.Hi, mean.Estimate - half, mean.Estimate + half, mean.N,
		"mean difference", strings.Join(mean.Warnings, "; ")}
	p.Companion = Range{shift.Estimate, shift.Lo, shift.Hi, narrow.Lo, narrow.Hi, shift.N, "Hodges-Lehmann", ""}
	p.P = p.Target.p(s)
	if mean.SE == 0 { // without scatter t knows no doubt; that all trials agree by chance is the sign test's
		p.P = max(p.P, min(1, 2*math.Pow(0.5, float64(mean.N))))
	}
	p.Verdict, p.Reason = Judge(p.Primary, p.Companion, p.Target, d.gatesOf(p.Metric))
	p.need = func() int { return p.Target.trials(s, alpha) }
	return nil
}

func pairedMeans(x, y []float64) (mean, shift, narrow stat.Effect, s spread, err error) {
	differences := make([]float64, len(x))
	for i := range x {
		differences[i] = x[i] - y[i]
	}
	mean, err = stat.PairedT(differences, 0.95)
	shift, err2 := stat.SignedRank(differences, 0.95)
	narrow, err3 := stat.SignedRank(differences, 0.90)
	return mean, shift, narrow, spreadOf(mean, true, differences), errors.Join(err, err2, err3)
}

func unpairedMeans(x, y []float64) (mean, shift, narrow stat.Effect, s spread, err error) {
	mean, err = stat.WelchT(x, y, 0.95)
	shift, err2 := stat.MannWhitney(x, y, 0.95)
	narrow, err3 := stat.MannWhitney(x, y, 0.90)
	return mean, shift, narrow, spreadOf(mean, false, x, y), errors.Join(err, err2, err3)
}
