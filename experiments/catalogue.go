package experiments

// Catalogue is what the reader of a file must know of the rest of the
// program: it lets this package check names and parameters without importing
// the workloads or the charts.
type Catalogue struct {
	Workloads  []WorkloadSpec
	Companions []CompanionSpec
	Charts     []string
	Metrics    []string // what claims may be about; empty: their names are not checked
	CPUs       int      // usable CPUs of this host: what "max" means
}

// WorkloadSpec describes one workload to the reader of a file.
type WorkloadSpec struct {
	Name    string
	Summary string
	Params  []ParamSpec
	Hidden  bool // may be named, but is never offered

	Measures []string          // metrics that the workload takes of itself
	Lacks    []string          // metrics of every trial that stay empty, since the workload does not count what they are about
	Refuse   func(Cell) string // why it cannot run in the layout of a cell, without a full stop; empty if it can; nil refuses none
}

// CompanionSpec describes something that may go beside a workload: an event loop whose
// lateness is measured, a worker that fails. Its name is a key of an entry of workloads.
type CompanionSpec struct {
	Name     string
	Summary  string
	Params   []CompanionParam
	Short    string   // name of the parameter that a plain value or list stands for; empty: true stands for all defaults
	Measures []string // metrics that it adds
}

// CompanionParam is a parameter of a companion. Key is its name in the file, below that of the
// companion; Name is its name as an axis.
type CompanionParam struct {
	Key string
	ParamSpec
}

// ParamSpec describes one parameter of a workload.
type ParamSpec struct {
	Name    string
	Default string // canonical spelling
	Allowed string // in words: "a whole number from 1 to 4096", "bytes, 1 KiB to 1 GiB", "one of a, b"
	Check   func(text string) (canonical string, err error)
}
