package experiments

// Kinds of claims.
const (
	ClaimCompare    = "compare"    // one value of an axis is better than another, in a metric
	ClaimBound      = "bound"      // a metric lies above or below a number
	ClaimProportion = "proportion" // a share of trials, those that end ok or in which a probe succeeds, lies above or below a number
	ClaimScaling    = "scaling"    // a quantity of a fitted scaling law lies above or below a number
)

// Claim is a statement written down before the run.
type Claim struct {
	ID       string              `json:"id"`
	Says     string              `json:"says"`               // the sentence under test
	Kind     string              `json:"kind"`               // one of the kinds above
	Metric   string              `json:"metric"`             // a metric of the digest; "ok" or "can_..." for proportions
	Axis     string              `json:"axis,omitempty"`     // compare: the axis, "model" unless the file says otherwise
	Left     string              `json:"left,omitempty"`     // compare: the value that is claimed to be better
	Right    string              `json:"right,omitempty"`    // compare: the value it is held against
	Model    string              `json:"model,omitempty"`    // scaling: whose curve
	Law      string              `json:"law,omitempty"`      // scaling: "usl", "amdahl" or "linear"
	Quantity string              `json:"quantity,omitempty"` // scaling: "peak" (largest speedup), "n_star", "limit", "sigma", "kappa"
	AtLeast  *float64            `json:"at_least,omitempty"` // in the metric's unit; for compare: the ratio in favour of Left, or of a Level the difference
	AtMost   *float64            `json:"at_most,omitempty"`
	Where    map[string][]string `json:"where,omitempty"`  // which cells: axis or parameter to values; empty means all
	Margin   float64             `json:"margin,omitempty"` // fraction, as 0.05, or of a Level the difference; 0 means the metric's own

	Otherwise []string `json:"otherwise,omitempty"` // ids of claims of the file that bound this one: when it is otherwise
}

// Roles of cells that test the run instead of the question.
const (
	ControlAA       = "aa"       // the reference cell once more: no difference may be found
	ControlPositive = "positive" // the reference cell with 10 % more work: it must be found
	ControlCanary   = "canary"   // a short spin at each block's start: is the machine what it was?
)

// Controls says which controls a run has.
type Controls struct {
	AA       bool `json:"aa"`
	Positive bool `json:"positive"`
	Canary   bool `json:"canary"`
}

// Adaptive is the rule by which a run decides how many blocks it needs. It
// looks at precision only, never at p or at a verdict.
type Adaptive struct {
	Min       int     `json:"min"`                // blocks before the first look
	Max       int     `json:"max"`                // blocks at the most
	Step      int     `json:"step"`               // blocks between two looks
	Precision float64 `json:"precision"`          // half-width of the 95 % interval of every primary log ratio
	BudgetS   float64 `json:"budget_s,omitempty"` // seconds for the whole run; 0: no limit
}
