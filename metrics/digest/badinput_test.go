package digest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// everyClaim asks something of each kind.
func everyClaim() []experiments.Claim {
	return []experiments.Claim{
		compares("compare", "processes", "goroutines"),
		{ID: "ratio", Kind: experiments.ClaimCompare, Metric: "cpu_s", Left: "goroutines", Right: "processes", AtLeast: at(2), AtMost: at(3)},
		{ID: "cores", Kind: experiments.ClaimCompare, Metric: "mem_high_B", Axis: "cores", Left: "2", Right: "1"},
		{ID: "bound", Kind: experiments.ClaimBound, Metric: "wall_s", AtLeast: at(0.1), AtMost: at(1)},
		{ID: "share", Kind: experiments.ClaimProportion, Metric: "ok", AtLeast: at(0.9)},
		{ID: "scaling", Kind: experiments.ClaimScaling, Quantity: "limit", AtMost: at(3)},
	}
}

// check derives everything from a folder and holds it to the promises: no
// panic, no NaN, rows as wide as their columns, a word wherever there is no
// number.
func check(t *testing.T, dir string) *Digest {
	t.Helper()
	d, err := Load(dir)
	if err != nil {
		if err.Error() == "" {
			t.Error("an error without a word")
		}
		return nil
	}
	d.resamples = 100
	if err := d.WriteDerived(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{record.SummaryFile, record.ComparisonsFile, record.FitsFile, record.ClaimsFile, record.BenchFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if name != record.BenchFile {
			noNumbersAstray(t, name, string(data))
		}
	}
	for _, v := range d.Verdicts() {
		if (v.Verdict == NoData || v.Verdict == Inconclusive || v.Verdict == Conditional) && v.Reason == "" {
			t.Errorf("claim %s is %s without a reason", v.Claim.ID, v.Verdict)
		}
	}
	for _, c := range d.Comparisons() {
		if (c.Verdict == NoData || c.Verdict == Inconclusive) && c.Why == "" {
			t.Errorf("comparison of %s is %s without a reason", c.Metric, c.Verdict)
		}
	}
	Compare(d, d).Table()
	return d
}

func noNumbersAstray(t *testing.T, name, text string) {
	t.Helper()
	for _, cell := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		if v, err := strconv.ParseFloat(cell, 64); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Fatalf("%s holds %q", name, cell)
		}
	}
}

func scaled() world {
	w := world{blocks: 8, noise: 0.02, claims: everyClaim()}
	for _, n := range []int{1, 2, 4, 8, 16} {
		w.cells = append(w.cells, cell(experiments.Goroutines, n), cell(experiments.Processes, n))
	}
	return w
}

func TestBadInputIsNamed(t *testing.T) {
	tests := []struct {
		name   string
		change func(*record.Trial)
		edit   func(string) string
		warn   string            // in a warning
		want   map[string]string // verdict of a claim: words of its reason
	}{
		{"all failed", func(r *record.Trial) { r.Status = record.Crashed }, nil, "80 of 80 trials did not end ok",
			map[string]string{"compare": "no data: no value on the left side", "scaling": "no data: no trial has a throughput", "share": "reversed: "}},
		{"a single trial", nil, func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:2], "") }, "fewer than 6 ok trials",
			map[string]string{"compare": "no data: ", "bound": "inconclusive: 0 of the 6"}},
		{"a single block", nil, func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:11], "") }, "fewer than 6 ok trials",
			map[string]string{"compare": "needs at least 2 values, has 1"}},
		{"zero", func(r *record.Trial) { r.WallS = 0 }, nil, "", map[string]string{"compare": "has the value 0: a ratio needs positive ones"}},
		{"negative", func(r *record.Trial) { r.WallS = -1 }, nil, "", map[string]string{"compare": "has the value -1", "bound": "reversed"}},
		{"constant", func(r *record.Trial) { r.WallS, r.CPUS, r.ItemsDone = 0.5, 1, 1000 }, nil, "", map[string]string{"compare": "equivalent: ", "bound": "supported: "}},
		{"absent", func(r *record.Trial) { r.WallS, r.ItemsDone = math.NaN(), math.NaN() }, nil, "", map[string]string{"compare": "no data: no value on the left side"}},
		{"huge and tiny", func(r *record.Trial) {
			r.WallS = 1e300
			if r.Model == experiments.Processes {
				r.WallS = 1e-300
			}
		}, nil, "", map[string]string{"compare": "overflow"}},
		{"missing blocks", nil, func(s string) string {
			var kept []string
			for i, line := range strings.SplitAfter(s, "\n") {
				odd := strings.Contains(line, ",processes,")
				if block := (i - 1) / 10; i == 0 || odd == (block%2 == 0) {
					kept = append(kept, line)
				}
			}
			return strings.Join(kept, "")
		}, "fewer than 6 ok trials", map[string]string{"compare": "4 of the 6 blocks"}},
		{"a second trial in a block", nil, func(s string) string {
			lines := strings.SplitAfter(strings.TrimSuffix(s, "\n"), "\n")
			return s + strings.Replace(lines[3], "3,1,3,", "999,1,3,", 1)
		}, "more than one trial of a cell in its block", nil},
		{"mixed versions", nil, func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			for i := 20; i < 40; i++ {
				lines[i] = strings.Replace(lines[i], ",v1,", ",v2,", 1)
			}
			return strings.Join(lines, "")
		}, "trials of 2 versions: v1, v2", nil},
		{"truncated", nil, func(s string) string { return s[:len(s)/2] }, "the last line has no newline", nil},
		{"headless", nil, func(s string) string { _, s, _ = strings.Cut(s, "\n"); return s }, "", nil},
		{"empty", nil, func(string) string { return "" }, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := scaled()
			w.change = func(r *record.Trial, _ *rand.Rand) {
				r.Version = "v1"
				if test.change != nil {
					test.change(r)
				}
			}
			dir := w.write(t, 1)
			if test.edit != nil {
				edit(t, dir, record.TrialsFile, test.edit)
			}
			d := check(t, dir)
			if d == nil {
				if test.want != nil || test.warn != "" {
					t.Error("it does not load")
				}
				return
			}
			if !strings.Contains(strings.Join(d.Warnings, "\n"), test.warn) {
				t.Errorf("no warning of %q in %q", test.warn, d.Warnings)
			}
			for _, v := range d.Verdicts() {
				if got := v.Verdict + ": " + v.Reason; !strings.Contains(got, test.want[v.Claim.ID]) {
					t.Errorf("claim %s is %q, want %q", v.Claim.ID, got, test.want[v.Claim.ID])
				}
			}
		})
	}
}

