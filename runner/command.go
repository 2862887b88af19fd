package runner

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"forklore/experiments"
	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/work"
)

// commandJob turns a cell with a command into what the trial host is asked to do.
func (a *attempt) commandJob(dir string) (host.Job, error) {
	c := a.cell.Command
	dir, err := filepath.Abs(dir) // the program runs elsewhere
	if err != nil {
		return host.Job{}, err
	}
	here := cmp.Or(a.manifest.Folder, dir)
	if len(c.Files) > 0 {
		here = dir
		if err := a.lendFiles(dir); err != nil {
			return host.Job{}, err
		}
	}
	argv, env := a.cell.Words(a.items, dir, here)
	return host.Job{
		Workload: a.cell.Workload, Workers: a.cell.Workers, Items: a.items, Dir: dir,
		Command: &host.Command{Argv: argv, Env: env, Dir: here, Gate: c.Protocol > 0, Exit: c.Verify.Exit, Install: c.Install},
	}, nil
}

// referenceOf is the cell that calibration times. Of a command that is the plain loop where the
// plan has one, else the cell itself.
func (c *campaign) referenceOf(cell experiments.Cell, items int64) experiments.Cell {
	if cell.Command == nil {
		return reference(cell, items)
	}
	for _, other := range c.plan.Cells {
		if other.Model == experiments.Sequential && groupOf(other) == groupOf(cell) {
			cell = other
			break
		}
	}
	return once(cell, items)
}

// follow tells the sampler which processes a command has at the moment.
func (a *attempt) follow() []metrics.Proc {
	var procs []metrics.Proc
	for _, pid := range a.tree.Programs() {
		procs = append(procs, metrics.Proc{PID: pid, Role: host.RoleWorker})
	}
	return procs
}

// followAll tells the sampler which processes a trial has at the moment whose workers die.
func (a *attempt) followAll() []metrics.Proc {
	return append([]metrics.Proc{{PID: a.tree.PID(), Role: host.RoleHost}}, a.follow()...)
}

// checkCommandPlacement compares what the host found, and its program inherits, with what the cell asked
// for. The program may do with its CPUs what it likes: some bind each of their threads.
func (a *attempt) checkCommandPlacement() error {
	p := a.procs[0]
	if len(a.cpus) > 0 && !slices.Equal(p.CPUs, a.cpus) {
		return fmt.Errorf("the command may run on CPUs %s instead of %s: something else changes affinities here",
			metrics.FormatCPUList(p.CPUs), metrics.FormatCPUList(a.cpus))
	}
	a.row.CPUs = metrics.FormatCPUList(p.CPUs)
	return nil
}

// verify checks what a command printed and told.
func (a *attempt) verify() error {
	v := a.cell.Command.Verify
	wrong := func(format string, args ...any) error {
		return &host.Failure{Status: host.StatusWrong, Detail: fmt.Sprintf(format, args...)}
	}
	if v.Output != "" {
		e, err := experiments.Multiline(v.Output)
		if err != nil {
			return fmt.Errorf("verify.output: %w", err)
		}
		if !e.MatchString(a.end.Stdout) {
			return wrong("no line of stdout matches %s%s", v.Output, a.cut())
		}
	}
	switch v.Checksum {
	case "", experiments.ChecksumStdout:
	case experiments.ChecksumSum:
		for _, d := range a.dones {
			if d.Finishes[0].Sum == 0 {
				return wrong("the program told no sum in its result")
			}
		}
	default:
		if got := hex.EncodeToString(a.end.StdoutSum[:]); got != v.Checksum {
			return wrong("stdout has the SHA-256 %s instead of %s", got, v.Checksum)
		}
	}
	return nil
}

// cut says that stdout was not kept whole, where it was not.
func (a *attempt) cut() string {
	if kept := int64(len(a.end.Stdout)); kept < a.end.StdoutB {
		return fmt.Sprintf(" (of its %d bytes head and tail are kept)", a.end.StdoutB)
	}
	return ""
}

// checksum is that of one iteration: 0 where the program has none.
func (a *attempt) checksum(sum uint64) uint64 {
	if c := a.cell.Command; c != nil && c.Verify.Checksum == experiments.ChecksumStdout {
		return binary.BigEndian.Uint64(a.end.StdoutSum[:])
	}
	return sum
}

// commandMetrics takes the numbers that a command printed or told.
func (a *attempt) commandMetrics() {
	for _, m := range a.cell.Command.Metrics {
		var values []float64
		if m.Match != "" {
			values = a.printed(m)
		}
		for _, r := range slices.Concat(a.readings...) {
			if m.Match == "" && r.Name == m.Name {
				values = append(values, r.Value)
			}
		}
		if len(values) == 0 {
			a.warn("%s: some trials do not tell %s: it is absent there", a.cell.Workload, m.Name)
			continue
		}
		a.extra.Measures = append(a.extra.Measures, record.Measured{Trial: a.row.Trial, Measure: m.Name, Value: merged(values, work.MergeMean)})
	}
	for _, r := range slices.Concat(a.readings...) {
		if !slices.ContainsFunc(a.cell.Command.Metrics, func(m experiments.CommandMetric) bool { return m.Name == r.Name }) {
			a.warn("%s tells %s in its result, which its metrics do not name: it is not kept", a.cell.Workload, r.Name)
		}
	}
}

// printed finds the last number on stdout that a metric matches.
func (a *attempt) printed(m experiments.CommandMetric) []float64 {
	e, err := experiments.Multiline(m.Match)
	if err != nil {
		return nil
	}
	all := e.FindAllStringSubmatch(a.end.Stdout, -1)
	if len(all) == 0 {
		return nil
	}
	text := strings.TrimSpace(all[len(all)-1][1])
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		a.warn("%s: %q, which %s matches, is not a finite number", a.cell.Workload, text, m.Name)
		return nil
	}
	return []float64{v}
}

// commandMeasures describes the metrics of a command in the words of a manifest.
func commandMeasures(c experiments.Cell) []record.Measure {
	var list []record.Measure
	for _, m := range c.Command.Metrics {
		doc := "told by the program in its result"
		if m.Match != "" {
			doc = "printed by the program: " + m.Match
		}
		list = append(list, record.Measure{Name: m.Name, Title: m.Title, Unit: m.Unit, Doc: doc, Less: m.Less, Merge: work.MergeMean})
	}
	return list
}

// printout is what a trial leaves in log/: of a command both of its streams.
func (a *attempt) printout() string {
	if a.cell.Command == nil {
		return a.end.Output
	}
	var b strings.Builder
	for _, part := range []struct{ name, text string }{{"stdout", a.end.Stdout}, {"stderr", a.end.Output}} {
		if part.text != "" {
			fmt.Fprintf(&b, "--- %s\n%s", part.name, part.text)
			if !strings.HasSuffix(part.text, "\n") {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}
