package digest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// BenchmarkLoadMillion digests a run of 1 000 000 trials and
// 10 000 000 samples; FORKLORE_ROWS sets another number of trials, and
// FORKLORE_CELLS another number of cells than 1000, each a pair of models. It reports the process's
// peak memory, under the soft limit that the report command sets.
func BenchmarkLoadMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("writes a gigabyte")
	}
	rows, cells := number(b, "FORKLORE_ROWS", 1_000_000), number(b, "FORKLORE_CELLS", 1000)
	dir := writeMany(b, rows, cells)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(MemoryLimit))
	debug.FreeOSMemory()
	resetPeak()
	for b.Loop() {
		d, err := Load(dir)
		if err != nil {
			b.Fatal(err)
		}
		if d.Rows != rows || len(d.Cells) != cells || len(d.Lines) == 0 {
			b.Fatalf("%d rows, %d cells, %d lines", d.Rows, len(d.Cells), len(d.Lines))
		}
		if err := d.WriteDerived(dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	if peak, ok := peakB(); ok {
		b.ReportMetric(peak/1e6, "peak-MB")
	}
}

func number(b *testing.B, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// writeMany writes a folder of that many trials with ten samples each. Every
// metric has a value, which is the worst case for memory.
func writeMany(b *testing.B, rows, cells int) string {
	f := fake{trials: rows / cells}
	for i := range cells {
		c := cell([]string{experiments.Goroutines, experiments.Processes}[i%2], 2)
		c.ID = fmt.Sprintf("%012x", i)
		c.Params = map[string]string{"n": strconv.Itoa(i / 2)}
		f.cells = append(f.cells, c)
	}
	dir := fake{cells: f.cells, trials: f.trials, bare: true}.write(b)
	trials, samples := appendTo(b, dir, record.TrialsFile), appendTo(b, dir, record.SamplesFile)
	columns := record.Columns(record.TrialsFile)
	for i := range rows {
		c := f.cells[i%cells]
		wall := 0.5 + float64(i%997)/1e4
		cells := map[string]string{"trial": strconv.Itoa(i + 1), "block": strconv.Itoa(1 + i/len(f.cells)), "position": "1", "warmup": "false",
			"cell": c.ID, "workload": "sieve", "label": "sieve", "params": paramText(c.Params), "model": c.Model, "model_label": c.Model,
			"cores": "2", "workers": "2", "processes": "1", "schedule": "static", "scaling": "strong", "iterations": "1", "duration_s": "",
			"status": "ok", "detail": "", "started": "2026-11-22T10:15:00.123456789Z", "checksum": fmt.Sprintf("%016x", i%len(f.cells)/2),
			"cpu_source": "rusage", "mem_source": "pss..vmhwm", "cpus": "0-1", "gomaxprocs": "2", "version": "v0", "log": ""}
		for k, column := range columns {
			text, known := cells[column.Name]
			if !known {
				text = "1000"
				if column.Unit == "s" {
					text = strconv.FormatFloat(wall*float64(1+k%3), 'f', 6, 64)
				}
			}
			if k > 0 {
				trials.WriteByte(',')
			}
			trials.WriteString(text)
		}
		trials.WriteByte('\n')
		for k := range 10 {
			fmt.Fprintf(samples, "%d,%g,%d,%s,%g,%d,,4\n", i+1, 0.1*float64(k/2), 100+k%2, []string{"host", "worker"}[k%2], 0.05*float64(k), 4096*(1000+k))
		}
	}
	for _, w := range []*bufio.Writer{trials, samples} {
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

func appendTo(b *testing.B, dir, file string) *bufio.Writer {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return bufio.NewWriterSize(f, 1<<20)
}

// resetPeak forgets what writing the folder took, where the kernel lets it.
func resetPeak() { os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peakB returns VmHWM, where there is one.
func peakB() (float64, bool) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(data), "VmHWM:")
	if !ok {
		return 0, false
	}
	var kB float64
	_, err = fmt.Sscan(rest, &kB)
	return kB * 1024, err == nil
}
