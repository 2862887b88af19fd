package experiments

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const maxProfiles = 50

var profileName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// profiles checks the names of the profiles; their keys are checked by reading
// the file with each of them laid over it.
func (r *reader) profiles(n *yaml.Node) {
	if !r.mapping(n, "profiles", "profiles: {smoke: {trials: 2}}") {
		return
	}
	pairs := r.pairs(n)
	if len(pairs) > maxProfiles {
		r.fault(n, "profiles: %d are more than a reader can tell apart", len(pairs)).Allowed = fmt.Sprintf("%d profiles", maxProfiles)
	}
	for _, p := range pairs {
		r.e.Profiles = append(r.e.Profiles, p.key.Value)
		if !profileName.MatchString(p.key.Value) {
			r.fault(p.key, "profiles: %q is not a profile's name", p.key.Value).Allowed =
				"letters in lower case, digits and -, beginning with a letter"
		}
		if !r.mapping(p.val, "profiles."+p.key.Value, p.key.Value+": {trials: 2}") {
			continue
		}
		for _, inner := range r.pairs(p.val) {
			if inner.key.Value == "profiles" {
				r.fault(inner.key, "profiles.%s: a profile cannot hold profiles", p.key.Value).Remedy = "move it one level up"
			}
		}
	}
}

// profilePairs returns the profiles that can be laid over the file.
func (r *reader) profilePairs(n *yaml.Node) []pair {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var out []pair
	for _, p := range r.pairs(n) {
		holds := slices.ContainsFunc(r.pairs(p.val), func(q pair) bool { return q.key.Value == "profiles" })
		if p.val.Kind == yaml.MappingNode && !holds && len(out) < maxProfiles {
			out = append(out, p)
		}
	}
	return out
}

// changed reads the document with the chosen profile and every --set.
func (r *reader) changed(root, profiles *yaml.Node, opt Options) (*Experiment, Faults) {
	over, note := &yaml.Node{Kind: yaml.MappingNode}, ""
	if opt.Profile != "" {
		over, note = r.profile(profiles, opt.Profile), " (with profile "+opt.Profile+")"
	}
	r.origin = map[*yaml.Node]*text{}
	for _, s := range opt.Set {
		if one := r.set(s); one != nil {
			over, _ = overlay(over, one)
		}
	}
	if len(opt.Set) > 0 {
		note = " (with --set)"
	}
	return r.overlaid(root, over, note)
}

// profile finds the chosen profile.
func (r *reader) profile(profiles *yaml.Node, name string) *yaml.Node {
	var known []string
	for _, p := range r.profilePairs(profiles) {
		if p.key.Value == name {
			return p.val
		}
		known = append(known, p.key.Value)
	}
	f := Fault{File: "--profile", Col: 1, Source: name, Message: fmt.Sprintf("unknown profile %q", name),
		Allowed: strings.Join(known, ", "), Nearest: nearest(name, known)}
	if len(known) == 0 {
		f.Remedy = "this experiment has no profiles"
	}
	r.faults = append(r.faults, f)
	return &yaml.Node{Kind: yaml.MappingNode}
}

// set turns "key=value" into a partial document, or reports what it is not.
func (r *reader) set(option string) *yaml.Node {
	name, value, found := strings.Cut(option, "=")
	t := &text{file: "--set", lines: []string{option}, option: true}
	fail := func(col int, message, remedy string) *Fault {
		f := t.at(1, col)
		f.Message, f.Remedy = message, remedy
		r.faults = append(r.faults, f)
		return &r.faults[len(r.faults)-1]
	}
	path := strings.Split(name, ".")
	switch {
	case !found || slices.Contains(path, ""):
		fail(1, quote(option)+" is not key=value", "write for example --set trials=20 or --set sample.every=20ms")
		return nil
	case path[0] == "profiles":
		fail(1, "profiles cannot be set", "set the keys themselves, or choose a profile with --profile")
		return nil
	case r.element(path, value) != "":
		fail(1, quote(name)+": elements of a list cannot be set", r.element(path, value))
		return nil
	case len(path) > 4:
		fail(1, "no key lies that deep: "+quote(name), "see forklore explain")
		return nil
	case strings.ContainsAny(value, "\n\r"):
		fail(1, "a value of --set is one line", "use the flow style: [a, b] and {a: 1}")
		return nil
	}
	val := r.setValue(t, name, value, fail)
	if val == nil {
		return nil
	}
	return r.nest(t, path, val)
}

var plainWord = regexp.MustCompile(`^[a-zA-Z0-9.]{1,20}$`)

// element says what to do instead where a path goes into a list, and "" where
// it does not: a list is replaced as a whole or not at all.
func (r *reader) element(path []string, value string) string {
	for i := 1; i < len(path); i++ {
		list := strings.Join(path[:i], ".")
		at := slices.IndexFunc(keys(), func(k keyReader) bool { return k.Name == list && strings.Contains(k.Type, "list") })
		if at < 0 {
			continue
		}
		below := func(k keyReader) bool { return strings.HasPrefix(k.Name, list+".") }
		if !wholeNumber.MatchString(path[i]) && !slices.ContainsFunc(keys(), below) {
			return ""
		}
		_, whole, _ := strings.Cut(keys()[at].Example, ": ")
		name := path[len(path)-1]
		has := func(s WorkloadSpec) bool { return slices.Contains(s.paramNames(), name) }
		if s := slices.IndexFunc(r.cat.Workloads, has); s >= 0 && list == "workloads" && plainWord.MatchString(value) {
			whole = fmt.Sprintf("[{use: %s, %s: %s}]", r.cat.Workloads[s].Name, name, value)
		}
		return fmt.Sprintf("replace the whole list, as in --set '%s=%s', or put it into a profile", list, whole)
	}
	return ""
}

// setValue parses the right side of --set.
func (r *reader) setValue(t *text, name, value string, fail func(int, string, string) *Fault) *yaml.Node {
	t.shift = utf8.RuneCountInString(name) + 1
	if strings.TrimSpace(value) == "" {
		t.shift = 0
		fail(utf8.RuneCountInString(name)+2, name+" has no value", "write for example --set trials=20")
		return nil
	}
	if faults := t.encoding([]byte(value)); len(faults) > 0 {
		r.faults = append(r.faults, faults...)
		return nil
	}
	var doc yaml.Node
	err := decode(yaml.NewDecoder(strings.NewReader(value)), &doc)
	if errors.Is(err, io.EOF) {
		fail(1, name+" has no value: # begins a comment", "put text that holds # into quotes")
		return nil
	}
	if err != nil {
		f := t.syntax(err)
		f.Col = t.shift + 1
		r.faults = append(r.faults, f)
		return nil
	}
	r.mark(doc.Content[0], t)
	r.structure(doc.Content[0], 1)
	return doc.Content[0]
}

// nest wraps val into one mapping for each word of its path.
func (r *reader) nest(t *text, path []string, val *yaml.Node) *yaml.Node {
	keyText := *t
	keyText.shift = 0
	for i := len(path) - 1; i >= 0; i-- {
		col := utf8.RuneCountInString(strings.Join(path[:i], ".")) + 1
		if i > 0 {
			col++
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[i], Line: 1, Column: col}
		val = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, val}, Line: 1, Column: col}
		r.origin[key], r.origin[val] = &keyText, &keyText
	}
	return val
}

// mark remembers that a tree comes from an option.
func (r *reader) mark(n *yaml.Node, t *text) {
	r.origin[n] = t
	for _, c := range n.Content {
		r.mark(c, t)
	}
}
