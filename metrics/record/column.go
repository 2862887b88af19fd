package record

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Column describes one column of a CSV file.
type Column struct {
	Name string
	Type string // "number", "whole number", "text", "true or false" or "time"
	Unit string // "s", "B", or "" where there is none
	Doc  string // one line
	Key  bool   // a file without the column, or a row without a value, is refused
}

// Columns lists the columns of trials.csv, samples.csv, iterations.csv,
// measures.csv or histograms.csv in the order in which they are written, or nil
// for any other name.
func Columns(file string) []Column {
	switch file {
	case TrialsFile:
		return columns(new(Trial))
	case SamplesFile:
		return columns(new(Sample))
	case IterationsFile:
		return columns(new(Iteration))
	case MeasuresFile:
		return columns(new(Measured))
	case HistogramsFile:
		return columns(new(Bucket))
	}
	return nil
}

func columns(row any) []Column {
	slots := bind(row)
	list := make([]Column, len(slots))
	for i := range slots {
		list[i] = slots[i].Column
	}
	return list
}

// slot is a column bound to one field of one struct: reflection ends where the
// first row begins. One pointer is set.
type slot struct {
	Column
	omitZero bool // 0 means absent

	whole *int
	float *float64
	text  *string
	truth *bool
	time  *time.Time
}

// bind returns the columns of the struct that row points to.
func bind(row any) []slot {
	v := reflect.ValueOf(row).Elem()
	slots := make([]slot, v.NumField())
	for i := range slots {
		tag := v.Type().Field(i).Tag
		name, option, _ := strings.Cut(tag.Get("csv"), ",")
		s := &slots[i]
		s.Column = Column{Name: name, Unit: tag.Get("unit"), Doc: tag.Get("doc"), Key: option == "key"}
		s.omitZero = option == "omitzero"
		switch p := v.Field(i).Addr().Interface().(type) {
		case *int:
			s.whole, s.Type = p, "whole number"
		case *float64:
			s.float, s.Type = p, "number"
		case *string:
			s.text, s.Type = p, "text"
		case *bool:
			s.truth, s.Type = p, "true or false"
		case *time.Time:
			s.time, s.Type = p, "time"
		default:
			panic(fmt.Sprintf("record: no codec for column %q of type %T", name, p))
		}
	}
	return slots
}

// append adds the field's cell to dst.
func (s *slot) append(dst []byte) []byte {
	switch {
	case s.float != nil:
		return AppendNumber(dst, *s.float)
	case s.text != nil:
		return AppendText(dst, *s.text)
	case s.whole != nil:
		if s.omitZero && *s.whole == 0 {
			return dst
		}
		return strconv.AppendInt(dst, int64(*s.whole), 10)
	case s.truth != nil:
		return strconv.AppendBool(dst, *s.truth)
	}
	if s.time.IsZero() {
		return dst
	}
	return s.time.UTC().AppendFormat(dst, time.RFC3339Nano)
}

// errEmpty is the fault of a key column without a value.
var errEmpty = errors.New("empty, but a row needs it")

// set parses cell into the field; texts holds the strings that were met.
func (s *slot) set(cell []byte, texts pool) (err error) {
	if len(cell) == 0 {
		if s.Key {
			return errEmpty
		}
		s.clear()
		return nil
	}
	switch {
	case s.float != nil:
		*s.float, err = parseNumber(cell)
	case s.text != nil:
		if string(cell) != *s.text {
			*s.text = texts.text(cell)
		}
	case s.whole != nil:
		if *s.whole, err = strconv.Atoi(string(cell)); err != nil {
			err = fmt.Errorf("%q is not a whole number", cell)
		}
	case s.truth != nil:
		*s.truth, err = parseTruth(cell)
	case s.time != nil:
		if *s.time, err = time.Parse(time.RFC3339Nano, string(cell)); err != nil {
			return fmt.Errorf("%q is not a time like 2026-11-22T10:15:00.5Z", cell)
		}
		*s.time = s.time.UTC()
	}
	return err
}

// clear makes the field absent.
func (s *slot) clear() {
	switch {
	case s.float != nil:
		*s.float = math.NaN()
	case s.text != nil:
		*s.text = ""
	case s.whole != nil:
		*s.whole = 0
	case s.truth != nil:
		*s.truth = false
	case s.time != nil:
		*s.time = time.Time{}
	}
}
