package record

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var nanEqual = cmpopts.EquateNaNs()

// fullTrial has another value in every field, so that swapped columns show.
func fullTrial(number int) Trial {
	t := NewTrial()
	for i, s := range bind(&t) {
		switch {
		case s.whole != nil:
			*s.whole = number + i
		case s.float != nil:
			*s.float = float64(number) / float64(3+i)
		case s.text != nil:
			*s.text = s.Name + ` "a", b`
		case s.truth != nil:
			*s.truth = number%2 == 0
		case s.time != nil:
			*s.time = time.Date(2026, 11, 22, 10, 15, number%60, 123456789, time.UTC)
		}
	}
	t.Trial, t.Status = number, statuses[number%len(statuses)]
	return t
}

func TestTrialRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), TrialsFile)
	empty := NewTrial()
	empty.Trial, empty.Cell, empty.Workload, empty.Model, empty.Status = 3, "c", "w", "m", Skipped
	want := []Trial{fullTrial(1), fullTrial(2), empty}
	write(t, OpenTrials, path, want)
	got, faults := readAll(t, path)
	if diff := cmp.Diff(want, got, nanEqual); diff != "" || len(faults) > 0 {
		t.Errorf("faults %v, -want +got:\n%s", faults, diff)
	}
}

func TestSamplesAndIterationsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	nan := math.NaN()
	samples := []Sample{{1, -0.25, 77, "host", 1e-9, 4096, nan, 3}, {1, 0.1, 0, "machine", nan, nan, nan, nan}}
	write(t, OpenSamples, filepath.Join(dir, SamplesFile), samples)
	var got []Sample
	for s, err := range ReadSamples(filepath.Join(dir, SamplesFile)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *s)
	}
	if diff := cmp.Diff(samples, got, nanEqual); diff != "" {
		t.Errorf("samples -want +got:\n%s", diff)
	}
	iterations := []Iteration{{1, 1, 0.5}, {1, 2, nan}}
	write(t, OpenIterations, filepath.Join(dir, IterationsFile), iterations)
	var got2 []Iteration
	for s, err := range ReadIterations(filepath.Join(dir, IterationsFile)) {
		if err != nil {
			t.Fatal(err)
		}
		got2 = append(got2, *s)
	}
	if diff := cmp.Diff(iterations, got2, nanEqual); diff != "" {
		t.Errorf("iterations -want +got:\n%s", diff)
	}
}

func TestAppendText(t *testing.T) {
	tests := []struct{ in, file, back string }{
		{"sieve", "sieve", "sieve"},
		{"a,b", `"a,b"`, "a,b"},
		{`say "no"`, `"say ""no"""`, `say "no"`},
		{"two\nlines\tand\x00", "two lines and ", "two lines and "},
		{"bad \xff utf-8", "bad \ufffd utf-8", "bad \ufffd utf-8"},
		{"=1+1", "'=1+1", "=1+1"},
		{"@sum(a1,b2)", `"'@sum(a1,b2)"`, "@sum(a1,b2)"},
		{"+7", "'+7", "+7"},
		{"-O2", "'-O2", "-O2"},
		{"-2.5", "-2.5", "-2.5"},
		{"'=1", "''=1", "'=1"},
		{"''-5", "'''-5", "''-5"},
		{"'tis", "'tis", "'tis"},
		{"'", "'", "'"},
		{"\n=1", " =1", " =1"},
	}
	for _, test := range tests {
		file := string(AppendText(nil, test.in))
		if file != test.file {
			t.Errorf("AppendText(%q) = %q, want %q", test.in, file, test.file)
		}
		if back := reread(t, file); back != test.back {
			t.Errorf("%q read back from %q is %q, want %q", test.in, file, back, test.back)
		}
	}
}

func reread(t *testing.T, cell string) string {
	t.Helper()
	l := lines{}
	cells, err := l.split([]byte(cell))
	if err != nil || len(cells) != 1 {
		t.Fatalf("split(%q) = %q, %v", cell, cells, err)
	}
	return pool{}.text(cells[0])
}

func TestAppendNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", -3: "-3", 0.1: "0.1", 1e15: "1000000000000000", 67108864: "67108864",
		1e300: "1e+300", 5e-324: "5e-324", math.Inf(1): "", math.Inf(-1): "",
		math.Copysign(0, -1): "-0",
	} {
		if v == 0 && math.Signbit(v) != (want == "-0") {
			continue // both zeros are one map key
		}
		if got := string(AppendNumber(nil, v)); got != want {
			t.Errorf("AppendNumber(%v) = %q, want %q", v, got, want)
		}
	}
	if got := string(AppendNumber(nil, math.NaN())); got != "" {
		t.Errorf("AppendNumber(NaN) = %q, want nothing", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a,\"b\"\n=c")
	f.Add("''+1")
	f.Fuzz(func(t *testing.T, text string) {
		cell := string(AppendText(nil, text))
		if cell == "" {
			return
		}
		if back := reread(t, cell); back != oneLine(text) {
			t.Errorf("%q became %q and came back as %q, want %q", text, cell, back, oneLine(text))
		}
		if strings.ContainsAny(cell, "\n\r") {
			t.Errorf("%q is more than a line", cell)
		}
	})
}

func FuzzNumber(f *testing.F) {
	f.Add(0.1)
	f.Add(-1e17)
	f.Fuzz(func(t *testing.T, v float64) {
		cell := AppendNumber(nil, v)
		if len(cell) == 0 {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				t.Errorf("%v is lost", v)
			}
			return
		}
		if got, err := parseNumber(cell); err != nil || math.Float64bits(got) != math.Float64bits(v) {
			t.Errorf("%v became %s and came back as %v, %v", v, cell, got, err)
		}
	})
}

// FuzzReadTrials feeds any bytes to the reader, and what it accepts must
// survive a second writing and reading unchanged.
func FuzzReadTrials(f *testing.F) {
	w := newWriter[Trial]("", nil)
	header := string(w.appendHeader(nil))
	f.Add(header + "1,2,3,true\n")
	f.Add("trial,block,position,warmup,cell,workload,model,cores,workers,status,odd,wall_s\n1,1,1,false,c,w,m,1,1,ok,?,1.5\n")
	f.Fuzz(func(t *testing.T, data string) {
		rows := decode(t, data)
		disk := &smallDisk{room: 1 << 30}
		w := newWriter[Trial]("", disk)
		w.buf = w.appendHeader(nil)
		for i := range rows {
			if err := w.Append(&rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, decode(t, disk.String()), nanEqual); diff != "" {
			t.Errorf("-first +second:\n%s", diff)
		}
	})
}

func decode(t *testing.T, data string) (rows []Trial) {
	row := NewTrial()
	readFrom(strings.NewReader(data), TrialsFile, &row, func(row *Trial, err error) bool {
		if (row == nil) == (err == nil) {
			t.Fatalf("row %v with error %v", row, err)
		}
		if row != nil {
			rows = append(rows, *row)
		}
		return true
	}, nil)
	return rows
}

func write[T any](t *testing.T, open func(string) (*Writer[T], error), path string, rows []T) {
	t.Helper()
	w, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Append(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func readAll(t *testing.T, path string) (rows []Trial, faults []string) {
	t.Helper()
	for row, err := range ReadTrials(path) {
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		rows = append(rows, *row)
	}
	return rows, faults
}

func TestColumnsAreDocumented(t *testing.T) {
	for _, file := range []string{TrialsFile, SamplesFile, IterationsFile} {
		list := Columns(file)
		if len(list) == 0 {
			t.Errorf("%s has no columns", file)
		}
		seen := map[string]bool{}
		for _, c := range list {
			if c.Name == "" || c.Doc == "" || c.Type == "" || seen[c.Name] {
				t.Errorf("%s: column %+v is unnamed, undocumented or there twice", file, c)
			}
			if strings.HasSuffix(c.Name, "_s") != (c.Unit == "s") || strings.HasSuffix(c.Name, "_B") != (c.Unit == "B") {
				t.Errorf("%s: column %q has unit %q", file, c.Name, c.Unit)
			}
			seen[c.Name] = true
		}
	}
	if Columns("else.csv") != nil {
		t.Error("columns of an unknown file")
	}
}
