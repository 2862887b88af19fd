package experiments

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Key documents one key of an experiment file. Keys inside another key have a
// dotted name: "sample.every", and "workloads.use" for each entry of the list.
type Key struct {
	Name     string
	Summary  string // one sentence
	Type     string // in words
	Default  string // as YAML; empty where the key is required or its absence means nothing
	Example  string // as YAML
	Required bool
}

// Keys lists every key that a file may have, in the order in which they are
// best written. The reader of files takes names and defaults from this table.
func Keys() []Key {
	var out []Key
	for _, k := range keys() {
		out = append(out, k.Key)
	}
	return out
}

// keyReader is a key and what reads its value. Keys are read in the order of
// the table, not of the file: rules need the axes.
type keyReader struct {
	Key
	read  func(*reader, *yaml.Node)
	merge bool // a profile changes single settings of it instead of the whole

	command bool // of an entry of workloads that has a command
}

// later are keys of the design that this version does not know yet.
var later = map[string]string{
	"go":     "an axis over GOGC and GOMEMLIMIT",
	"limits": "limits on memory, retries and failures",
	"report": "sections of the report",
}

func keys() []keyReader {
	return slices.Concat(headKeys(), workloadKeys(), commandKeys(), axisKeys(), trialKeys(), runKeys(), ruleKeys(), claimKeys(), profileKeys())
}

func headKeys() []keyReader {
	return []keyReader{
		{Key: Key{"question", "The question that the experiment answers: the headline of its report.", "one line of text",
			"", "question: Do processes use the cores better than goroutines?", true}, read: (*reader).question},
		{Key: Key{"analysis", "What to look for and how to read it, printed above the charts.", "Markdown",
			"", "analysis: Look at the speedup first.", false}, read: (*reader).analysis},
		{Key: Key{"tags", "Labels to pick experiments by.", "list of words in lower case",
			"", "tags: [cpu, short]", false}, read: (*reader).tags},
	}
}

func workloadKeys() []keyReader {
	return []keyReader{
		{Key: Key{"workloads", "What the workers do.", "list of names, or of mappings with use and the workload's own parameters, or with command",
			"", "workloads: [sieve, {use: matmul, n: [64, 128]}]", true}, read: (*reader).workloads},
		{Key: Key{"workloads.use", "The workload's name; command may take its place.", "name", "", "use: sieve", false}, read: (*reader).wUse},
		{Key: Key{"workloads.label", "What charts call it; the name of a command.", "short text", "", "label: small sieve", false}, read: (*reader).wLabel},
	}
}

func axisKeys() []keyReader {
	return []keyReader{
		{Key: Key{"workloads.items", "Fixed work: how many items a trial has, or auto to calibrate them to a trial length.",
			"count, auto (trials of 1s), or {auto: duration}", "auto", "items: {auto: 300ms}", false}, read: (*reader).wItems},
		{Key: Key{"workloads.duration", "Fixed time instead of fixed work.", "duration", "", "duration: 2s", false}, read: (*reader).wDuration},
		{Key: Key{"models", "How the workers are laid out.", "list of " + strings.Join(Models, ", ") + ", or of mappings with use",
			"", "models: [sequential, goroutines, processes]", true}, read: (*reader).models},
		{Key: Key{"models.use", "The model's name.", "name", "", "use: hybrid", true}, read: (*reader).mUse},
		{Key: Key{"models.label", "What charts call it.", "short text", "", "label: 4 by 4", false}, read: (*reader).mLabel},
		{Key: Key{"models.processes", "How many processes share the workers of hybrid; 2 unless given.", "count, or list of counts",
			"", "processes: [2, 4]", false}, read: (*reader).mProcesses},
		{Key: Key{"cores", "How many CPUs a trial may run on.",
			"list of counts, max, {powers_of_two: N} and {from: A, to: B, step: C}; or one such mapping, or {list: [...], when_missing: skip}",
			"", "cores: {powers_of_two: max}", true}, read: (*reader).cores},
		{Key: Key{"workers", "How many concurrent executors a trial has.", "count or multiple of the cores, or a list of them",
			"1x", "workers: [1x, 4x]", false}, read: (*reader).workers},
		{Key: Key{"schedule", "How items are dealt: equal ranges, or one shared counter.", "static or dynamic, or a list of both",
			Static, "schedule: [static, dynamic]", false}, read: (*reader).schedule},
		{Key: Key{"scaling", "The same work for any number of workers, or work times workers.", "strong or weak, or a list of both",
			Strong, "scaling: weak", false}, read: (*reader).scaling},
		{Key: Key{"iterations", "Repetitions inside a trial; never counted as trials.", "count, or list of counts",
			"1", "iterations: 5", false}, read: (*reader).iterations},
	}
}

