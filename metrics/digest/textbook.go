package digest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"forklore/experiments"
)

// Untested is the verdict on a sentence that no claim of the runs quotes.
const Untested = "not tested"

// Sentence is one of the textbook's with what the runs say of it.
type Sentence struct {
	experiments.Sentence
	Verdict  string // as of a claim, or Untested
	Why      string // how many claims carry it, and what makes the difference between them
	Claims   []Quote
	Runtimes []RuntimeVerdict // only where the claims are about more than one
}

// Quote is a claim that quotes a sentence, with its verdict.
type Quote struct {
	Verdict
	Run       int       // index of its digest
	Runtime   string    // whose workers its cells have: Go, CPython, Node.js, C
	Otherwise []Verdict // on the claims of its file that bound it
}

// RuntimeVerdict is the verdict on a sentence under one runtime.
type RuntimeVerdict struct{ Runtime, Verdict, Why string }

// Textbook judges every sentence of the textbook, in its order, by the claims of the runs
// that quote it: as a claim is judged by its cells, but that claims that stay open do not
// keep the others from carrying the sentence as long as these are more than half. Claims
// without data do not count. The conclusion is drawn from the sentences before it.
func Textbook(ds []*Digest) []Sentence {
	var list []Sentence
	for _, said := range experiments.Textbook() {
		s := Sentence{Sentence: said}
		for i, d := range ds {
			s.Claims = append(s.Claims, d.quotes(i, said.Text)...)
		}
		if said.Concluded() {
			s.Verdict, s.Why = conclude(ds, list)
		} else {
			s.judge(ds)
		}
		list = append(list, s)
	}
	return list
}

// quotes returns the claims of the run that say just this.
func (d *Digest) quotes(run int, says string) []Quote {
	var list []Quote
	all := d.Verdicts()
	for _, v := range all {
		if v.Claim.Says != says {
			continue
		}
		q := Quote{Verdict: v, Run: run, Runtime: d.runtime(v.Claim)}
		for _, other := range all {
			if slices.Contains(v.Claim.Otherwise, other.Claim.ID) {
				q.Otherwise = append(q.Otherwise, other)
			}
		}
		list = append(list, q)
	}
	return list
}

func (s *Sentence) judge(ds []*Digest) {
	s.Verdict, s.Why = carried(ds, s.Claims)
	var runtimes []string
	for _, q := range s.Claims {
		if !slices.Contains(runtimes, q.Runtime) {
			runtimes = append(runtimes, q.Runtime)
		}
	}
	for _, name := range runtimes {
		of := slices.DeleteFunc(slices.Clone(s.Claims), func(q Quote) bool { return q.Runtime != name })
		if len(runtimes) > 1 {
			verdict, why := carried(ds, of)
			s.Runtimes = append(s.Runtimes, RuntimeVerdict{name, verdict, why})
		}
	}
}

// carried returns the verdict that claims of one sentence come to together.
func carried(ds []*Digest, claims []Quote) (verdict, why string) {
	var decided []Quote
	var kinds []string
	with := 0
	for _, q := range claims {
		switch q.Verdict.Verdict {
		case NoData:
			continue
		case Supported, Reversed, Equivalent, Conditional:
			decided = append(decided, q)
			if !slices.Contains(kinds, q.Verdict.Verdict) {
				kinds = append(kinds, q.Verdict.Verdict)
			}
		}
		with++
	}
	share := fmt.Sprintf("%d of %s", len(decided), count(with, "claim"))
	switch {
	case len(claims) == 0:
		return Untested, ""
	case with == 0:
		return Inconclusive, "no claim has data: " + claims[0].Reason
	case len(decided) == 0:
		return Inconclusive, "none of " + count(with, "claim") + " is decided" + shut(claims)
	case len(kinds) > 1:
		return Conditional, sentenceFlips(ds, decided)
	case 2*len(decided) <= with:
		return Inconclusive, kinds[0] + " by " + share + ", which is not more than half; the rest is open"
	case len(decided) < with:
		share += "; the rest is open"
	}
	if kinds[0] == Conditional {
		share += "; by " + reasons(ds, decided)
	}
	return kinds[0], share
}

// shut says that gates keep claims from being decided.
func shut(claims []Quote) string {
	n := 0
	for _, q := range claims {
		if q.Broken != "" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(claims):
		return "; gates of their runs are broken"
	}
	return fmt.Sprintf("; of %d the gates of their runs are broken", n)
}

// reasons names what flips conditional claims, each reason once.
func reasons(ds []*Digest, claims []Quote) string {
	var words []string
	for _, q := range claims {
		word := q.Reason
		if len(claims) > 1 {
			word = ds[q.Run].Manifest.Name + ", " + word
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, "; ")
}

// sentenceFactors are what may make the difference between the claims of one sentence,
// the most telling first.
var sentenceFactors = []struct {
	name string
	of   func([]*Digest, Quote) string
}{
	{"runtime", func(_ []*Digest, q Quote) string { return q.Runtime }},
	{"metric", func(ds []*Digest, q Quote) string {
		if m, err := ds[q.Run].Metric(q.Claim.Metric); err == nil {
			return m.Title
		}
		return q.Claim.Metric
	}},
	{"comparison", func(_ []*Digest, q Quote) string {
		if q.Claim.Kind == experiments.ClaimCompare {
			return q.Claim.Left + " with " + q.Claim.Right
		}
		return "with a bound"
	}},
	{"experiment", func(ds []*Digest, q Quote) string { return ds[q.Run].Manifest.Name }},
}

// sentenceFlips names the factor whose value settles the verdict of each claim; where none
// does, the claims of each verdict.
func sentenceFlips(ds []*Digest, decided []Quote) string {
	for _, f := range sentenceFactors {
		if words := grouped(decided, func(q Quote) string { return f.of(ds, q) }, true); words != "" {
			return "it depends on the " + f.name + ": " + words
		}
	}
	return "no single factor decides: " + grouped(decided, func(q Quote) string { return ds[q.Run].Manifest.Name + " " + q.Claim.ID }, false)
}

// grouped lists values by verdict: "supported: wall time; reversed: CPU time". With settle
// it is empty where a value has two verdicts.
func grouped(list []Quote, value func(Quote) string, settle bool) string {
	of, values := map[string]string{}, map[string][]string{}
	var order []string
	for _, q := range list {
		v, verdict := value(q), q.Verdict.Verdict
		if was, met := of[v]; met && was == verdict {
			continue
		} else if met && settle {
			return ""
		}
		if of[v] = verdict; values[verdict] == nil {
			order = append(order, verdict)
		}
		values[verdict] = append(values[verdict], v)
	}
	var words []string
	for _, verdict := range order {
		words = append(words, verdict+": "+strings.Join(values[verdict], ", "))
	}
	return strings.Join(words, "; ")
}

// runtimes are names of programs without their versions, and whose threads they have.
var runtimes = map[string]string{"python": "CPython", "pypy": "PyPy", "node": "Node.js", "java": "Java", "ruby": "Ruby"}

// runtime names the runtimes whose workers a claim is about.
func (d *Digest) runtime(c experiments.Claim) string {
	switch {
	case c.Kind == experiments.ClaimScaling:
		c.Kind = experiments.ClaimBound
	case c.Axis == "":
		c.Axis = axisModel
	}
	var names []string
	for i := range d.Manifest.Plan.Cells {
		cell := &d.Manifest.Plan.Cells[i]
		if c.Covers(cell) && !slices.Contains(names, runtimeOf(cell.Command)) {
			names = append(names, runtimeOf(cell.Command))
		}
	}
	if names == nil {
		return "Go"
	}
	return strings.Join(names, ", ")
}

func runtimeOf(c *experiments.Command) string {
	if c == nil || len(c.Argv) == 0 {
		return "Go"
	}
	program := path.Base(c.Argv[0])
	if name, ok := runtimes[strings.TrimRight(program, "0123456789.t")]; ok {
		return name
	}
	if slices.ContainsFunc(c.Files, func(f string) bool { return path.Ext(f) == ".c" }) {
		return "C"
	}
	return program
}

// QuoteTable returns the sentences with the claims that quote them: a row for each claim,
// with the columns of claims.csv, and one for a sentence that no claim quotes.
func QuoteTable(ds []*Digest, sentences []Sentence) Table {
	first := []string{"sentence", "words", "sentence_verdict", "sentence_reason", "runtime", "experiment", "started", "host"}
	t := Table{Name: "textbook", Columns: append(first, names(ClaimColumns)...)}
	for _, s := range sentences {
		told := []string{s.Label, s.Text, s.Verdict, s.Why}
		if len(s.Claims) == 0 {
			t.Rows = append(t.Rows, append(told, make([]string, len(t.Columns)-len(told))...))
		}
		for _, q := range s.Claims {
			d := ds[q.Run]
			row := append(slices.Clone(told), q.Runtime, d.Manifest.Name, d.started(), d.Manifest.Machine.Host)
			t.Rows = append(t.Rows, append(row, d.claimRow(&q.Verdict)...))
		}
	}
	return t
}
