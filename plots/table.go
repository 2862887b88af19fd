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
	columns := columns(rows.Type().Elem())
	out := csv.NewWriter(w)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.name
	}
	if err := out.Write(line); err != nil {
		return fmt.Errorf("write the header: %w", err)
	}
	for i := range rows.Len() {
		row := rows.Index(i)
		for k, c := range columns {
			line[k] = field(row.FieldByIndex(c.at))
		}
		if err := out.Write(line); err != nil {
			return fmt.Errorf("write row %d: %w", i+1, err)
		}
	}
	out.Flush()
	return out.Error()
}

// column is a field of a row, found once for all rows.
type column struct {
	name string
	at   []int
}

func columns(t reflect.Type) []column {
	var list []column
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			list = append(list, column{f.Tag.Get("csv"), f.Index})
		}
	}
	return list
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
