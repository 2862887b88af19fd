package experiments

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// companions reads what goes beside the work of an entry, out of the pairs that are no
// keys of every entry. There is one at the most: two would disturb each other.
func (r *reader) companions(given []pair) {
	first := ""
	for _, p := range given {
		i := slices.IndexFunc(r.cat.Companions, func(c CompanionSpec) bool { return c.Name == p.key.Value })
		if i < 0 {
			continue
		}
		if first != "" {
			r.fault(p.key, "%s and %s cannot go beside one workload: each would disturb the other", first, p.key.Value).Remedy =
				"list the workload twice, with a label"
			continue
		}
		first = p.key.Value
		r.companion(p.val, r.cat.Companions[i])
	}
}

func (r *reader) companion(n *yaml.Node, c CompanionSpec) {
	values := map[string]*yaml.Node{}
	switch {
	case r.bad[n]:
		return
	case n.Kind == yaml.MappingNode:
		values = r.companionKeys(n, c)
	case c.Short != "" && !isNull(n):
		values[c.Short] = n
	case n.Kind == yaml.ScalarNode && n.Value == "true":
	default:
		expected := "true or a mapping"
		if c.Short != "" {
			expected = "a value of " + c.Short + ", a list of them, or a mapping"
		}
		r.wrong(n, c.Name, expected).Allowed = c.keys()
		return
	}
	for _, s := range c.Params {
		p := param{s.Name, []string{s.Default}}
		if at := values[s.Name]; at != nil {
			p.values = r.paramValues(at, s.ParamSpec)
		}
		r.w.params = append(r.w.params, p)
		r.w.spec.Params = append(slices.Clip(r.w.spec.Params), s.ParamSpec)
	}
	r.w.spec.Measures = slices.Concat(r.w.spec.Measures, c.Measures)
}

// companionKeys returns the values of a companion's mapping by the names of its parameters.
func (r *reader) companionKeys(n *yaml.Node, c CompanionSpec) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	var keys []string
	for _, s := range c.Params {
		keys = append(keys, s.Key)
	}
	for _, p := range r.pairs(n) {
		i := slices.Index(keys, p.key.Value)
		if i < 0 {
			r.unknown(p.key, c.Name+" key", keys)
			continue
		}
		values[c.Params[i].Name] = p.val
	}
	return values
}

// keys says in words what the mapping of a companion may hold.
func (c CompanionSpec) keys() string {
	text := ""
	for _, s := range c.Params {
		if text != "" {
			text += "; "
		}
		text += s.Key + ": " + s.Allowed
	}
	return text
}

// companionMeasures names what the companion of a cell measures.
func (cat Catalogue) companionMeasures(c *Cell) []string {
	for _, one := range cat.Companions {
		for _, p := range one.Params {
			if _, ok := c.Params[p.Name]; ok {
				return one.Measures
			}
		}
	}
	return nil
}

// alone is a cell without what is beside its workload: calibration does not look at that.
func (cat Catalogue) alone(c *Cell) Cell {
	own := *c
	own.Params = maps.Clone(c.Params)
	for _, one := range cat.Companions {
		for _, p := range one.Params {
			delete(own.Params, p.Name)
		}
	}
	return own
}
