package record

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallDisk is a file on a disk with room for so many bytes.
type smallDisk struct {
	bytes.Buffer
	room   int
	frozen bool // cannot be truncated
	sick   bool // cannot be synced
}

func (d *smallDisk) Write(p []byte) (int, error) {
	if fits := d.room - d.Len(); fits < len(p) {
		d.Buffer.Write(p[:fits])
		return fits, syscall.ENOSPC
	}
	return d.Buffer.Write(p)
}

func (d *smallDisk) Truncate(size int64) error {
	if d.frozen {
		return syscall.EIO
	}
	d.Buffer.Truncate(int(size))
	return nil
}

func (d *smallDisk) Sync() error {
	if d.sick {
		return syscall.EIO
	}
	return nil
}

func (d *smallDisk) Close() error { return nil }

func TestAppendOnFullDiskKeepsWholeRows(t *testing.T) {
	disk := &smallDisk{room: 55}
	w := newWriter[Iteration]("results/iterations.csv", disk)
	w.each = true
	rows := []Iteration{{1, 1, 0.5}, {1, 2, 0.25}, {1, 3, 0.123456789012345}, {1, 4, 1}}
	var errs []error
	for i := range rows {
		if err := w.Append(&rows[i]); err != nil {
			errs = append(errs, err)
		}
		if i == 1 {
			disk.room = disk.Len() + 10
		}
	}
	want := "1,1,0.5\n1,2,0.25\n1,4,1\n" // the long row did not fit, the short one after it did
	if got := disk.String(); got != want {
		t.Errorf("file holds %q, want %q", got, want)
	}
	if len(errs) != 1 || !errors.Is(errs[0], syscall.ENOSPC) || !strings.Contains(errs[0].Error(), "the 2 rows written before are kept") {
		t.Errorf("errors %v, want one ENOSPC that counts 2 kept rows", errs)
	}
}

func TestBufferedRowsOfAFailedSyncAllGo(t *testing.T) {
	disk := &smallDisk{room: 1000}
	w := newWriter[Iteration]("i.csv", disk)
	for i := range 3 {
		if err := w.Append(&Iteration{1, i + 1, 1}); err != nil {
			t.Fatal(err)
		}
	}
	disk.sick = true
	if err := w.Sync(); !errors.Is(err, syscall.EIO) || disk.Len() != 0 {
		t.Errorf("error %v, %d bytes left; want EIO and none", err, disk.Len())
	}
}

func TestStuckWriterStaysStuck(t *testing.T) {
	disk := &smallDisk{room: 3, frozen: true}
	w := newWriter[Iteration]("i.csv", disk)
	w.each = true
	first := w.Append(&Iteration{1, 1, 1})
	disk.room = 1000
	second := w.Append(&Iteration{1, 2, 1})
	if first == nil || second != first || !strings.Contains(first.Error(), "could not be cut off") {
		t.Errorf("errors %v, then %v; want the same twice", first, second)
	}
}

func TestOpenCutsTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), IterationsFile)
	header := "trial,iteration,wall_s\n"
	for _, test := range []struct {
		before string
		cut    int64
		after  string
	}{
		{"", 0, header},
		{header, 0, header},
		{header + "1,1,0.5\n1,2,0.", 6, header + "1,1,0.5\n"},
		{"trial,iter", 10, header},
		{header + strings.Repeat("x", 200000), 200000, header},
	} {
		if err := os.WriteFile(path, []byte(test.before), 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := OpenIterations(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(&Iteration{9, 9, 9}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(path)
		if diff := cmp.Diff(test.after+"9,9,9\n", string(got)); diff != "" || w.Cut != test.cut {
			t.Errorf("cut %d, want %d; -want +got:\n%s", w.Cut, test.cut, diff)
		}
	}
}

func TestOpenRefusesAnotherHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), IterationsFile)
	if err := os.WriteFile(path, []byte("trial,wall_s\n1,2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenIterations(path); err == nil || !strings.Contains(err.Error(), "start a new run") {
		t.Errorf("error %v, want a remedy", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "trial,wall_s\n1,2\n" {
		t.Errorf("file changed to %q", got)
	}
}

func TestJournalResumes(t *testing.T) {
	folder := &Folder{Dir: t.TempDir()}
	j, err := folder.Journal(Contents{Iterations: true, Measures: true, Histograms: true})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		row := fullTrial(n)
		if err := j.Append(&row, Rows{[]Sample{{Trial: n, Role: "host"}}, []Iteration{{n, 1, 1}}, []Measured{{n, "moved_B", 7}}, []Bucket{{n, "latency_s", 1, 2, 3}}}); err != nil {
			t.Fatal(err)
		}
	}
	// The run dies between trial 3's samples and its row.
	if err := appendAll(j.samples, []Sample{{Trial: 3, Role: "host"}, {Trial: 3, Role: "worker"}}); err != nil {
		t.Fatal(err)
	}
	if err := appendAll(j.histograms, []Bucket{{3, "latency_s", 1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = folder.Journal(Contents{Iterations: true, Measures: true, Histograms: true}); err != nil {
		t.Fatal(err)
	}
	if len(j.Warnings) != 2 || !strings.Contains(j.Warnings[0], "cut off 2 rows of trials that were not finished") || !strings.Contains(j.Warnings[1], "cut off 1 rows") {
		t.Errorf("warnings %q, want one about 2 samples and one about a bucket", j.Warnings)
	}
	row := fullTrial(3)
	if err := j.Append(&row, Rows{Samples: []Sample{{Trial: 3, Role: "host"}}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var of []int
	for s, err := range ReadSamples(folder.Samples()) {
		if err != nil {
			t.Fatal(err)
		}
		of = append(of, s.Trial)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, of); diff != "" {
		t.Errorf("samples of trials -want +got:\n%s", diff)
	}
	for m, err := range ReadMeasures(folder.Measures()) {
		if err != nil || m.Trial > 2 || m.Measure != "moved_B" || m.Value != 7 {
			t.Errorf("measure %+v, %v", m, err)
		}
	}
	for b, err := range ReadHistograms(folder.Histograms()) {
		if err != nil || b.Trial > 2 || *b != (Bucket{b.Trial, "latency_s", 1, 2, 3}) {
			t.Errorf("bucket %+v, %v", b, err)
		}
	}
}
