package work

import "time"

// Param is one parameter of a workload. Check and Allowed serve the reader of
// experiment files; kernels read values through [Params].
type Param struct {
	Name    string
	Type    string // "int", "bytes", "duration", "float", "choice", "bool"
	Default string // canonical spelling
	Min     float64
	Max     float64 // range for int, bytes (bytes), duration (seconds) and float
	Choices []string
	Doc     string // one line
}

// Params are the checked values of a workload's parameters, by name, in
// canonical spelling: whole numbers in decimal, bytes as a whole number of
// bytes, durations as time.Duration prints them.
type Params map[string]string

var _ = time.Second
