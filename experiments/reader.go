package experiments

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// reader walks the nodes of one document and collects every fault. Methods
// that read a value report what is wrong with it themselves and return false.
type reader struct {
	cat    Catalogue
	text   *text
	origin map[*yaml.Node]*text // nodes that come from --set
	bad    map[*yaml.Node]bool  // nodes whose fault is already told
	faults Faults
	// lacking is what this machine has too few CPUs for. It counts for the
	// document that is run alone: a profile may be meant for another machine.
	lacking Faults

	e        *Experiment
	grid     *grid
	w        *workload // being read
	m        *model    // being read
	c        *claim    // being read
	nodes    map[string]*yaml.Node
	folder   fs.FS           // where the file lies; nil where nothing lies beside it
	lenient  bool            // the rule being read was written for more workloads than the overlay leaves
	told     []Claim         // of the file itself
	fromBase map[string]bool // keys of an overlaid document that the overlay left alone; nil for the file itself
}

// pair is one entry of a mapping.
type pair struct{ key, val *yaml.Node }

// fault records a fault at a node.
func (r *reader) fault(n *yaml.Node, format string, args ...any) *Fault {
	return r.record(&r.faults, n, format, args...)
}

// lack records what this machine has too few CPUs for.
func (r *reader) lack(n *yaml.Node, format string, args ...any) *Fault {
	return r.record(&r.lacking, n, format, args...)
}

func (r *reader) record(list *Faults, n *yaml.Node, format string, args ...any) *Fault {
	t := r.text
	if o := r.origin[n]; o != nil {
		t = o
	}
	f := t.at(n.Line, n.Column)
	f.Message = fmt.Sprintf(format, args...)
	*list = append(*list, f)
	return &(*list)[len(*list)-1]
}

// unknown records a name that is not among the known ones.
func (r *reader) unknown(n *yaml.Node, what string, known []string) {
	f := r.fault(n, "unknown %s %s", what, quote(n.Value))
	f.Allowed, f.Nearest = strings.Join(known, ", "), nearest(n.Value, known)
}

// structure finds what is legal YAML but never meant, in the whole tree.
func (r *reader) structure(n *yaml.Node, depth int) {
	if depth > maxDepth {
		r.reject(n, "nested more than %d levels deep", maxDepth).Remedy = "no key of an experiment lies that deep"
		return
	}
	if n.Kind == yaml.AliasNode {
		r.reject(n, "aliases (*%s) are not allowed", n.Value).Remedy = "write the value out"
		return
	}
	if n.Anchor != "" {
		r.fault(n, "anchors (&%s) are not allowed", n.Anchor).Remedy = "write the value out wherever it is used; for variants there are profiles"
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.reject(n, "tags (%s) are not allowed", n.Tag).Remedy = "write the plain value; use quotes for text"
	}
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			r.structure(c, depth+1)
		}
		return
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		r.key(n.Content[i], seen)
		r.structure(n.Content[i+1], depth+1)
	}
}

func (r *reader) reject(n *yaml.Node, format string, args ...any) *Fault {
	r.bad[n] = true
	return r.fault(n, format, args...)
}

// key checks one key of a mapping against its neighbours.
func (r *reader) key(k *yaml.Node, seen map[string]*yaml.Node) {
	switch {
	case k.Kind == yaml.AliasNode:
		r.reject(k, "aliases (*%s) are not allowed", k.Value).Remedy = "write the key out"
	case k.Kind != yaml.ScalarNode:
		r.reject(k, "a key is a word; this is %s", describe(k)).Remedy = "keys are written as name: value"
	case k.Value == "<<":
		r.reject(k, "merge keys (<<) are not allowed").Remedy = "write the values out; for variants there are profiles"
	case k.Tag != "!!str" || isSwitch(k):
		f := r.reject(k, "a key is a word; this is %s", describe(k))
		f.Remedy = "keys are written as name: value"
	case seen[k.Value] != nil:
		r.reject(k, "%s is given twice; the first is at line %d", quote(k.Value), seen[k.Value].Line).Remedy =
			"keep one of them; a list holds several values: [a, b]"
	default:
		if k.Anchor != "" {
			r.fault(k, "anchors (&%s) are not allowed", k.Anchor).Remedy = "remove it"
		}
		seen[k.Value] = k
	}
}

// tainted reports that a fault inside n is told already: what follows from it
// would be noise.
func (r *reader) tainted(n *yaml.Node) bool {
	return r.bad[n] || slices.ContainsFunc(n.Content, r.tainted)
}

// pairs returns the entries of a mapping whose keys are sound.
func (r *reader) pairs(n *yaml.Node) []pair {
	var out []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; !r.bad[k] {
			out = append(out, pair{k, n.Content[i+1]})
		}
	}
	return out
}

// mapping reports whether n is a mapping, and if not, what to write.
func (r *reader) mapping(n *yaml.Node, what, example string) bool {
	if n.Kind == yaml.MappingNode {
		return true
	}
	r.wrong(n, what, "a mapping").Remedy = "write " + example
	return false
}

// list returns the entries of a list that must not be empty.
func (r *reader) list(n *yaml.Node, what, example string) []*yaml.Node {
	if r.bad[n] {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, what, "a list").Remedy = "write " + example
		return nil
	}
	if len(n.Content) == 0 {
		r.fault(n, "%s: the list is empty", what).Remedy = "write " + example
	}
	return n.Content
}

// either returns the entries of a list, or a scalar as the only entry.
func (r *reader) either(n *yaml.Node, what, example string) []*yaml.Node {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		return []*yaml.Node{n}
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, what, "a value or a list").Remedy = "write " + example
		return nil
	}
	return r.list(n, what, example)
}

// wrong records a value of the wrong type. The fault of a node that is already
// told goes nowhere.
func (r *reader) wrong(n *yaml.Node, what, expected string) *Fault {
	if r.bad[n] {
		return &Fault{}
	}
	return r.fault(n, "%s: expected %s, found %s", what, expected, describe(n))
}

// describe says what a node is, in words.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch {
	case n.Tag == "!!null":
		return "nothing"
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return fmt.Sprintf("the quoted text %s", quote(n.Value))
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "the number " + n.Value
	case n.Tag == "!!bool":
		return n.Value
	case isSwitch(n):
		return n.Value + ", which some readers of YAML take for true or false"
	case n.Tag == "!!timestamp":
		return "the date " + n.Value
	}
	return quote(n.Value)
}

// quote shows at most 40 characters of what was written.
func quote(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		s = string(runes[:37]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
