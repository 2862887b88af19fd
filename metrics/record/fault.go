package record

import "fmt"

// Kinds of a Fault. Odd, Strange and Torn cost no row that was ever whole; the
// others cost the row that they are about.
const (
	Odd       = "odd"       // a column that this version does not know: its values are left out
	Torn      = "torn"      // the last line has no newline: it was being written when the run ended
	Strange   = "strange"   // a status that this version does not know: the row is kept, and is not ok
	Shape     = "shape"     // wrong number of fields, a stray quote, a line without end
	Value     = "value"     // a field that does not parse, or a key without a value
	Duplicate = "duplicate" // a trial number for the second time: the first row counts
)

// Fault is what is wrong at one place of a file. Readers yield it as an error
// and go on after it; every other error ends them.
type Fault struct {
	Kind   string
	File   string
	Line   int    // 1-based; the header is line 1
	Column string // empty where the whole line is meant
	Err    error
}

// Error gives place and cause: trials.csv:7: column "wall_s": ...
func (f *Fault) Error() string {
	if f.Column == "" {
		return fmt.Sprintf("%s:%d: %v", f.File, f.Line, f.Err)
	}
	return fmt.Sprintf("%s:%d: column %q: %v", f.File, f.Line, f.Column, f.Err)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }
