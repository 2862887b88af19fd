package experiments

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	return names
}

func load(t testing.TB, file string) (*Plan, error) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Load(Source{File: filepath.Base(file), Text: b, Folder: os.DirFS(filepath.Dir(file))}, testCatalogue(4), Options{})
	if err != nil {
		return nil, err
	}
	return e.Plan()
}

func TestBadFiles(t *testing.T) {
	names := files(t, "bad")
	if len(names) < 60 {
		t.Errorf("only %d bad files", len(names))
	}
	for _, file := range names {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := load(t, file)
			if err == nil {
				t.Fatal("it was accepted")
			}
			var faults Faults
			if errors.As(err, &faults) {
				checkFaults(t, faults)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".want", err.Error()+"\n")
		})
	}
}

// checkFaults holds for every fault of a file: a position inside it, a
// message, and something to do.
func checkFaults(t testing.TB, faults Faults) {
	t.Helper()
	if len(faults) == 0 {
		t.Error("an error without a fault")
	}
	for _, f := range faults {
		if f.File == "" || f.Line < 1 || f.Col < 1 || f.Col > len([]rune(f.Source))+1 {
			t.Errorf("no position: %+v", f)
		}
		if f.Message == "" || f.Remedy == "" && f.Allowed == "" && !strings.Contains(f.Message, "expected") {
			t.Errorf("nothing to do about: %+v", f)
		}
	}
}

func TestGoodFiles(t *testing.T) {
	for _, file := range files(t, "good") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			p, err := load(t, file)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".want", show(p))
		})
	}
}

// show prints a plan one cell a line.
func show(p *Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, trials %d, warmup %d, order %s, sample %v, estimate %s, hash %s\n",
		p.Seed, p.Trials, p.Warmup, p.Order, p.Sample, p.Estimate(), p.Hash)
	line := func(c Cell) {
		params, _ := json.Marshal(c.Params)
		fmt.Fprintf(&b, "%s %-24s %s %-20s cores %d workers %d processes %d %s %s x%d %s timeout %s", c.ID, c.Label, params,
			c.ModelLabel, c.Cores, c.Workers, c.Processes, c.Schedule, c.Scaling, c.Iterations, c.work(), seconds(c.TimeoutS))
	}
	for _, c := range p.Cells {
		line(c)
		if c.Control != "" {
			fmt.Fprintf(&b, " control %s extra %v", c.Control, c.Extra)
		}
		b.WriteByte('\n')
	}
	for _, d := range p.Dropped {
		b.WriteString("dropped ")
		line(d.Cell)
		fmt.Fprintf(&b, ": %s\n", d.Because)
	}
	if p.Adaptive != nil {
		fmt.Fprintf(&b, "adaptive %+v\n", *p.Adaptive)
	}
	for _, c := range p.Claims {
		text, _ := json.Marshal(c)
		fmt.Fprintf(&b, "claim %s: %d pairs\n", text, len(p.Pairs(c)))
	}
	return b.String()
}
