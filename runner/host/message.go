package host

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forklore/runner/work"
)

// A message is one line of words: its kind, then its fields in the order of
// encode. A worker encodes two or three of them in its life, and encoding/json
// spent more on learning the types than the rest of its start takes: 1.2 ms
// against 0.02 ms here.
type message struct {
	Hello    *hello
	Job      *Job
	Ready    []Process
	Port     int // with Ready: where a server listens; else 0
	Report   *Report
	Done     *Done
	Measured *[]Reading
	Bye      []Usage
	Fault    *Fault
}

type hello struct {
	PID     int
	Version string
}

func (m message) encode() []byte {
	var w words
	switch {
	case m.Hello != nil:
		w.text("hello", m.Hello.Version).int(m.Hello.PID)
	case m.Job != nil:
		w.text("job").job(*m.Job)
	case m.Ready != nil:
		w.text("ready").int(m.Port, len(m.Ready))
		for _, p := range m.Ready {
			w.process(p)
		}
	case m.Report != nil:
		w.text("report").report(*m.Report)
	case m.Done != nil:
		w.text("done").int64(m.Done.GateNS, m.Done.MergedNS).report(m.Done.Report)
	case m.Measured != nil:
		w.text("measured").int(len(*m.Measured))
		for _, r := range *m.Measured {
			w.reading(r)
		}
	case m.Bye != nil:
		w.text("bye").int(len(m.Bye))
		for _, u := range m.Bye {
			w.int(u.PID).float(u.UserS, u.SysS, u.HWMB)
		}
	case m.Fault != nil:
		w.text("fault", m.Fault.Detail).int(m.Fault.PID, m.Fault.Rank, m.Fault.Signal).flag(m.Fault.Wrong, m.Fault.Lacks, m.Fault.Echo)
	}
	return w
}

func decode(line string) (message, error) {
	var m message
	r := reader{rest: strings.TrimSuffix(line, "\n")}
	switch kind := r.text(); kind {
	case "hello":
		m.Hello = &hello{Version: r.text(), PID: r.int()}
	case "job":
		j := r.job()
		m.Job = &j
	case "ready":
		m.Port = r.int()
		if m.Ready = list(&r, r.process); m.Ready == nil {
			r.fail(errors.New("nobody is ready"))
		}
	case "report":
		rep := r.report()
		m.Report = &rep
	case "done":
		m.Done = &Done{GateNS: r.int64(), MergedNS: r.int64(), Report: r.report()}
	case "measured":
		readings := list(&r, r.reading)
		m.Measured = &readings
	case "bye":
		m.Bye = append([]Usage{}, list(&r, func() Usage { return Usage{r.int(), r.float(), r.float(), r.float()} })...)
	case "fault":
		m.Fault = &Fault{Detail: r.text(), PID: r.int(), Rank: r.int(), Signal: r.int(), Wrong: r.flag(), Lacks: r.flag(), Echo: r.flag()}
	default:
		r.fail(fmt.Errorf("unknown kind %.40q", kind))
	}
	if r.err == nil && r.rest != "" {
		r.fail(errors.New("more words than fields"))
	}
	if r.err != nil {
		return message{}, fmt.Errorf("a line that is no message: %.80q: %w", line, r.err)
	}
	return m, nil
}

// words is a line under construction.
type words []byte

func (w *words) text(list ...string) *words {
	for _, s := range list {
		w.gap()
		*w = strconv.AppendQuote(*w, s)
	}
	return w
}

func (w *words) gap() {
	if len(*w) > 0 {
		*w = append(*w, ' ')
	}
}

func (w *words) int64(list ...int64) *words {
	for _, v := range list {
		w.gap()
		*w = strconv.AppendInt(*w, v, 10)
	}
	return w
}

func (w *words) int(list ...int) *words {
	for _, v := range list {
		w.int64(int64(v))
	}
	return w
}

func (w *words) float(list ...float64) *words {
	for _, v := range list {
		w.gap()
		*w = strconv.AppendFloat(*w, v, 'g', -1, 64)
	}
	return w
}

func (w *words) flag(list ...bool) *words {
	for _, v := range list {
		w.gap()
		*w = strconv.AppendBool(*w, v)
	}
	return w
}

func (w *words) process(p Process) {
	w.text(p.Role).int(p.PID, p.Rank, p.Slots, p.MaxProcs, p.Nice).int64(p.SpawnNS, p.FirstNS, p.ReadyNS).float(p.HWMB)
	w.int(len(p.CPUs)).int(p.CPUs...)
}

func (w *words) report(r Report) {
	w.int(len(r.Finishes))
	for _, f := range r.Finishes {
		w.int(f.Rank).int64(f.NS, f.Items, int64(f.Sum))
	}
	w.float(r.Spent.CPUS, r.Spent.GCCycles, r.Spent.GCCPUS, r.Spent.GCPauseS, r.Spent.AllocB)
}

