package digest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
)

func quoted(metric string, verdicts ...string) []Quote {
	var list []Quote
	for _, word := range verdicts {
		runtime, verdict, other := strings.Cut(word, " ")
		if !other || word == NoData {
			runtime, verdict = "Go", word
		}
		list = append(list, Quote{Verdict: Verdict{Claim: experiments.Claim{Metric: metric, ID: "id"}, Verdict: verdict, Reason: "why"}, Runtime: runtime})
	}
	return list
}

func TestCarried(t *testing.T) {
	ds := []*Digest{{}}
	broken := quoted("wall_s", Inconclusive, Inconclusive)
	for i := range broken {
		broken[i].Broken = "gate aa broken"
	}
	for _, c := range []struct {
		name          string
		claims        []Quote
		verdict, says string
	}{
		{"none", nil, Untested, ""},
		{"all", quoted("wall_s", Supported, Supported), Supported, "2 of 2 claims"},
		{"one", quoted("wall_s", Reversed), Reversed, "1 of 1 claim"},
		{"most", quoted("wall_s", Supported, Inconclusive, Supported), Supported, "2 of 3 claims; the rest is open"},
		{"half", quoted("wall_s", Supported, Inconclusive), Inconclusive, "not more than half"},
		{"no data counts not", quoted("wall_s", Supported, NoData, NoData), Supported, "1 of 1 claim"},
		{"no data", quoted("wall_s", NoData), Inconclusive, "no claim has data: why"},
		{"open", quoted("wall_s", Inconclusive, NoData), Inconclusive, "none of 1 claim is decided"},
		{"broken", broken, Inconclusive, "none of 2 claims is decided; gates of their runs are broken"},
		{"half broken", slices.Concat(broken, quoted("wall_s", Inconclusive)), Inconclusive, "none of 3 claims is decided; of 2 the gates"},
		{"conditional", quoted("wall_s", Conditional), Conditional, "1 of 1 claim; by why"},
		{"runtimes", quoted("wall_s", "Go "+Reversed, "CPython "+Supported, "Go "+Inconclusive), Conditional, "it depends on the runtime: reversed: Go; supported: CPython"},
		{"metrics", slices.Concat(quoted("wall_s", Equivalent), quoted("mem_high_B", Supported)), Conditional, "it depends on the metric: equivalent: wall time; supported: peak memory, upper bound"},
		{"nothing", quoted("wall_s", Equivalent, Supported), Conditional, "no single factor decides: equivalent:  id; supported:  id"},
	} {
		verdict, why := carried(ds, c.claims)
		if verdict != c.verdict || !strings.Contains(why, c.says) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, verdict, why, c.verdict, c.says)
		}
	}
}

// Every sentence but the conclusion is about one need, and no other is.
func TestNeedsCoverTheTextbook(t *testing.T) {
	var labels, want []string
	for _, n := range needs {
		labels = append(labels, strings.Fields(n.labels)...)
	}
	for _, s := range experiments.Textbook() {
		if !s.Concluded() {
			want = append(want, s.Label)
		}
	}
	slices.Sort(labels)
	slices.Sort(want)
	if !slices.Equal(labels, want) {
		t.Errorf("needs hold %v, the textbook %v", labels, want)
	}
}

// bookWorld is a run whose claims quote the sentences with these labels, one each: processes
// take 4/5 of the time and twice the memory of goroutines.
func bookWorld(claims ...experiments.Claim) *Digest {
	w := world{blocks: 12, noise: 0.005, claims: claims,
		cells: []experiments.Cell{cell(experiments.Goroutines, 2), cell(experiments.Processes, 2)}}
	w.wall = func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
		return map[string]float64{experiments.Goroutines: 1, experiments.Processes: 0.8}[c.Model]
	}
	return w.digest(3)
}

func quoting(t *testing.T, label string, c experiments.Claim) experiments.Claim {
	t.Helper()
	for _, s := range experiments.Textbook() {
		if s.Label == label {
			c.ID, c.Says = strings.ToLower(label)+"-"+c.ID, s.Text
			return c
		}
	}
	t.Fatalf("no sentence %s", label)
	return c
}

func verdictOn(t *testing.T, list []Sentence, label string) Sentence {
	t.Helper()
	i := slices.IndexFunc(list, func(s Sentence) bool { return s.Label == label })
	if i < 0 {
		t.Fatalf("no sentence %s", label)
	}
	return list[i]
}

