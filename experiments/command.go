package experiments

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Command is a program of any language that a cell runs instead of a kernel.
// Words between double braces are filled in when a trial starts: see [Cell.Words].
type Command struct {
	Argv     []string          `json:"argv"`
	Env      map[string]string `json:"env,omitempty"`     // beside the little that every trial gets
	Files    []string          `json:"files,omitempty"`   // of the experiment's folder; the trial's own folder holds these alone
	Needs    []string          `json:"needs,omitempty"`   // programs that must be there beside its own
	Build    []string          `json:"build,omitempty"`   // argv that is run once, before the first trial
	Version  []string          `json:"version,omitempty"` // argv that prints the program's version
	Protocol int               `json:"protocol,omitempty"`
	Install  string            `json:"install,omitempty"` // how to get the program
	Verify   Verify            `json:"verify,omitzero"`
	Metrics  []CommandMetric   `json:"metrics,omitempty"`
}

// Verify is what a trial of a command must fulfil to be ok.
type Verify struct {
	Exit     int    `json:"exit,omitempty"`     // code that the program ends with
	Output   string `json:"output,omitempty"`   // regular expression that its stdout must match
	Checksum string `json:"checksum,omitempty"` // ChecksumStdout, ChecksumSum, or the SHA-256 of stdout in hex
}

// What the trials of a command must have in common.
const (
	ChecksumStdout = "stdout" // every byte of stdout
	ChecksumSum    = "sum"    // the sum that the program tells by the protocol
)

// CommandMetric is a number that is found in what a command prints.
type CommandMetric struct {
	Name  string `json:"name"`
	Match string `json:"match,omitempty"` // regular expression with one group, the number; empty: it is in the line of the result
	Title string `json:"title"`
	Unit  string `json:"unit,omitempty"`
	Less  bool   `json:"less,omitempty"` // less is better
}

// Multiline compiles a regular expression of an experiment file: ^ and $ stand at the
// ends of every line.
func Multiline(expression string) (*regexp.Regexp, error) {
	return regexp.Compile("(?m)" + expression)
}

// Names between double braces, and what stands for them.
const (
	holdWorkers = "workers"
	holdCores   = "cores"
	holdItems   = "items"
	holdModel   = "model"
	holdProcs   = "processes"
	holdSeconds = "seconds"
	holdDir     = "dir"
	holdHere    = "here"
)

var placeholders = []string{holdWorkers, holdCores, holdItems, holdModel, holdProcs, holdSeconds, holdDir, holdHere}

// braced is anything with braces around it, as many as there are.
var braced = regexp.MustCompile(`\{+[^{}]*\}+`)

var placeholder = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// heldIn returns the names between double braces, each once, in order.
func heldIn(words ...string) []string {
	var names []string
	for _, w := range words {
		for _, m := range placeholder.FindAllStringSubmatch(w, -1) {
			if name := strings.TrimSpace(m[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Uses reports whether the program is told what stands between double braces.
func (c *Command) Uses(name string) bool {
	return slices.Contains(heldIn(append(slices.Collect(maps.Values(c.Env)), c.Argv...)...), name)
}

// Counts reports whether the program is told how many items to do.
func (c *Command) Counts() bool { return c.Uses(holdItems) }

// Words fills in the words of the cell's command and the lines NAME=VALUE of its
// environment: items of one iteration, the scratch folder dir, and the folder here that the program runs in.
func (c *Cell) Words(items int64, dir, here string) (argv, env []string) {
	values := map[string]string{
		holdWorkers: strconv.Itoa(c.Workers), holdCores: strconv.Itoa(c.Cores), holdItems: strconv.FormatInt(items, 10),
		holdModel: c.Model, holdProcs: strconv.Itoa(c.Processes), holdDir: dir, holdHere: here,
		holdSeconds: strconv.FormatFloat(c.DurationS, 'f', -1, 64),
	}
	maps.Copy(values, c.Params)
	fill := func(word string) string {
		return placeholder.ReplaceAllStringFunc(word, func(held string) string {
			return values[strings.TrimSpace(held[2:len(held)-2])]
		})
	}
	for _, w := range c.Command.Argv {
		argv = append(argv, fill(w))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Command.Env)) {
		env = append(env, name+"="+fill(c.Command.Env[name]))
	}
	return argv, env
}

// misfit says why a command cannot run in the layout of its cell, or "".
func (c *Cell) misfit() string {
	cmd := c.Command
	switch {
	case cmd == nil:
		return ""
	case len(cmd.Argv) == 0:
		return "it has no command for the model " + c.Model
	case c.Iterations > 1 && cmd.Protocol == 0:
		return "a plain program runs once in a trial, and several iterations need protocol: 1"
	case c.DurationS > 0 && !cmd.Uses(holdSeconds):
		return fmt.Sprintf("the words for %s lack {{seconds}}: under a duration a program must be told the time", c.Model)
	case c.DurationS > 0 && cmd.Counts():
		return fmt.Sprintf("the words for %s have {{items}}, and under a duration their number is not known", c.Model)
	case c.DurationS == 0 && cmd.Uses(holdSeconds):
		return fmt.Sprintf("the words for %s have {{seconds}}, which need a duration", c.Model)
	case c.AutoS > 0 && !cmd.Counts():
		return fmt.Sprintf("the words for %s lack {{items}}, which items: auto needs", c.Model)
	case c.Scaling == Weak && c.DurationS == 0 && !cmd.Counts():
		return fmt.Sprintf("weak scaling multiplies the items, and the words for %s lack {{items}}", c.Model)
	}
	return ""
}
