package record

import (
	"errors"
	"fmt"
	"os"
)

// Journal is the raw files of a run, open to append. It keeps the one order
// that resuming relies on: a trial's samples and iterations are on disk before
// its row is.
type Journal struct {
	Warnings []string // what opening an earlier run's files had to cut off

	path       string      // of trials.csv
	opened     os.FileInfo // what path named then
	trials     *TrialWriter
	samples    *SampleWriter
	iterations *IterationWriter // nil unless the plan iterates
}

// Journal opens trials.csv and samples.csv, and iterations.csv if asked for.
// Rows of an earlier run stay; samples and iterations of a trial that has no
// row are cut off, for that trial will run again.
func (f *Folder) Journal(iterations bool) (*Journal, error) {
	j := &Journal{}
	var err error
	if j.trials, err = OpenTrials(f.Trials()); err == nil {
		j.samples, err = OpenSamples(f.Samples())
	}
	if err == nil && iterations {
		j.iterations, err = OpenIterations(f.Iterations())
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

// Append writes a trial with its samples and iterations. After an error the
// files hold the trials before this one, whole.
func (j *Journal) Append(t *Trial, samples []Sample, iterations []Iteration) error {
	if err := appendAll(j.samples, samples); err != nil {
		return err
	}
	if j.iterations != nil {
		if err := appendAll(j.iterations, iterations); err != nil {
			return err
		}
	} else if len(iterations) > 0 {
		return fmt.Errorf("append trial %d: %d iterations, but the journal was opened without them", t.Trial, len(iterations))
	}
	return j.trials.Append(t)
}

func appendAll[T any](w *Writer[T], rows []T) error {
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
	if j.trials != nil {
		errs = append(errs, j.trials.Close())
	}
	if j.samples != nil {
		errs = append(errs, j.samples.Close())
	}
	if j.iterations != nil {
		errs = append(errs, j.iterations.Close())
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
	var done Set
	for t, err := range ReadTrials(f.Trials()) {
		if err == nil {
			done.Add(t.Trial)
		} else if f := (*Fault)(nil); !errors.As(err, &f) {
			return err
		}
	}
	if err := cutTail(j, j.samples, &done, func(s *Sample) int { return s.Trial }); err != nil {
		return err
	}
	if j.iterations == nil {
		return nil
	}
	return cutTail(j, j.iterations, &done, func(i *Iteration) int { return i.Trial })
}

// cutTail cuts the last rows of w's file whose trials are not done.
func cutTail[T any](j *Journal, w *Writer[T], done *Set, trial func(*T) int) error {
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
		if err == nil && done.Has(trial(&row)) {
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
