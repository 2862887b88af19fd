package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Journal is the raw files of a run, open to append. It keeps the one order
// that resuming relies on: a trial's samples and iterations are on disk before
// its row is.
type Journal struct {
	Warnings []string // what opening an earlier run's files had to cut off

	lock       *os.File    // held on trials.csv: one writer at a time
	path       string      // of trials.csv
	opened     os.FileInfo // what path named then
	trials     *TrialWriter
	samples    *SampleWriter
	iterations *IterationWriter  // nil unless the plan iterates
	measures   *Writer[Measured] // nil unless a workload measures something of its own
	histograms *Writer[Bucket]   // nil unless one of these is a distribution
}

// Contents says which of the files that not every run has a run will have.
type Contents struct{ Iterations, Measures, Histograms bool }

// Rows are what a trial leaves beside its own row.
type Rows struct {
	Samples    []Sample
	Iterations []Iteration
	Measures   []Measured
	Buckets    []Bucket
}

// Journal opens trials.csv and samples.csv, and the other files that are asked for.
// Rows of an earlier run stay, but for the last one where the user killed that trial: it
// will run again. So will a trial without a row: what it left in the other files is
// cut off.
func (f *Folder) Journal(with Contents) (*Journal, error) {
	j := &Journal{}
	var err error
	if j.lock, err = lock(f.Trials()); err == nil { // first: opening cuts torn lines off
		f.removeHalfWritten()
		j.trials, err = OpenTrials(f.Trials())
	}
	if err == nil {
		j.samples, err = OpenSamples(f.Samples())
	}
	if err == nil && with.Iterations {
		j.iterations, err = OpenIterations(f.Iterations())
	}
	if err == nil && with.Measures {
		j.measures, err = openMeasures(f.Measures())
	}
	if err == nil && with.Histograms {
		j.histograms, err = openHistograms(f.Histograms())
	}
	if err == nil {
		err = j.cutOrphans(f)
	}
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	j.path = f.Trials()
	if j.opened, err = os.Stat(j.path); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// removeHalfWritten removes what a runner that was killed while it wrote the manifest left
// beside it. Only who holds the lock writes one.
func (f *Folder) removeHalfWritten() {
	left, _ := filepath.Glob(filepath.Join(f.Dir, "."+ManifestFile+".*.tmp"))
	for _, path := range left {
		_ = os.Remove(path) // it does no harm
	}
}

// lock makes sure that no other program writes to the run. The lock ends with
// the file or with the program, whatever ends that.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock the run: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, fmt.Errorf("%s is being written by another forklore: wait until that ends, or stop it", path)
	}
	return f, nil // a file system without locks is no reason not to measure
}

// Idle tells whether certainly no program writes to the run now.
func (f *Folder) Idle() bool {
	file, err := os.Open(f.Trials())
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// Present returns an error when the journal's files are no longer where they
// were opened: removed, replaced or on a disk that was unmounted. What is
// appended then would be lost with the last descriptor.
func (j *Journal) Present() error {
	now, err := os.Stat(j.path)
	if err == nil && !os.SameFile(now, j.opened) {
		err = errors.New("another file has its name")
	}
	if err != nil {
		return fmt.Errorf("%s is gone in the middle of the run: %w; nothing more can be kept", j.path, err)
	}
	return nil
}

// Append writes a trial after all its other rows. After an error the files
// hold the trials before this one, whole.
func (j *Journal) Append(t *Trial, r Rows) error {
	err := appendAll(j.samples, r.Samples)
	if err == nil {
		err = appendAll(j.iterations, r.Iterations)
	}
	if err == nil {
		err = appendAll(j.measures, r.Measures)
	}
	if err == nil {
		err = appendAll(j.histograms, r.Buckets)
	}
	if err != nil {
		return fmt.Errorf("append trial %d: %w", t.Trial, err)
	}
	return j.trials.Append(t)
}

func appendAll[T any](w *Writer[T], rows []T) error {
	if w == nil {
		if len(rows) > 0 {
			return fmt.Errorf("%d rows of a file that the journal was opened without: %T", len(rows), rows[0])
		}
		return nil
	}
	for i := range rows {
		if err := w.Append(&rows[i]); err != nil {
			return err
		}
	}
	return w.Sync()
}

// Close closes the files.
func (j *Journal) Close() error {
	var errs []error
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	if j.trials != nil {
		errs = append(errs, j.trials.Close())
	}
	if j.samples != nil {
		errs = append(errs, j.samples.Close())
	}
	if j.iterations != nil {
		errs = append(errs, j.iterations.Close())
	}
	if j.measures != nil {
		errs = append(errs, j.measures.Close())
	}
	if j.histograms != nil {
		errs = append(errs, j.histograms.Close())
	}
	return errors.Join(errs...)
}

// cutOrphans removes what trials without a row left at the files' ends.
func (j *Journal) cutOrphans(f *Folder) error {
	for _, cut := range []struct {
		file  string
		bytes int64
	}{{TrialsFile, j.trials.Cut}, {SamplesFile, j.samples.Cut}} {
		if cut.bytes > 0 {
			j.Warnings = append(j.Warnings, fmt.Sprintf("%s: cut off a torn last line of %d bytes", cut.file, cut.bytes))
		}
	}
	if err := cutTail(j, j.trials, func(t *Trial, err error) bool { return err != nil || t.Status != Killed }); err != nil {
		return err
	}
	var done Set
	for t, err := range ReadTrials(f.Trials()) {
		if err == nil {
			done.Add(t.Trial)
		} else if f := (*Fault)(nil); !errors.As(err, &f) {
			return err
		}
	}
	return errors.Join(
		cutTail(j, j.samples, func(s *Sample, err error) bool { return err == nil && done.Has(s.Trial) }),
		cutTail(j, j.iterations, func(i *Iteration, err error) bool { return err == nil && done.Has(i.Trial) }),
		cutTail(j, j.measures, func(m *Measured, err error) bool { return err == nil && done.Has(m.Trial) }),
		cutTail(j, j.histograms, func(b *Bucket, err error) bool { return err == nil && done.Has(b.Trial) }))
}

// cutTail cuts the last rows of w's file that are not to be kept. keep is told of each
// row, or of what is wrong with it.
func cutTail[T any](j *Journal, w *Writer[T], keep func(*T, error) bool) error {
	if w == nil {
		return nil
	}
	f, err := os.Open(w.path)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	defer f.Close()
	var row T
	d := decoder{file: w.path, lines: newLines(f), texts: pool{}}
	if err := d.header(bind(&row)); err != nil {
		return err
	}
	tail, rows := w.size, 0
	for {
		err := d.row()
		if fault := (*Fault)(nil); err != nil && !errors.As(err, &fault) {
			break // the end, or a disk that the next write will complain of
		}
		if keep(&row, err) {
			tail, rows = w.size, 0
			continue
		}
		if rows++; rows == 1 {
			tail = d.lines.start
		}
	}
	if tail == w.size {
		return nil
	}
	if err := w.file.Truncate(tail); err != nil {
		return fmt.Errorf("cut the rows of unfinished trials off %s: %w", w.path, err)
	}
	w.size, w.kept = tail, tail
	j.Warnings = append(j.Warnings, fmt.Sprintf("%s: cut off %d rows of trials that were not finished", w.path, rows))
	return nil
}