func TestTextbook(t *testing.T) {
	win := compares("processes-win", experiments.Processes, experiments.Goroutines)
	lose := compares("goroutines-win", experiments.Goroutines, experiments.Processes)
	bound := compares("nearly", experiments.Goroutines, experiments.Processes)
	bound.AtLeast = at(0.95)
	lose.Otherwise = []string{"p8-nearly"}
	a, b := quoting(t, "C3", win), quoting(t, "T6", lose)
	c := quoting(t, "P8", bound)
	list := Textbook([]*Digest{bookWorld(a, b, c)})
	if len(list) != len(experiments.Textbook()) {
		t.Fatalf("%d sentences", len(list))
	}
	for label, want := range map[string]string{"C3": Supported, "T6": Reversed, "P8": Reversed, "T1": Untested} {
		if s := verdictOn(t, list, label); s.Verdict != want {
			t.Errorf("%s is %s (%s), want %s", label, s.Verdict, s.Why, want)
		}
	}
	if s := verdictOn(t, list, "T6"); len(s.Claims) != 1 || s.Claims[0].Runtime != "Go" || len(s.Claims[0].Otherwise) != 1 || s.Claims[0].Otherwise[0].Claim.ID != "p8-nearly" {
		t.Errorf("T6: %+v", s.Claims)
	}
	// All three are about performance, and processes win each.
	if z := verdictOn(t, list, "Z1"); z.Verdict != Inconclusive || !strings.Contains(z.Why, "1 of 3 needs alone") || !strings.Contains(z.Why, "performance: threads or goroutines 0, processes 3") {
		t.Errorf("Z1 is %s: %s", z.Verdict, z.Why)
	}
}

func TestConclusion(t *testing.T) {
	win := compares("win", experiments.Processes, experiments.Goroutines)
	lose := compares("lose", experiments.Goroutines, experiments.Processes)
	other := compares("other", experiments.Goroutines, experiments.Processes)
	other.Metric, other.AtLeast = "mem_high_B", at(1.5) // equal in this world: reversed, but no win
	nobody := compares("nobody", experiments.Hybrid, experiments.Goroutines)
	for _, c := range []struct {
		name, want string
		claims     []experiments.Claim
	}{
		{"nothing", Untested, nil},
		{"no side", Inconclusive, []experiments.Claim{quoting(t, "C3", nobody)}},
		{"a bound that nobody wins by", Inconclusive, []experiments.Claim{quoting(t, "C1", other)}},
		{"one need", Inconclusive, []experiments.Claim{quoting(t, "C3", win), quoting(t, "P8", win)}},
		{"two needs", Inconclusive, []experiments.Claim{quoting(t, "C3", win), quoting(t, "T5", lose)}},
		{"one side", Reversed, []experiments.Claim{quoting(t, "C3", win), quoting(t, "T5", lose), quoting(t, "P7", win)}},
	} {
		if z := verdictOn(t, Textbook([]*Digest{bookWorld(c.claims...)}), "Z1"); z.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, z.Verdict, z.Why, c.want)
		}
	}
	// The other side wins in another run.
	w := world{blocks: 12, noise: 0.005, claims: []experiments.Claim{quoting(t, "T1", lose)}, cells: []experiments.Cell{cell(experiments.Goroutines, 2), cell(experiments.Processes, 2)}}
	w.wall = func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
		return map[string]float64{experiments.Goroutines: 0.5, experiments.Processes: 0.8}[c.Model]
	}
	both := Textbook([]*Digest{bookWorld(quoting(t, "C3", win)), w.digest(4)})
	if z := verdictOn(t, both, "Z1"); z.Verdict != Supported || !strings.Contains(z.Why, "resource management: threads or goroutines 1, processes 0") {
		t.Errorf("Z1 is %s: %s", z.Verdict, z.Why)
	}
}

func TestWinner(t *testing.T) {
	for _, c := range []struct {
		target        Target
		verdict, want string
	}{
		{Target{}, Supported, "left"}, {Target{}, Reversed, "right"}, {Target{}, Equivalent, ""}, {Target{Difference: true}, Reversed, "right"},
		{Target{AtLeast: at(2)}, Supported, "left"}, {Target{AtLeast: at(2)}, Reversed, ""},
		{Target{AtLeast: at(0.95)}, Supported, ""}, {Target{AtLeast: at(0.95)}, Reversed, "right"},
		{Target{AtLeast: at(0.95), AtMost: at(1.05)}, Supported, ""}, {Target{AtLeast: at(0.95), AtMost: at(1.05)}, Reversed, ""},
		{Target{AtMost: at(0.5)}, Supported, "right"}, {Target{AtMost: at(3)}, Supported, ""},
		{Target{AtLeast: at(0.5), Difference: true}, Supported, "left"}, {Target{AtLeast: at(-0.05), Difference: true}, Supported, ""},
	} {
		if got := c.target.winner(c.verdict, "left", "right"); got != c.want {
			t.Errorf("%+v, %s: %q, want %q", c.target, c.verdict, got, c.want)
		}
	}
}

func TestRuntimes(t *testing.T) {
	for want, c := range map[string]*experiments.Command{
		"Go": nil, "CPython": {Argv: []string{"/usr/bin/python3.12"}}, "Node.js": {Argv: []string{"node", "work.js"}},
		"C": {Argv: []string{"other/work"}, Files: []string{"other/Makefile", "other/work.c"}}, "perl": {Argv: []string{"perl"}},
	} {
		if got := runtimeOf(c); got != want {
			t.Errorf("the runtime of %v is %s, want %s", c, got, want)
		}
	}
}
