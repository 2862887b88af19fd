package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// file is what a Writer needs of an *os.File that was opened to append.
type file interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Writer appends rows to one CSV file. Only whole rows that Sync has put on
// disk count as kept: where a write fails, the file is cut back to them.
type Writer[T any] struct {
	Cut int64 // bytes of a torn last line that opening cut off

	path  string
	file  file
	row   T // slots are bound to it
	slots []slot
	buf   []byte // rows not yet written, always whole
	size  int64  // bytes written
	kept  int64  // bytes on disk
	rows  int    // appended since the last Sync
	total int    // kept since the file was opened
	each  bool   // sync after every row
	stuck error  // the file could not be cut back: it is of no more use
}

// TrialWriter appends to trials.csv: each Append is one row on disk.
type TrialWriter = Writer[Trial]

// SampleWriter appends to samples.csv; Sync puts a trial's rows on disk.
type SampleWriter = Writer[Sample]

// IterationWriter appends to iterations.csv; Sync puts a trial's rows on disk.
type IterationWriter = Writer[Iteration]

// OpenTrials opens the trials.csv at path to append, and creates it with its
// header where there is none. Every Append is on disk when it returns.
func OpenTrials(path string) (*TrialWriter, error) {
	w, err := open[Trial](path)
	if err == nil {
		w.each = true
	}
	return w, err
}

// OpenSamples opens the samples.csv at path as [OpenTrials] does, but buffered.
func OpenSamples(path string) (*SampleWriter, error) { return open[Sample](path) }

// OpenIterations opens the iterations.csv at path as [OpenTrials] does, but
// buffered.
func OpenIterations(path string) (*IterationWriter, error) { return open[Iteration](path) }

// openMeasures and openHistograms open their files in the same way.
func openMeasures(path string) (*Writer[Measured], error) { return open[Measured](path) }
func openHistograms(path string) (*Writer[Bucket], error) { return open[Bucket](path) }

// open creates the file with its header, or checks the header of the one that
// is there and cuts off a last line without a newline.
func open[T any](path string) (*Writer[T], error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open rows: %w", err)
	}
	w := newWriter[T](path, f)
	if err := w.resume(f); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

func newWriter[T any](path string, f file) *Writer[T] {
	w := &Writer[T]{path: path, file: f}
	w.slots = bind(&w.row)
	return w
}

// resume prepares a file that may hold rows already.
func (w *Writer[T]) resume(f *os.File) error {
	whole, size, err := wholeLines(f)
	if err != nil {
		return fmt.Errorf("open rows of %s: %w", w.path, err)
	}
	if whole < size {
		if err := f.Truncate(whole); err != nil {
			return fmt.Errorf("cut the torn last line off %s: %w", w.path, err)
		}
		w.Cut = size - whole
	}
	w.size, w.kept = whole, whole
	if whole == 0 {
		w.buf = w.appendHeader(w.buf)
		return w.Sync()
	}
	line, err := newLines(io.NewSectionReader(f, 0, whole)).next()
	if err != nil {
		return fmt.Errorf("%s:1: header: %w", w.path, err)
	}
	if want := strings.TrimSuffix(string(w.appendHeader(nil)), "\n"); string(line) != want {
		return fmt.Errorf("%s:1: the header is not the one that this version writes, so its rows cannot go on here: "+
			"start a new run, or go on with the version that began this one\n  it is   %s\n  want is %s", w.path, line, want)
	}
	return nil
}

// wholeLines returns the offset behind the last newline of f, and f's size.
func wholeLines(f *os.File) (whole, size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	size = info.Size()
	buf := make([]byte, 64<<10)
	for end := size; end > 0; {
		from := max(0, end-int64(len(buf)))
		part := buf[:end-from]
		if _, err := f.ReadAt(part, from); err != nil {
			return 0, 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, size, nil
		}
		end = from
	}
	return 0, size, nil
}

func (w *Writer[T]) appendHeader(dst []byte) []byte {
	for i := range w.slots {
		dst = append(append(dst, w.slots[i].Name...), ',')
	}
	dst[len(dst)-1] = '\n'
	return dst
}

const bufMax = 1 << 20 // bytes of rows held back before a write

// Append adds a row. In a TrialWriter the row is on disk when Append returns;
// elsewhere it may wait for Sync. After an error none of the rows since the
// last Sync is in the file, and a later Append may try again.
func (w *Writer[T]) Append(row *T) error {
	if w.stuck != nil {
		return w.stuck
	}
	w.row = *row
	for i := range w.slots {
		w.buf = append(w.slots[i].append(w.buf), ',')
	}
	w.buf[len(w.buf)-1] = '\n'
	w.rows++
	if w.each {
		return w.Sync()
	}
	if len(w.buf) >= bufMax {
		return w.flush()
	}
	return nil
}

// Sync puts every row appended so far on disk.
func (w *Writer[T]) Sync() error {
	if w.stuck != nil {
		return w.stuck
	}
	if err := w.flush(); err != nil {
		return err
	}
	if w.size == w.kept {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return w.undo(err)
	}
	w.kept = w.size
	w.total += w.rows
	w.rows = 0
	return nil
}

func (w *Writer[T]) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	n, err := w.file.Write(w.buf)
	w.size += int64(n)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	w.buf = w.buf[:0]
	if err != nil {
		return w.undo(err)
	}
	return nil
}

// undo cuts the file back to the rows on disk and says what was lost.
func (w *Writer[T]) undo(cause error) error {
	lost := w.rows
	w.buf, w.rows = w.buf[:0], 0
	kept := fmt.Sprintf("the %d rows written before are kept", w.total)
	if err := w.file.Truncate(w.kept); err != nil {
		w.stuck = fmt.Errorf("append %d rows to %s: %w; %s, but what follows byte %d could not be cut off: %w",
			lost, w.path, cause, kept, w.kept, err)
		return w.stuck
	}
	w.size = w.kept
	return fmt.Errorf("append %d rows to %s: %w; %s and the file ends with a whole row: "+
		"%s", lost, w.path, cause, kept, remedy(cause, filepath.Dir(w.path)))
}

// remedy says what helps against an error of writing below dir.
func remedy(cause error, dir string) string {
	switch {
	case errors.Is(cause, syscall.EFBIG):
		return "raise the limit of file sizes (ulimit -f), then go on"
	case errors.Is(cause, syscall.EIO), errors.Is(cause, syscall.EROFS):
		return "see to the disk of " + dir + ", then go on"
	}
	return "make room on " + dir + ", then go on"
}

// Close syncs and closes the file.
func (w *Writer[T]) Close() error {
	err := w.Sync()
	if cerr := w.file.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("close %s: %w", w.path, cerr))
	}
	return err
}