func (w *words) reading(r Reading) {
	w.text(r.Name, r.Note).int(r.Rank).float(r.Value).int(len(r.Buckets))
	for _, b := range r.Buckets {
		w.int64(b.LoNS, b.HiNS, b.Count)
	}
}

func (w *words) job(j Job) {
	w.text(j.Workload, j.Dir).int(j.Workers, j.Processes, j.MaxProcs, j.Rank, j.Slots, j.Links).int64(j.Items, j.SharedB)
	w.flag(j.Locked, j.Pool, j.Dynamic, j.Spread).int(len(j.Words)).text(j.Words...).params(j.Params).params(j.Beside).int64(int64(j.Seed)).int(j.Again)
	w.int64(j.Warmup, j.Requests)
	w.flag(j.Command != nil)
	if c := j.Command; c != nil {
		w.text(c.Dir, c.Install).flag(c.Gate).int(c.Exit, len(c.Argv)).text(c.Argv...).int(len(c.Env)).text(c.Env...)
	}
}

func (w *words) params(ps work.Params) *words {
	w.int(len(ps))
	names := make([]string, 0, len(ps))
	for name := range ps {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.text(name, ps[name])
	}
	return w
}

// reader takes a line apart. After the first error it returns zeros.
type reader struct {
	rest string
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) word() string {
	word, rest, _ := strings.Cut(r.rest, " ")
	r.rest = rest
	return word
}

func (r *reader) text() string {
	quoted, err := strconv.QuotedPrefix(r.rest)
	if err != nil {
		r.fail(fmt.Errorf("expected a quoted text: %w", err))
		return ""
	}
	r.rest = strings.TrimPrefix(r.rest[len(quoted):], " ")
	s, err := strconv.Unquote(quoted)
	if err != nil {
		r.fail(err)
	}
	return s
}

func (r *reader) int64() int64 {
	v, err := strconv.ParseInt(r.word(), 10, 64)
	if err != nil {
		r.fail(err)
	}
	return v
}

func (r *reader) int() int { return int(r.int64()) }

func (r *reader) float() float64 {
	v, err := strconv.ParseFloat(r.word(), 64)
	if err != nil {
		r.fail(err)
	}
	return v
}

func (r *reader) flag() bool {
	v, err := strconv.ParseBool(r.word())
	if err != nil {
		r.fail(err)
	}
	return v
}

// list reads a count and that many elements; the line bounds the count.
func list[T any](r *reader, one func() T) []T {
	n := r.int()
	if n < 0 || n > len(r.rest) {
		r.fail(fmt.Errorf("a list of %d elements in %d bytes", n, len(r.rest)))
		return nil
	}
	var all []T
	for range n {
		all = append(all, one())
	}
	return all
}

func (r *reader) process() Process {
	p := Process{Role: r.text(), PID: r.int(), Rank: r.int(), Slots: r.int(), MaxProcs: r.int(), Nice: r.int(),
		SpawnNS: r.int64(), FirstNS: r.int64(), ReadyNS: r.int64(), HWMB: r.float()}
	p.CPUs = list(r, r.int)
	return p
}

func (r *reader) report() Report {
	rep := Report{Finishes: list(r, func() Finish {
		return Finish{Rank: r.int(), NS: r.int64(), Items: r.int64(), Sum: uint64(r.int64())}
	})}
	rep.Spent = Spent{r.float(), r.float(), r.float(), r.float(), r.float()}
	return rep
}

func (r *reader) reading() Reading {
	return Reading{Name: r.text(), Note: r.text(), Rank: r.int(), Value: r.float(),
		Buckets: list(r, func() work.Bucket { return work.Bucket{LoNS: r.int64(), HiNS: r.int64(), Count: r.int64()} })}
}

// params returns nil for none.
func (r *reader) params() work.Params {
	var ps work.Params
	for _, p := range list(r, func() [2]string { return [2]string{r.text(), r.text()} }) {
		if ps == nil {
			ps = work.Params{}
		}
		ps[p[0]] = p[1]
	}
	return ps
}

func (r *reader) job() Job {
	j := Job{Workload: r.text(), Dir: r.text(), Workers: r.int(), Processes: r.int(), MaxProcs: r.int(),
		Rank: r.int(), Slots: r.int(), Links: r.int(), Items: r.int64(), SharedB: r.int64(), Locked: r.flag(), Pool: r.flag(), Dynamic: r.flag(), Spread: r.flag()}
	j.Words = list(r, r.text)
	j.Params, j.Beside = r.params(), r.params()
	j.Seed, j.Again = uint64(r.int64()), r.int()
	j.Warmup, j.Requests = r.int64(), r.int64()
	if r.flag() {
		j.Command = &Command{Dir: r.text(), Install: r.text(), Gate: r.flag(), Exit: r.int(), Argv: list(r, r.text), Env: list(r, r.text)}
	}
	return j
}
