package record

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	shortHeader = "trial,block,position,warmup,cell,workload,model,cores,workers,status,wall_s\n"
	goodRow     = "1,1,1,false,c,w,goroutines,2,2,ok,0.5\n"
	nextRow     = "2,1,2,true,c,w,goroutines,2,2,ok,\n"
)

func TestReadTrialsGarbled(t *testing.T) {
	tests := []struct {
		name, file string
		trials     []int
		faults     []string
	}{
		{"good", shortHeader + goodRow + nextRow, []int{1, 2}, nil},
		{"windows", "\ufeff" + strings.ReplaceAll(shortHeader+goodRow, "\n", "\r\n"), []int{1}, nil},
		{"torn", shortHeader + goodRow + nextRow[:9], []int{1},
			[]string{"trials.csv:3: the last line has no newline, so it may be half a row; it is left out"}},
		{"bad number", shortHeader + "1,1,1,false,c,w,m,2,2,ok,0.5s\n" + nextRow, []int{2},
			[]string{`trials.csv:2: column "wall_s": "0.5s" is not a finite number`}},
		{"infinite", shortHeader + "1,1,1,false,c,w,m,2,2,ok,Inf\n" + nextRow, []int{2},
			[]string{`trials.csv:2: column "wall_s": "Inf" is not a finite number`}},
		{"bad whole", shortHeader + "1,1.5,1,false,c,w,m,2,2,ok,1\n", nil,
			[]string{`trials.csv:2: column "block": "1.5" is not a whole number`}},
		{"bad truth", shortHeader + "1,1,1,no,c,w,m,2,2,ok,1\n", nil,
			[]string{`trials.csv:2: column "warmup": "no" is neither "true" nor "false"`}},
		{"empty key", shortHeader + "1,1,1,false,,w,m,2,2,ok,1\n" + nextRow, []int{2},
			[]string{`trials.csv:2: column "cell": empty, but a row needs it`}},
		{"short row", shortHeader + "1,1,1\n" + nextRow, []int{2},
			[]string{"trials.csv:2: 3 fields, but the header has 11"}},
		{"empty line", shortHeader + "\n" + nextRow, []int{2},
			[]string{"trials.csv:2: 1 fields, but the header has 11"}},
		{"strange status", shortHeader + strings.Replace(goodRow, "ok", "great", 1) + nextRow, []int{1, 2},
			[]string{`trials.csv:2: column "status": "great" is not a status, so the trial does not count as ok; ` +
				"known are ok, crashed, timeout, oom, wrong, killed, skipped"}},
		{"status with a space", shortHeader + strings.Replace(goodRow, "ok", "ok ", 1), []int{1},
			[]string{`trials.csv:2: column "status": "ok " is not a status, so the trial does not count as ok; ` +
				"known are ok, crashed, timeout, oom, wrong, killed, skipped"}},
		{"duplicate", shortHeader + goodRow + goodRow + nextRow, []int{1, 2},
			[]string{`trials.csv:3: column "trial": trial 1 has a row already; this one is left out`}},
		{"zero", shortHeader + "0" + goodRow[1:], nil,
			[]string{`trials.csv:2: column "trial": 0 is not a trial number: they begin at 1`}},
		{"lone quote", shortHeader + "1,1,1,false,c\"c,w,m,2,2,ok,1\n" + nextRow, []int{2},
			[]string{"trials.csv:2: a quote stands alone or is never closed"}},
		{"open quote", shortHeader + "1,1,1,false,\"c,w,m,2,2,ok,1\n" + nextRow, []int{2},
			[]string{"trials.csv:2: a quote stands alone or is never closed"}},
		{"lost block", shortHeader + "1,1,\x00\x00\n" + nextRow, []int{2},
			[]string{"trials.csv:2: the line holds NUL bytes: the disk or the crash lost it"}},
		{"endless", shortHeader + strings.Repeat("x", 3<<20) + "\n" + nextRow, []int{2},
			[]string{"trials.csv:2: the line is longer than 1 MiB"}},
		{"odd column", strings.Replace(shortHeader, "wall_s", "wall_ms", 1) + goodRow, []int{1},
			[]string{`trials.csv:1: column "wall_ms": not a column of this version; its values are left out`}},
		{"missing key", strings.Replace(shortHeader, "status,", "", 1) + goodRow, nil,
			[]string{"trials.csv:1: the header lacks status, without which a row means nothing; " +
				"it has trial, block, position, warmup, cell, workload, model, cores, workers, wall_s"}},
		{"column twice", strings.Replace(shortHeader, "wall_s", "block", 1) + goodRow, nil,
			[]string{`trials.csv:1: column "block" stands in the header twice`}},
		{"empty file", "", nil, []string{"trials.csv:1: no header: the file is empty"}},
		{"header alone", shortHeader, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), TrialsFile)
			if err := os.WriteFile(path, []byte(test.file), 0o666); err != nil {
				t.Fatal(err)
			}
			rows, faults := readAll(t, path)
			var trials []int
			for _, row := range rows {
				trials = append(trials, row.Trial)
			}
			if diff := cmp.Diff(test.trials, trials); diff != "" {
				t.Errorf("trials -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.faults, faults); diff != "" {
				t.Errorf("faults -want +got:\n%s", diff)
			}
		})
	}
}

func TestReadTrialsAbsentColumnIsNaN(t *testing.T) {
	path := filepath.Join(t.TempDir(), TrialsFile)
	if err := os.WriteFile(path, []byte(shortHeader+goodRow+nextRow), 0o666); err != nil {
		t.Fatal(err)
	}
	rows, _ := readAll(t, path)
	if rows[0].WallS != 0.5 || !math.IsNaN(rows[1].WallS) || !math.IsNaN(rows[0].CPUS) || rows[0].GoMaxProcs != 0 {
		t.Errorf("got wall %v and %v, cpu %v", rows[0].WallS, rows[1].WallS, rows[0].CPUS)
	}
}

func TestReadStopsWhereToldTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), TrialsFile)
	if err := os.WriteFile(path, []byte(shortHeader+goodRow+goodRow+nextRow), 0o666); err != nil {
		t.Fatal(err)
	}
	for row, err := range ReadTrials(path) {
		var fault *Fault
		if err != nil && (!errors.As(err, &fault) || fault.Kind != Duplicate) {
			t.Errorf("error %v, want a duplicate", err)
		}
		if err != nil {
			break
		}
		_ = row
	}
	for _, err := range ReadTrials(path + ".none") {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v, want not exist", err)
		}
	}
}

// TestReadReusesItsMemory keeps a million rows affordable.
func TestReadReusesItsMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), TrialsFile)
	w, err := OpenTrials(path)
	if err != nil {
		t.Fatal(err)
	}
	w.each = false
	for i := range 2000 {
		row := fullTrial(i + 1)
		if err := w.Append(&row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	allocs := testing.AllocsPerRun(1, func() {
		rows = 0
		for _, err := range ReadTrials(path) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
	})
	if rows != 2000 || allocs > 3000 {
		t.Errorf("%v allocations for %d rows, want no more than the one that time.Parse makes", allocs, rows)
	}
}

func BenchmarkReadTrials(b *testing.B) {
	path := filepath.Join(b.TempDir(), TrialsFile)
	w, err := OpenTrials(path)
	if err != nil {
		b.Fatal(err)
	}
	w.each = false
	const rows = 20000
	for i := range rows {
		row := fullTrial(i + 1)
		if err := w.Append(&row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range ReadTrials(path) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
