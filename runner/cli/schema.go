package cli

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of experiment files, for editors",
		Long: `Schema prints the JSON Schema (draft 2020-12) of experiment files: editors
complete and check with it while one writes. It knows the keys, their types and the
names; what depends on the machine or on several keys at once is for forklore
validate to say.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cat, err := catalogue()
			if err != nil {
				return err
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			return enc.Encode(schemaOf(cat))
		},
	}
}

// node is a JSON Schema. A map is written with its keys sorted, so the same
// catalogue gives the same bytes.
type node map[string]any

func typed(name string) node         { return node{"type": name} }
func enum(words ...string) node      { return node{"enum": words} }
func count(least int) node           { return node{"type": "integer", "minimum": least} }
func listOf(one node) node           { return node{"type": "array", "items": one, "minItems": 1} }
func either(one node) node           { return node{"anyOf": []node{one, listOf(one)}} }
func anyOf(list ...node) node        { return node{"anyOf": list} }
func pattern(expression string) node { return node{"type": "string", "pattern": expression} }
func object(properties map[string]node) node {
	return node{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1}
}

var (
	text     = node{"type": "string", "minLength": 1}
	duration = pattern(`^([0-9.]+(ns|us|µs|ms|s|m|h))+$`)
	scalar   = node{"type": []string{"string", "number", "boolean"}}
	bound    = node{"type": []string{"string", "number"}}
	percent  = pattern(`^[0-9.]+ ?%$`)
	words    = listOf(scalar)
)

// forms are the shapes of the keys that are more than what their documentation
// says: everything else is read off the table of keys.
func forms(cat experiments.Catalogue) map[string]node {
	workloads := workloadNames(cat)
	cores := anyOf(count(1), enum("max"))
	span := object(map[string]node{"powers_of_two": cores, "from": cores, "to": cores, "step": count(1)})
	whole := object(map[string]node{"powers_of_two": cores, "from": cores, "to": cores, "step": count(1),
		"list": listOf(anyOf(cores, span)), "when_missing": enum("skip")})
	axes := node{"type": "object", "minProperties": 1, "additionalProperties": either(scalar)}
	return map[string]node{
		"question": text, "analysis": text, "tags": listOf(text),
		"workloads.use": enum(workloads...), "workloads.label": text,
		"workloads.items":    anyOf(count(1), enum("auto"), object(map[string]node{"auto": duration})),
		"workloads.duration": duration,
		"workloads.command":  {"type": "object", "minProperties": 1, "propertyNames": enum(experiments.Models...), "additionalProperties": words},
		"workloads.params":   {"type": "object", "minProperties": 1, "additionalProperties": either(scalar)},
		"workloads.env":      {"type": "object", "minProperties": 1, "additionalProperties": scalar},
		"workloads.files":    listOf(text), "workloads.needs": listOf(text), "workloads.build": words, "workloads.version": words, "workloads.protocol": {"const": 1}, "workloads.install": text,
		"workloads.verify.exit": {"type": "integer", "minimum": 0, "maximum": 255}, "workloads.verify.output": text,
		"workloads.verify.checksum": pattern(`^(stdout|sum|[0-9a-f]{64})$`),
		"workloads.metrics.match":   text, "workloads.metrics.unit": text, "workloads.metrics.title": text, "workloads.metrics.less": typed("boolean"),
		"models.use": enum(experiments.Models...), "models.label": text, "models.processes": either(count(1)),
		"cores":    anyOf(listOf(anyOf(cores, span)), whole),
		"workers":  either(anyOf(count(1), pattern(`^[1-9][0-9]*x$`))),
		"schedule": either(enum(experiments.Static, experiments.Dynamic)), "scaling": either(enum(experiments.Strong, experiments.Weak)),
		"iterations": either(count(1)),
		"trials.min": count(2), "trials.max": count(2), "trials.step": count(1), "trials.precision": percent, "trials.budget": duration,
		"warmup": count(0), "order": enum("blocks", "sequential"), "seed": count(0), "timeout": duration,
		"placement.policy": enum("compact", "scatter", "none"), "placement.smt": enum("avoid", "allow"),
		"placement.numa": enum("any", "local"), "placement.runner": enum("spare", "any"),
		"sample.every": duration, "sample.metrics": listOf(enum(experiments.SampleMetrics...)),
		"controls.aa": typed("boolean"), "controls.positive": typed("boolean"), "controls.canary": typed("boolean"), "controls.where": axes,
		"charts":  listOf(enum(cat.Charts...)),
		"include": listOf(axes), "exclude": listOf(axes),
		"override":  listOf(object(map[string]node{"where": axes, "set": {"type": "object", "minProperties": 1}})),
		"claims.id": pattern(`^[a-z0-9]+(-[a-z0-9]+)*$`), "claims.says": text, "claims.metric": anyOf(enum(claimMetrics(cat)...), pattern(`^[a-z][a-zA-Z0-9_]*$`)), // see ownMetricsOnly
		"claims.compare": {"type": "object", "minProperties": 1, "additionalProperties": scalar},
		"claims.law":     text, "claims.quantity": text, "claims.model": text,
		"claims.at_least": bound, "claims.at_most": bound, "claims.where": axes, "claims.margin": percent, "claims.otherwise": either(text),
		"profiles": {"type": "object", "minProperties": 1, "additionalProperties": typed("object")},
	}
}

func workloadNames(cat experiments.Catalogue) []string {
	var names []string
	for _, w := range cat.Workloads {
		if !w.Hidden {
			names = append(names, w.Name)
		}
	}
	return names
}

// claimMetrics are the metrics that a claim may be about.
func claimMetrics(cat experiments.Catalogue) []string {
	names := append([]string{"ok"}, cat.Metrics...)
	for _, w := range cat.Workloads {
		if !w.Hidden {
			names = append(names, w.Measures...)
		}
	}
	for _, c := range cat.Companions {
		names = append(names, c.Measures...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// schemaOf builds the schema from the table of keys.
func schemaOf(cat experiments.Catalogue) node {
	forms := forms(cat)
	keys := experiments.Keys()
	top := group(keys, "", forms)
	workload := group(keys, "workloads.", forms)
	inner := workload["properties"].(map[string]node)
	for name, form := range map[string]node{
		"verify": group(keys, "workloads.verify.", forms), "metrics": {"type": "object", "minProperties": 1, "additionalProperties": group(keys, "workloads.metrics.", forms)},
	} {
		for k, v := range form {
			inner[name][k] = v
		}
	}
	for _, c := range cat.Companions {
		inner[c.Name] = companionForm(c)
	}
	workload["oneOf"] = []node{{"required": []string{"use"}}, {"required": []string{"command", "label"}}}
	workload["additionalProperties"] = either(scalar) // the workload's own parameters
	workload["allOf"] = workloadParams(cat)
	properties := top["properties"].(map[string]node)
	put := func(name string, form node) {
		for k, v := range form {
			properties[name][k] = v
		}
	}
	put("workloads", listOf(anyOf(enum(workloadNames(cat)...), workload)))
	put("models", listOf(anyOf(enum(experiments.Models...), group(keys, "models.", forms))))
	put("trials", anyOf(count(1), group(keys, "trials.", forms)))
	put("controls", anyOf(typed("boolean"), group(keys, "controls.", forms)))
	put("claims", listOf(group(keys, "claims.", forms)))
	put("placement", group(keys, "placement.", forms))
	put("sample", group(keys, "sample.", forms))
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "forklore experiment"
	ownMetricsOnly(top, cat)
	return top
}

// ownMetricsOnly leaves claims the metrics that there are, unless a command of the file
// prints others.
func ownMetricsOnly(top node, cat experiments.Catalogue) {
	prints := node{"properties": node{"workloads": node{"contains": node{"type": "object", "required": []string{"metrics"}}}}}
	known := node{"properties": node{"metric": enum(claimMetrics(cat)...)}}
	top["if"] = node{"not": prints}
	top["then"] = node{"properties": node{"claims": node{"items": known}}}
}

// group is the object of the keys right below prefix.
func group(keys []experiments.Key, prefix string, forms map[string]node) node {
	properties := map[string]node{}
	var required []string
	for _, k := range keys {
		name, ok := strings.CutPrefix(k.Name, prefix)
		if !ok || strings.Contains(name, ".") {
			continue
		}
		one := node{"description": k.Summary, "examples": []string{k.Example}}
		if k.Default != "" {
			one["description"] = k.Summary + " Unless given: " + k.Default + "."
		}
		for key, v := range forms[k.Name] {
			one[key] = v
		}
		properties[name] = one
		if k.Required {
			required = append(required, name)
		}
	}
	o := object(properties)
	if required != nil {
		o["required"] = required
	}
	return o
}

// workloadParams tells, for each workload, its own parameters.
func workloadParams(cat experiments.Catalogue) []node {
	var all []node
	for _, w := range cat.Workloads {
		if w.Hidden {
			continue
		}
		params := map[string]node{}
		for _, p := range w.Params {
			one := either(scalar)
			one["description"] = p.Allowed + "; " + p.Default + " unless given"
			params[p.Name] = one
		}
		known := node{}
		for name := range params {
			known[name] = true
		}
		for _, c := range cat.Companions {
			known[c.Name] = true
		}
		for _, name := range []string{"use", "label", "items", "duration"} {
			known[name] = true
		}
		all = append(all, node{
			"if":   node{"properties": node{"use": node{"const": w.Name}}, "required": []string{"use"}},
			"then": node{"properties": params, "propertyNames": enum(slices.Sorted(keysOf(known))...)},
		})
	}
	return all
}

// companionForm is what goes beside a workload: all defaults, a short form or a mapping.
func companionForm(c experiments.CompanionSpec) node {
	keys := map[string]node{}
	for _, p := range c.Params {
		one := either(scalar)
		one["description"] = p.Allowed + "; " + p.Default + " unless given"
		keys[p.Key] = one
	}
	short := node{"const": true}
	if c.Short != "" {
		short = either(scalar)
	}
	form := anyOf(short, object(keys))
	form["description"] = c.Summary
	return form
}

func keysOf(m node) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