func trialKeys() []keyReader {
	return []keyReader{
		{Key: Key{"trials", "Measured trials of every cell: the n of every statistic. A mapping lets the run stop once it is precise enough.",
			"count, or mapping", "10", "trials: 30", false}, read: (*reader).trials, merge: true},
		{Key: Key{"trials.min", "Blocks before the first look at the precision.", "count from 2", "10", "min: 15", false}, read: (*reader).adaptiveMin},
		{Key: Key{"trials.max", "Blocks at the most.", "count from 2", "50", "max: 100", false}, read: (*reader).adaptiveMax},
		{Key: Key{"trials.step", "Blocks between two looks.", "count", "5", "step: 10", false}, read: (*reader).adaptiveStep},
		{Key: Key{"trials.precision", "The run stops when the 95 % interval of every ratio under test reaches at most this far to each side.",
			"share from 0.1% to 100%", "2%", "precision: 1%", false}, read: (*reader).adaptivePrecision},
		{Key: Key{"trials.budget", "The run stops, though not before min blocks, rather than take longer than this.", "duration",
			"", "budget: 10m", false}, read: (*reader).adaptiveBudget},
	}
}

func runKeys() []keyReader {
	return []keyReader{
		{Key: Key{"warmup", "Trials of every cell that are run first and discarded.", "count", "0", "warmup: 2", false}, read: (*reader).warmup},
		{Key: Key{"order", "blocks: one trial of every cell, in random order, again and again; sequential: cell after cell.",
			"blocks or sequential", "blocks", "order: sequential", false}, read: (*reader).order},
		{Key: Key{"seed", "Decides the random order of the trials.", "whole number", "1", "seed: 42", false}, read: (*reader).seed},
		{Key: Key{"timeout", "A trial longer than this is killed.", "duration", "60s", "timeout: 5m", false}, read: (*reader).timeout},
		{Key: Key{"placement", "Which CPUs a core count stands for.", "mapping", "{}", "placement: {policy: scatter, smt: allow}", false},
			read: (*reader).placement, merge: true},
		{Key: Key{"placement.policy", "Cores side by side, spread over the packages, or no affinity at all.", "compact, scatter or none",
			"compact", "policy: scatter", false}, read: setting("placement.policy", func(e *Experiment) *string { return &e.grid.placement.Policy }, "compact", "scatter", "none")},
		{Key: Key{"placement.smt", "avoid: physical cores first; allow: hardware threads count as cores.", "avoid or allow",
			"avoid", "smt: allow", false}, read: setting("placement.smt", func(e *Experiment) *string { return &e.grid.placement.SMT }, "avoid", "allow")},
		{Key: Key{"placement.numa", "local refuses to cross a NUMA node.", "any or local",
			"any", "numa: local", false}, read: setting("placement.numa", func(e *Experiment) *string { return &e.grid.placement.NUMA }, "any", "local")},
		{Key: Key{"placement.runner", "spare keeps the runner off the trial's CPUs where there is one to spare.", "spare or any",
			"spare", "runner: any", false}, read: setting("placement.runner", func(e *Experiment) *string { return &e.grid.placement.Runner }, "spare", "any")},
		{Key: Key{"sample", "How a trial is watched while it runs.", "mapping", "{}", "sample: {every: 20ms}", false},
			read: (*reader).sample, merge: true},
		{Key: Key{"sample.every", "Time between two readings; 0s turns the sampler off.", "duration", "100ms", "every: 20ms", false},
			read: (*reader).sampleEvery},
		{Key: Key{"sample.metrics", "What is read; all unless given.", "list of " + strings.Join(SampleMetrics, ", "),
			"", "metrics: [cpu, rss]", false}, read: (*reader).sampleMetrics},
		{Key: Key{"controls", "Cells that test the run instead of the question: all, none, or the named ones.", "true, false or mapping",
			"false", "controls: true", false}, read: (*reader).controls, merge: true},
		{Key: Key{"controls.aa", "The reference cell once more: no difference may be found.", "true or false",
			"", "aa: true", false}, read: control("controls.aa", func(c *Controls) *bool { return &c.AA })},
		{Key: Key{"controls.positive", "The reference cell with 10 % more items: the difference must be found.", "true or false",
			"", "positive: true", false}, read: control("controls.positive", func(c *Controls) *bool { return &c.Positive })},
		{Key: Key{"controls.canary", "A short spin on one core at the start of each block: it tells whether the machine is what it was.", "true or false",
			"", "canary: true", false}, read: control("controls.canary", func(c *Controls) *bool { return &c.Canary })},
		{Key: Key{"controls.where", "Which cell the controls repeat: the first of these; unless given the first of goroutines, on most cores, that another model stands beside. Take one whose times scatter little: a control is as fine as its cell is steady.", "mapping of axes to a value or a list of values",
			"", "where: {workload: sieve, cores: 1}", false}, read: (*reader).controlsWhere},
		{Key: Key{"charts", "Which charts, in which order; all that the data allow unless given.", "list of names",
			"", "charts: [speedup, memory]", false}, read: (*reader).charts},
	}
}