func TestBadClaimsAreNamed(t *testing.T) {
	w := scaled()
	w.claims = []experiments.Claim{
		{ID: "a", Kind: "guess"},
		{ID: "b", Kind: experiments.ClaimCompare, Metric: "wall_ms", Left: "processes", Right: "goroutines"},
		{ID: "c", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "processes", Right: "goroutines", Where: map[string][]string{"flavour": {"x"}}},
		{ID: "d", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "processes", Right: "goroutines", Where: map[string][]string{"cores": {"3"}}},
		{ID: "e", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "processes", Right: "hybrid"},
		{ID: "f", Kind: experiments.ClaimBound, Metric: "wall_s"},
		{ID: "g", Kind: experiments.ClaimProportion, Metric: "lost", AtLeast: at(1)},
		{ID: "h", Kind: experiments.ClaimScaling, Quantity: "peak", Law: "moore", AtLeast: at(1)},
		{ID: "i", Kind: experiments.ClaimScaling, Quantity: "speed", AtLeast: at(1)},
		{ID: "j", Kind: experiments.ClaimScaling, Quantity: "peak", Model: "hybrid", AtLeast: at(1)},
	}
	words := []string{`kind "guess"`, `unknown metric "wall_ms"`, "no cell has the axis flavour", "no cell of the run is meant",
		"no cell with model processes has a partner with hybrid", "a bound needs", `unknown share "lost"`, `unknown law "moore"`, `unknown quantity "speed"`,
		"no cell of the run is meant"}
	for i, v := range w.digest(1).Verdicts() {
		if v.Verdict != NoData || !strings.Contains(v.Reason, words[i]) {
			t.Errorf("claim %s is %s: %q, want no data: %q", v.Claim.ID, v.Verdict, v.Reason, words[i])
		}
	}
}

// FuzzDerive damages trials.csv in any way: replaced bytes, cut lines,
// repeated lines, odd numbers in cells.
func FuzzDerive(f *testing.F) {
	for seed := range uint64(6) {
		f.Add(seed, "1e308")
		f.Add(seed, "")
		f.Add(seed, "-0")
	}
	f.Add(uint64(7), "\"")
	w := scaled()
	w.blocks = 6
	var rows string
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		dir := t.TempDir()
		folder := &record.Folder{Dir: dir}
		if rows == "" {
			data, err := os.ReadFile(filepath.Join(w.write(t, 1), record.TrialsFile))
			if err != nil {
				t.Fatal(err)
			}
			rows = string(data)
		}
		if err := record.WriteManifest(folder.Manifest(), w.manifest()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(folder.Trials(), []byte(damage(rows, seed, text)), 0o666); err != nil {
			t.Fatal(err)
		}
		check(t, dir)
	})
}

func damage(rows string, seed uint64, text string) string {
	r := rand.New(rand.NewPCG(seed, 5))
	lines := strings.SplitAfter(rows, "\n")
	for range 1 + r.IntN(8) {
		i := 1 + r.IntN(len(lines)-1)
		cells := strings.Split(lines[i], ",")
		switch r.IntN(5) {
		case 0:
			cells[r.IntN(len(cells))] = text
			lines[i] = strings.Join(cells, ",")
		case 1:
			lines = append(lines[:i], lines[i+1:]...)
		case 2:
			cells[0] = fmt.Sprint(1000 + r.IntN(1000))
			lines = append(lines, strings.Join(cells, ","))
		case 3: // one column of all rows
			k := r.IntN(len(cells))
			for j := 1; j < len(lines); j++ {
				if c := strings.Split(lines[j], ","); k < len(c)-1 && len(c) == len(cells) {
					c[k] = text
					lines[j] = strings.Join(c, ",")
				}
			}
		case 4:
			j := 1 + r.IntN(len(lines)-1)
			lines[i], lines[j] = lines[j], lines[i]
		}
		if len(lines) < 3 {
			break
		}
	}
	return strings.Join(lines, "")
}
