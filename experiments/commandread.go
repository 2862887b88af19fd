package experiments

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// program is the command of an entry of workloads, before it is split up by models.
type program struct {
	argv   map[string][]string   // by model
	nodes  map[string]*yaml.Node // of argv
	all    Command               // what all models have in common
	params []pair
	metric *CommandMetric // being read
}

// readCommand reads an entry that has a command. Its label is its name.
func (r *reader) readCommand(n *yaml.Node) {
	r.w.program = &program{argv: map[string][]string{}, nodes: map[string]*yaml.Node{}}
	given := map[string]pair{}
	for _, p := range r.pairs(n) {
		given[p.key.Value] = p
	}
	r.group(n, "workloads.", nil)
	r.onlyOne(n)
	if use, ok := given["use"]; ok {
		r.fault(use.key, "use and command exclude each other").Remedy = "keep use for a kernel, or command for a program"
	}
	r.nameCommand(n, given["label"])
	r.w.use = r.w.label
	r.ownParams()
	if given["items"].key == nil && given["duration"].key == nil && !r.w.program.counts() {
		r.w.amount = amount{items: 1}
	}
	r.w.commands = r.w.program.commands()
	r.w.spec = WorkloadSpec{Name: r.w.label, Params: r.w.spec.Params, Refuse: func(c Cell) string { return c.misfit() }}
	r.checkProgram()
}

// nameCommand sees to it that the label of a command names it alone.
func (r *reader) nameCommand(n *yaml.Node, label pair) {
	name := r.w.label
	if label.key == nil {
		r.fault(n, "workloads.label is missing: a command has no other name").Remedy = "add for example label: python-sum"
		return
	}
	_, kernel := r.spec(name)
	taken := func(w *workload) bool { return w.use == name || w.label == name }
	if name != "" && (kernel || slices.ContainsFunc(r.grid.workloads, taken)) {
		r.fault(label.val, "label: %s is the name of another workload", quote(name)).Remedy = "give the command a label of its own"
	}
}

func (p *program) words() []string {
	words := slices.Collect(maps.Values(p.all.Env))
	for _, argv := range p.argv {
		words = append(words, argv...)
	}
	return words
}

func (p *program) counts() bool { return slices.Contains(heldIn(p.words()...), holdItems) }

// commands returns the command of every model.
func (p *program) commands() map[string]*Command {
	out := map[string]*Command{}
	for _, model := range Models {
		c := p.all
		c.Argv = p.argv[model]
		if len(c.Argv) == 0 {
			c = Command{}
		}
		out[model] = &c
	}
	return out
}

// checkProgram tells what the parts of an entry say against each other.
func (r *reader) checkProgram() {
	p := r.w.program
	for _, model := range Models {
		c := Cell{Model: model, Command: r.w.commands[model], Iterations: 1, AutoS: r.w.amount.autoS, DurationS: r.w.amount.duration}
		if len(p.argv[model]) == 0 {
			continue
		}
		if because := c.misfit(); because != "" {
			r.fault(p.nodes[model], "command: %s", because).Allowed = r.holds()
		}
		r.checkHeld(p.nodes[model], "command")
	}
	if len(p.all.Env) > 0 {
		r.checkHeld(r.nodes["workloads.env"], "env")
	}
	for _, one := range p.params {
		if !slices.Contains(heldIn(p.words()...), one.key.Value) {
			r.fault(one.key, "params: no word of the command has {{%s}}", one.key.Value).Remedy = "write it where the program takes it, or remove it"
		}
	}
	switch verify := p.all.Verify.Checksum; {
	case verify == ChecksumSum && p.all.Protocol == 0:
		r.fault(r.nodes["workloads.verify.checksum"], "verify.checksum: a plain program tells no sum").Remedy = "write checksum: stdout, or protocol: 1"
	case verify != "" && verify != ChecksumSum && p.all.Protocol != 0:
		r.fault(r.nodes["workloads.verify.checksum"], "verify.checksum: stdout holds the lines of the protocol, which differ").Remedy = "write checksum: sum"
	}
	for _, m := range p.all.Metrics {
		if m.Match == "" && p.all.Protocol == 0 {
			r.fault(r.nodes["workloads.metrics"], "metrics: %s has no match, and a plain program tells no result", m.Name).Remedy = "add for example match: '^took ([0-9.]+) s$', or protocol: 1"
		}
	}
}

// checkHeld reports what stands between double braces and is unknown, in a list or a mapping
// of words.
func (r *reader) checkHeld(n *yaml.Node, what string) {
	for _, c := range n.Content {
		if half := halfBraced(c.Value, r.holdNames()); half != "" {
			f := r.fault(c, "%s: %s is no placeholder: two braces stand on each side", what, quote(half))
			f.Allowed, f.Remedy = r.holds(), "write {{"+strings.Trim(half, "{}")+"}}; a word that is meant to hold braces cannot have one of these names between them"
		}
		for _, name := range heldIn(c.Value) {
			if !slices.Contains(r.holdNames(), name) {
				f := r.fault(c, "%s: unknown placeholder {{%s}}", what, name)
				f.Allowed, f.Nearest = r.holds(), nearest(name, r.holdNames())
			}
		}
	}
}

// halfBraced returns the first place of a word where the name of a placeholder has a brace too few, or too many: it would be
// passed on as it is, and the program would make of it what it can.
func halfBraced(word string, names []string) string {
	for _, m := range braced.FindAllString(placeholder.ReplaceAllString(word, ""), -1) {
		if slices.Contains(names, strings.TrimSpace(strings.Trim(m, "{}"))) {
			return m
		}
	}
	return ""
}

// holdNames are the names that may stand between double braces.
func (r *reader) holdNames() []string {
	names := slices.Clone(placeholders)
	for _, p := range r.w.params {
		names = append(names, p.name)
	}
	return names
}

func (r *reader) holds() string {
	var all []string
	for _, name := range r.holdNames() {
		all = append(all, "{{"+name+"}}")
	}
	return strings.Join(all, ", ")
}