func ruleKeys() []keyReader {
	return []keyReader{
		{Key: Key{"include", "Whole cells to add to the grid.", "list of mappings with workload, model, cores, and any other axis",
			"", "include: [{workload: sieve, model: processes, cores: max, workers: 64}]", false}, read: (*reader).includes},
		{Key: Key{"exclude", "Cells to leave out, and why.", "list of mappings over the axes, with because",
			"", "exclude: [{model: threads, workers: 64x, because: the machine has too few threads}]", false}, read: (*reader).excludes},
		{Key: Key{"override", "Settings to change in the cells that match.", "list of {where: axes, set: settings}",
			"", "override: [{where: {workload: matmul}, set: {timeout: 5m}}]", false}, read: (*reader).overrides},
	}
}

func profileKeys() []keyReader {
	return []keyReader{
		{Key: Key{"profiles", "Partial experiments that --profile NAME lays over the file.", "mapping of names to keys and values",
			"", "profiles: {smoke: {trials: 2}}", false}, read: (*reader).profiles},
	}
}

// group reads the mapping n with the keys below prefix, and reports unknown,
// missing and not yet supported ones. extra are names that the caller reads
// itself; their pairs are returned.
func (r *reader) group(n *yaml.Node, prefix string, extra []string) []pair {
	known, rest := map[string]pair{}, []pair(nil)
	var level []keyReader
	for _, k := range keys() {
		name, ok := strings.CutPrefix(k.Name, prefix)
		if ok && !strings.Contains(name, ".") && (!k.command || r.w.program != nil) {
			k.Name = name
			level = append(level, k)
		}
	}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		switch {
		case slices.ContainsFunc(level, func(k keyReader) bool { return k.Name == name }):
			known[name] = p
		case slices.ContainsFunc(commandKeys(), func(k keyReader) bool { return k.Name == prefix+name }):
			r.fault(p.key, "%s belongs to a command, and this entry has none", prefix+name).Remedy = "remove it, or write command in place of use"
		case later[prefix+name] != "":
			r.fault(p.key, "%s (%s) is not supported yet by this version", prefix+name, later[prefix+name]).Remedy = "remove it"
		case prefix == "" && slices.ContainsFunc(r.cat.Companions, func(c CompanionSpec) bool { return c.Name == name }):
			r.fault(p.key, "%s goes beside a workload", name).Remedy = "write it in an entry of workloads: {use: sieve, " + name + ": ...}"
		case slices.Contains(extra, name):
			rest = append(rest, p)
		default:
			names := extra
			for _, k := range level {
				names = append(slices.Clone(names), k.Name)
			}
			r.unknown(p.key, strings.TrimSpace(strings.TrimRight(prefix, "s.")+" key"), names)
		}
	}
	if prefix == "" {
		r.doubtKeys(n)
	}
	for _, k := range level {
		before := len(r.faults)
		r.one(n, k, prefix, known)
		if prefix == "" && (len(r.faults) > before || known[k.Name].val != nil && r.tainted(known[k.Name].val)) {
			r.doubtKey(k.Name)
		}
	}
	return rest
}

// one reads one key of a group, or its default.
func (r *reader) one(n *yaml.Node, k keyReader, prefix string, known map[string]pair) {
	p, given := known[k.Name]
	switch {
	case given && isNull(p.val) && !r.bad[p.val]:
		f := r.fault(p.key, "%s%s has no value", prefix, k.Name)
		f.Remedy = "write for example " + k.Example
		if !k.Required {
			f.Remedy += ", or remove the key"
		}
		f.Allowed = k.Type
	case given:
		r.nodes[prefix+k.Name] = p.val
		k.read(r, p.val)
	case k.Required:
		f := r.fault(n, "%s%s is missing", prefix, k.Name)
		f.Remedy = "add for example " + k.Example
	case k.Default != "":
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(k.Default), &doc); err != nil {
			panic("experiments: default of " + k.Name + ": " + err.Error())
		}
		k.read(r, doc.Content[0])
	}
}
