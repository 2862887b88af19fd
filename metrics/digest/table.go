package digest

import (
	"fmt"
	"io"
	"slices"

	"forklore/metrics/record"
)

// Table is a derived CSV file: the numbers of a chart or of a report's table.
type Table struct {
	Name    string // of the file, without .csv
	Columns []string
	Rows    [][]string // cells in the order of Columns; numbers by [Number]
}

// WriteCSV writes the table to path, atomically. The same table gives the same
// bytes; cells are written as in trials.csv.
func (t Table) WriteCSV(path string) error {
	return writeRows(path, t.Columns, func(yield func([]string) bool) {
		for _, row := range t.Rows {
			if !yield(row) {
				return
			}
		}
	})
}

// writeRows is WriteCSV for rows that are made while they are written.
func writeRows(path string, columns []string, rows func(func([]string) bool)) error {
	return record.WriteWith(path, func(w io.Writer) error {
		line := appendRow(nil, columns)
		_, err := w.Write(line)
		rows(func(row []string) bool {
			if err == nil && len(row) != len(columns) {
				err = fmt.Errorf("a row has %d cells for %d columns: %q", len(row), len(columns), row)
			}
			if err == nil {
				line = appendRow(line[:0], row)
				_, err = w.Write(line)
			}
			return err == nil
		})
		return err
	})
}

func appendRow(dst []byte, row []string) []byte {
	for i, cell := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = record.AppendText(dst, cell)
	}
	return append(dst, '\n')
}

// Column returns the index of the column with that name, and whether there is
// one.
func (t Table) Column(name string) (int, bool) {
	i := slices.Index(t.Columns, name)
	return i, i >= 0
}

// Number writes v for a cell: the shortest text that reads back as v, and
// nothing for NaN.
func Number(v float64) string { return string(record.AppendNumber(nil, v)) }
