package plots

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
)

// Table is everything that a chart shows, in numbers and words.
type Table struct {
	Title    string // the finding
	Subtitle string // the machine, n and the estimator
	Reading  string // what to see, in one sentence: caption and alternative text

	// Rows is a slice of structs whose csv tags name the columns: the CSV
	// twin. An embedded struct adds its own columns in place.
	Rows any
}

// rowsOf returns the typed rows of a table that the same chart built.
func rowsOf[R any](t Table) []R { return t.Rows.([]R) }

// WriteCSV writes the CSV twin: one header line, then one line a row. Absent
// numbers are empty fields; numbers have the shortest form that reads back
// exactly.
func (t Table) WriteCSV(w io.Writer) error {
	rows := reflect.ValueOf(t.Rows)
	out := csv.NewWriter(w)
	if err := out.Write(columns(rows.Type().Elem())); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	var line []string
	for i := range rows.Len() {
		line = fields(line[:0], rows.Index(i))
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write row %d: %w", i+1, err)
		}
	}
	out.Flush()
	return out.Error()
}

func columns(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, columns(f.Type)...)
		} else {
			names = append(names, f.Tag.Get("csv"))
		}
	}
	return names
}

// fields appends the fields of a row to out.
func fields(out []string, v reflect.Value) []string {
	t := v.Type()
	for i := range v.NumField() {
		f := v.Field(i)
		if t.Field(i).Anonymous {
			out = fields(out, f)
			continue
		}
		out = append(out, field(f))
	}
	return out
}

func field(f reflect.Value) string {
	switch f.Kind() {
	case reflect.Float64:
		if v := f.Float(); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return ""
	case reflect.Int:
		return strconv.FormatInt(f.Int(), 10)
	default:
		return f.String()
	}
}
