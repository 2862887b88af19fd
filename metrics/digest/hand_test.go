package digest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/record"
)

// TestHandWrittenFolder takes the two files of results/README.md, adds rows of
// the same kind, and must come to the verdict that their numbers have.
func TestHandWrittenFolder(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "results", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "## A folder written by hand")
	manifest, rows := block(t, rest, "json"), block(t, rest, "csv")
	for i := 2; i < 10; i++ {
		rows += fmt.Sprintf("%d,%d,1,false,a,spin,goroutines,2,2,ok,%g\n", 2*i+1, i+1, 1+0.01*float64(i%3))
		rows += fmt.Sprintf("%d,%d,2,false,b,spin,processes,2,2,ok,%g\n", 2*i+2, i+1, 0.8+0.01*float64(i%2))
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(record.ManifestFile, manifest)
	write(record.TrialsFile, rows)
	d := load(t, dir)
	if v := d.Verdicts()[0]; v.Verdict != Supported || v.Parts[0].Primary.N != 10 {
		t.Errorf("%s of %d blocks (%s), want supported of 10", v.Verdict, v.Parts[0].Primary.N, v.Reason)
	}
	if len(d.Warnings) > 0 {
		t.Errorf("warnings %q", d.Warnings)
	}
	if err := d.WriteDerived(dir); err != nil {
		t.Fatal(err)
	}
}

func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "```"+language+"\n")
	body, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("no block of %s", language)
	}
	return body
}

// TestOrderOfRowsChangesNothing shuffles the lines of trials.csv.
func TestOrderOfRowsChangesNothing(t *testing.T) {
	w := truths()
	dir := w.write(t, 5)
	before := load(t, dir)
	edit(t, dir, record.TrialsFile, func(s string) string {
		lines := strings.SplitAfter(strings.TrimSuffix(s, "\n"), "\n")
		lines[len(lines)-1] += "\n"
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
		return strings.Join(lines, "")
	})
	after := load(t, dir)
	for k, pair := range [][2]Table{{before.ComparisonTable(), after.ComparisonTable()}, {before.ClaimTable(), after.ClaimTable()}, {before.FitTable(), after.FitTable()}} {
		for i, row := range pair[0].Rows {
			if strings.Join(row, ",") != strings.Join(pair[1].Rows[i], ",") {
				t.Fatalf("table %d, row %d:\n%v\n%v", k, i, row, pair[1].Rows[i])
			}
		}
	}
}

// TestSwappedSidesMirror: theta(A, B) = 1/theta(B, A), with mirrored ends.
func TestSwappedSidesMirror(t *testing.T) {
	w := truths()
	w.claims = nil
	d := w.digest(4)
	m, err := Lookup("wall_s")
	if err != nil {
		t.Fatal(err)
	}
	for j := 1; j < len(d.Cells); j++ {
		ab := d.compare(pairing{0, j, m}, "model", 0.05, true)
		ba := d.compare(pairing{j, 0, m}, "model", 0.05, true)
		for what, pair := range map[string][2]float64{
			"theta": {ab.Theta.Estimate, ba.Theta.Estimate}, "t ends": {ab.Theta.Lo95, ba.Theta.Hi95}, "t 90 ends": {ab.Theta.Hi90, ba.Theta.Lo90},
			"hl": {ab.Shift.Estimate, ba.Shift.Estimate}, "hl ends": {ab.Shift.Lo95, ba.Shift.Hi95}, "hl 90 ends": {ab.Shift.Lo90, ba.Shift.Hi90},
		} {
			if r := pair[0] * pair[1]; r < 1-1e-12 || r > 1+1e-12 {
				t.Errorf("cell %d: %s times its mirror is %v", j, what, r)
			}
		}
		if a := ab.A12 + ba.A12; a < 1-1e-12 || a > 1+1e-12 || ab.P != ba.P || ab.FlipP != ba.FlipP {
			t.Errorf("cell %d: A12 %v and %v, p %v and %v, flips %v and %v", j, ab.A12, ba.A12, ab.P, ba.P, ab.FlipP, ba.FlipP)
		}
	}
}
