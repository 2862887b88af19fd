package record

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReadTrials yields the rows of a trials.csv in the file's order. Every row is
// the same struct, overwritten by the next: copy what you keep (its strings
// may be kept). With a nil row comes an error: a [*Fault] costs at most the
// row that it is about (a Strange one comes before its row) and reading goes on, any other error (no such file, a
// key column missing, a disk that fails) is the last thing yielded. Whoever
// stops at no Fault has every good row.
func ReadTrials(path string) iter.Seq2[*Trial, error] {
	return func(yield func(*Trial, error) bool) {
		row, seen := NewTrial(), Set{}
		read(path, &row, yield, func(t *Trial) error {
			if t.Trial < 1 {
				return &Fault{Kind: Value, Column: "trial", Err: fmt.Errorf("%d is not a trial number: they begin at 1", t.Trial)}
			}
			if !seen.Add(t.Trial) {
				return &Fault{Kind: Duplicate, Column: "trial", Err: fmt.Errorf("trial %d has a row already; this one is left out", t.Trial)}
			}
			if !slices.Contains(statuses, t.Status) {
				return &Fault{Kind: Strange, Column: "status", Err: fmt.Errorf("%q is not a status, so the trial does not count as ok; known are %s",
					t.Status, strings.Join(statuses, ", "))}
			}
			return nil
		})
	}
}

// ReadSamples yields the rows of a samples.csv as [ReadTrials] does.
func ReadSamples(path string) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		row := NewSample()
		read(path, &row, yield, nil)
	}
}

// ReadIterations yields the rows of an iterations.csv as [ReadTrials] does.
func ReadIterations(path string) iter.Seq2[*Iteration, error] {
	return func(yield func(*Iteration, error) bool) {
		row := Iteration{}
		read(path, &row, yield, nil)
	}
}

// ReadMeasures yields the rows of a measures.csv as [ReadTrials] does.
func ReadMeasures(path string) iter.Seq2[*Measured, error] {
	return func(yield func(*Measured, error) bool) {
		row := Measured{}
		read(path, &row, yield, nil)
	}
}

// maxDurations is more than a trial of days can take; sums of so many still fit an int.
const maxDurations = 1 << 40

// ReadHistograms yields the rows of a histograms.csv as [ReadTrials] does.
func ReadHistograms(path string) iter.Seq2[*Bucket, error] {
	return func(yield func(*Bucket, error) bool) {
		row := Bucket{}
		read(path, &row, yield, func(b *Bucket) error {
			if b.Count < 1 || b.Count > maxDurations || !(b.LoS >= 0) || !(b.HiS >= b.LoS) || math.IsInf(b.HiS, 0) {
				return &Fault{Kind: Value, Column: "count", Err: fmt.Errorf("%d durations from %v to %v s are no span", b.Count, b.LoS, b.HiS)}
			}
			return nil
		})
	}
}

// read is a reader of any row type; check, if given, refuses rows or finds them
// strange.
func read[T any](path string, row *T, yield func(*T, error) bool, check func(*T) error) {
	f, err := os.Open(path)
	if err != nil {
		yield(nil, fmt.Errorf("read rows: %w", err))
		return
	}
	defer f.Close()
	readFrom(f, filepath.Base(path), row, yield, check)
}

// readFrom is read without the file system; file names the source in errors.
func readFrom[T any](r io.Reader, file string, row *T, yield func(*T, error) bool, check func(*T) error) {
	d := decoder{file: file, lines: newLines(r), texts: pool{}}
	if err := d.header(bind(row)); err != nil {
		yield(nil, err)
		return
	}
	for _, name := range d.odd {
		if !yield(nil, d.fault(Odd, name, errors.New("not a column of this version; its values are left out"))) {
			return
		}
	}
	for {
		err := d.row()
		if err == nil && check != nil {
			err = d.place(check(row))
		}
		var fault *Fault
		switch {
		case err == io.EOF:
			return
		case err == nil:
			if !yield(row, nil) {
				return
			}
		case !yield(nil, err) || !errors.As(err, &fault), fault.Kind == Strange && !yield(row, nil):
			return
		}
	}
}

// decoder fills one struct, to which its slots are bound, row by row.
type decoder struct {
	file  string
	lines *lines
	texts pool
	slots []*slot // by field of the file; nil for a column that is not known
	odd   []string
}

// header reads the first line and lines up the slots with its columns.
func (d *decoder) header(slots []slot) error {
	line, err := d.lines.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:1: no header: the file is empty", d.file)
	}
	if err != nil {
		return fmt.Errorf("%s:1: no header: %w", d.file, err)
	}
	names, err := d.lines.split(line)
	if err != nil {
		return fmt.Errorf("%s:1: header: %w", d.file, err)
	}
	d.slots = make([]*slot, len(names))
	var met []string
	for i, cell := range names {
		name := string(cell)
		if slices.Contains(met, name) {
			return fmt.Errorf("%s:1: column %q stands in the header twice", d.file, name)
		}
		met = append(met, name)
		if k := slices.IndexFunc(slots, func(s slot) bool { return s.Name == name }); k >= 0 {
			d.slots[i] = &slots[k]
		} else {
			d.odd = append(d.odd, name)
		}
	}
	return d.keys(slots, met)
}

// keys makes sure that the columns that identify a row are there.
func (d *decoder) keys(slots []slot, met []string) error {
	var missing []string
	for i := range slots {
		if slots[i].Key && !slices.Contains(met, slots[i].Name) {
			missing = append(missing, slots[i].Name)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("%s:1: the header lacks %s, without which a row means nothing; it has %s",
		d.file, strings.Join(missing, ", "), strings.Join(met, ", "))
}

// row decodes the next line into the struct.
func (d *decoder) row() error {
	line, err := d.lines.next()
	switch {
	case err == errTorn:
		return d.fault(Torn, "", err)
	case err == errLong:
		return d.fault(Shape, "", err)
	case err == io.EOF:
		return err
	case err != nil:
		return fmt.Errorf("read %s: %w", d.file, err)
	}
	cells, err := d.lines.split(line)
	if err != nil {
		return d.fault(Shape, "", err)
	}
	if len(cells) != len(d.slots) {
		return d.fault(Shape, "", fmt.Errorf("%d fields, but the header has %d", len(cells), len(d.slots)))
	}
	for i, s := range d.slots {
		if s == nil {
			continue
		}
		if err := s.set(cells[i], d.texts); err != nil {
			return d.fault(Value, s.Name, err)
		}
	}
	return nil
}

func (d *decoder) fault(kind, column string, err error) error {
	return &Fault{Kind: kind, File: d.file, Line: d.lines.number, Column: column, Err: err}
}

// place adds the position to a Fault that a check found.
func (d *decoder) place(err error) error {
	if f, ok := err.(*Fault); ok {
		f.File, f.Line = d.file, d.lines.number
	}
	return err
}
