package experiments

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Source is an experiment file before it is read.
type Source struct {
	Name string // of the experiment; the base name of File unless given
	File string // as messages show it
	Text []byte

	Folder fs.FS  // what lies beside the file; nil: nothing is known of it
	Here   string // path of that folder; empty for what is built in
}

// Options change a file for one run.
type Options struct {
	Profile string
	Set     []string // "key=value": dotted key, value in YAML; applied after the profile
	Filter  string   // which cells are run: see [Experiment.Plan]
}

// Experiment is one question, read and checked. Its grid of cells comes out of
// [Experiment.Plan].
type Experiment struct {
	Name     string
	File     string
	Text     []byte // the exact bytes of the file
	Question string
	Analysis string // Markdown
	Tags     []string
	Charts   []string // empty means all that the data allow
	Trials   int      // the most there can be where Adaptive is set
	Warmup   int
	Adaptive *Adaptive // nil: Trials blocks
	Claims   []Claim
	Controls Controls
	Order    string // "blocks" or "sequential"
	Seed     uint64
	Sample   Sample
	Profiles []string // names, in the order of the file
	Options  Options

	Folder fs.FS  // as in Source
	Here   string // as in Source

	grid *grid
}

// Load reads an experiment. Its error is a [Faults] with everything that is
// wrong with the file, with any of its profiles and with the options. Too few
// CPUs are a fault for what is run, not for profiles that were not chosen.
func Load(src Source, cat Catalogue, opt Options) (*Experiment, error) {
	t := newText(src.File, src.Text)
	root, faults := t.parse(src.Text)
	if root == nil {
		return nil, faults
	}
	r := &reader{cat: cat, text: t, folder: src.Folder, bad: map[*yaml.Node]bool{}, faults: faults}
	r.structure(root, 1)
	base := r.document(root)
	profiles := r.nodes["profiles"]
	for _, p := range r.profilePairs(profiles) {
		r.overlaid(root, p.val, " (with profile "+p.key.Value+")")
	}
	e, lacking := base, r.lacking
	if opt.Profile != "" || len(opt.Set) > 0 {
		e, lacking = r.changed(root, profiles, opt)
	}
	r.faults = append(r.faults, lacking...)
	if _, err := parseFilter(opt.Filter); err != nil {
		r.faults = append(r.faults, err...)
	}
	if len(r.faults) > 0 {
		return nil, r.faults.sorted()
	}
	e.Name, e.File, e.Text, e.Profiles, e.Options = src.Name, src.File, src.Text, base.Profiles, opt
	e.Folder, e.Here = src.Folder, src.Here
	if e.Name == "" {
		e.Name = strings.TrimSuffix(filepath.Base(src.File), filepath.Ext(src.File))
	}
	return e, nil
}

// document reads a whole document, overlaid or not.
func (r *reader) document(root *yaml.Node) *Experiment {
	r.e = &Experiment{grid: &grid{cpus: max(1, r.cat.CPUs), spin: spinOf(r.cat)}}
	r.grid, r.nodes, r.lacking = r.e.grid, map[string]*yaml.Node{}, nil
	r.group(root, "", nil)
	r.checkGrid()
	return r.e
}

// overlaid reads root with the keys of a profile or of options laid over it.
// Its new faults carry the note: the place may look innocent without it. What
// it lacks CPUs for is returned.
func (r *reader) overlaid(root, over *yaml.Node, note string) (*Experiment, Faults) {
	merged, fromBase := overlay(root, over)
	sub := *r
	sub.faults, sub.fromBase = nil, fromBase
	e := sub.document(merged)
	for _, f := range sub.faults {
		if !r.faults.has(f) {
			r.faults = append(r.faults, f.noted(note))
		}
	}
	for i, f := range sub.lacking {
		if !r.lacking.has(f) {
			sub.lacking[i] = f.noted(note)
		}
	}
	return e, sub.lacking
}

// has reports whether a fault is told already, with a note or without.
func (f Faults) has(one Fault) bool {
	return slices.ContainsFunc(f, func(old Fault) bool {
		return old.File == one.File && old.Line == one.Line && old.Col == one.Col && strings.HasPrefix(old.Message, one.Message)
	})
}

// noted adds a note to a fault of the file.
func (f Fault) noted(note string) Fault {
	if f.Line > 0 {
		f.Message += note
	}
	return f
}

// overlay returns root with the keys of over in place of its own, and which
// keys are still root's. Settings (merge) are changed one by one; everything
// else is replaced as a whole: half a list is nobody's intention.
func overlay(root, over *yaml.Node) (*yaml.Node, map[string]bool) {
	out := *root
	out.Content = slices.Clone(root.Content)
	fromBase := map[string]bool{}
	for i := 0; i < len(root.Content); i += 2 {
		fromBase[root.Content[i].Value] = true
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		k, v := over.Content[i], over.Content[i+1]
		at := -1
		for j := 0; j+1 < len(out.Content); j += 2 {
			if out.Content[j].Value == k.Value {
				at = j
			}
		}
		fromBase[k.Value] = false
		switch {
		case at < 0:
			out.Content = append(out.Content, k, v)
		case merges(k.Value) && v.Kind == yaml.MappingNode && out.Content[at+1].Kind == yaml.MappingNode:
			out.Content[at+1], _ = overlay(out.Content[at+1], v)
		default:
			out.Content[at], out.Content[at+1] = k, v
		}
	}
	return &out, fromBase
}

func merges(name string) bool {
	for _, k := range keys() {
		if k.Name == name {
			return k.merge
		}
	}
	return false
}
