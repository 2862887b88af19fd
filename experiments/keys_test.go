package experiments

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestKeys: the table documents every key, and its examples are true.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Keys() {
		if seen[k.Name] || k.Summary == "" || k.Type == "" || k.Example == "" || !strings.HasSuffix(k.Summary, ".") {
			t.Errorf("key %q is given twice or badly documented: %+v", k.Name, k)
		}
		seen[k.Name] = true
		if later[k.Name] != "" {
			t.Errorf("key %q is known and said to be unsupported", k.Name)
		}
		if k.Required && k.Default != "" {
			t.Errorf("key %q is required and has a default", k.Name)
		}
	}
	for _, name := range strings.Fields("question analysis tags workloads models cores workers schedule scaling iterations exclude include " +
		"override trials warmup order seed timeout placement sample charts profiles claims controls trials.min trials.budget controls.canary claims.where") {
		if !seen[name] {
			t.Errorf("key %q is missing", name)
		}
	}
}

// TestKeyExamples lays every example over a file that suits them all.
func TestKeyExamples(t *testing.T) {
	base := map[string]string{
		"question": "question: Q?", "workloads": "workloads: [sieve, {use: matmul, n: [64, 128]}]",
		"models": "models: [sequential, goroutines, threads, processes]", "cores": "cores: [1, max]", "workers": "workers: [1x, 64x]",
	}
	order := []string{"question", "workloads", "models", "cores", "workers"}
	for _, k := range keys() {
		lines := map[string]string{}
		for name, line := range base {
			lines[name] = line
		}
		group, _, nested := strings.Cut(k.Name, ".")
		switch {
		case !nested:
			lines[k.Name] = k.Example
		case k.command:
			lines[group] = fmt.Sprintf("workloads: [{%s}]", commandExample(k.Key))
		case group == "workloads":
			lines[group] = fmt.Sprintf("workloads: [{use: sieve, %s}]", k.Example)
		case group == "models":
			lines[group] = fmt.Sprintf("models: [{use: hybrid, %s}]", k.Example)
		case k.Name == "claims.otherwise":
			lines[group] = "claims: [{id: shared-pages-help, says: They help., metric: wall_s, at_most: 1s}, {says: They do not., metric: wall_s, at_least: 5s, " + k.Example + "}]"
		case group == "claims":
			lines[group] = fmt.Sprintf("claims: [{%s}]", strings.Join(append(claimBeside(k.Name), k.Example), ", "))
		default:
			lines[group] = fmt.Sprintf("%s: {%s}", group, k.Example)
		}
		if strings.HasSuffix(k.Name, ".use") {
			lines[group] = fmt.Sprintf("%s: [{%s}]", group, k.Example)
		}
		text := ""
		for _, name := range order {
			text += lines[name] + "\n"
		}
		if !slices.Contains(order, group) {
			text += lines[group] + "\n"
		}
		if _, err := Load(Source{File: "example.yaml", Text: []byte(text)}, testCatalogue(4), Options{}); err != nil {
			t.Errorf("the example of %s is wrong:\n%v\nin\n%s", k.Name, err, text)
		}
	}
}

// commandExample is an entry of workloads with the example of a key that only commands have.
func commandExample(k Key) string {
	part := k.Example
	switch words := strings.Split(k.Name, "."); {
	case k.Name == "workloads.command":
		return "label: program, " + part
	case k.Name == "workloads.params":
		return `label: program, command: {sequential: [program, "{{size}}"]}, ` + part
	case k.Name == "workloads.metrics.less":
		part = "metrics: {took_s: {match: '([0-9]+)', " + part + "}}"
	case len(words) == 3 && words[1] == "metrics":
		part = "metrics: {took_s: {match: '([0-9]+)', less: true, " + part + "}}"
		if words[2] == "match" {
			part = "metrics: {took_s: {less: true, " + k.Example + "}}"
		}
	case len(words) == 3:
		part = words[1] + ": {" + part + "}"
	}
	return `label: program, command: {threads: [program, "{{items}}"]}, ` + part
}

// claimBeside is what a claim needs beside one of its keys.
func claimBeside(name string) []string {
	says := "says: Processes are faster."
	switch name {
	case "claims.says":
		return []string{"metric: wall_s", "compare: {processes: goroutines}"}
	case "claims.metric", "claims.margin":
		return slices.DeleteFunc([]string{says, "metric: wall_s", "compare: {processes: goroutines}"}, func(s string) bool {
			return strings.HasPrefix(s, "metric") && name == "claims.metric"
		})
	case "claims.compare":
		return []string{says, "metric: wall_s"}
	case "claims.law", "claims.quantity", "claims.model":
		return slices.DeleteFunc([]string{says, "law: usl", "quantity: sigma", "model: threads", "at_most: 2%"}, func(s string) bool {
			return strings.HasPrefix(s, strings.TrimPrefix(name, "claims."))
		})
	case "claims.at_least", "claims.at_most":
		return []string{says, "metric: cpu_share"}
	}
	return []string{says, "metric: wall_s", "at_most: 5s"}
}

// TestDefaults: a file that writes every default out has the same plan.
func TestDefaults(t *testing.T) {
	text := "question: Q?\nworkloads: [sieve]\nmodels: [goroutines]\ncores: [1, 2]\n"
	written, groups := text, map[string][]string{}
	for _, k := range Keys() {
		group, name, nested := strings.Cut(k.Name, ".")
		switch {
		case k.Default == "" || k.Default == "{}":
		case group == "workloads":
			written = strings.Replace(written, "[sieve]", fmt.Sprintf("[{use: sieve, %s: %s}]", name, k.Default), 1)
		case group == "trials" && nested: // of the other form
		case nested:
			groups[group] = append(groups[group], name+": "+k.Default)
		default:
			written += k.Name + ": " + k.Default + "\n"
		}
	}
	for group, parts := range groups {
		written += fmt.Sprintf("%s: {%s}\n", group, strings.Join(parts, ", "))
	}
	if a, b := planOf(t, text, Options{}), planOf(t, written, Options{}); a.Hash != b.Hash || a.Sample.EveryS != b.Sample.EveryS {
		t.Errorf("defaults written out change the plan:\n%s\n%s\n%s", written, show(a), show(b))
	}
}

func TestNearest(t *testing.T) {
	known := []string{"workloads", "workers", "models", "cores", "trials", "processes", "max"}
	for wrong, want := range map[string]string{
		"trails": "trials", "worker": "workers", "core": "cores", "Cores": "cores", "process": "processes", "model": "models",
		"banana": "", "": "", "mx": "max", "zzz": "", "wrokloads": "workloads", strings.Repeat("x", 100): "",
	} {
		if got := nearest(wrong, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", wrong, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"trails", "trials", 1}, {"ca", "abc", 3}} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestUnderline(t *testing.T) {
	for _, c := range []struct {
		source string
		col    int
		line   string
		caret  string
	}{
		{"abc", 1, "abc", "^"}, {"abc", 4, "abc", "   ^"}, {"\tab", 3, "\tab", "\t ^"}, {"日本x", 3, "日本x", "    ^"},
		{"e\u0301x", 3, "e\u0301x", " ^"}, {"a\x1b[31mb", 7, "a\ufffd[31mb", "      ^"}, {"", 1, "", ""},
	} {
		if line, caret := underline(c.source, c.col); line != c.line || caret != c.caret {
			t.Errorf("underline(%q, %d) = %q, %q", c.source, c.col, line, caret)
		}
	}
	long := strings.Repeat("x", 300) + "!" + strings.Repeat("y", 300)
	line, caret := underline(long, 301)
	if at := strings.IndexByte(caret, '^'); line[at] != '!' || len(line) > 120 || !regexp.MustCompile(`^\.\.\.x+!y+\.\.\.$`).MatchString(line) {
		t.Errorf("a long line is cut wrongly:\n%s\n%s", line, caret)
	}
}

func TestManyFaults(t *testing.T) {
	text := "question: Q?\n"
	for i := range 150 {
		text += fmt.Sprintf("key%d: 1\n", i)
	}
	_, err := Load(Source{File: "many.yaml", Text: []byte(text)}, testCatalogue(4), Options{})
	if faults, ok := err.(Faults); !ok || len(faults) != 153 || !strings.HasSuffix(err.Error(), "... and 53 more") {
		t.Errorf("got %d faults ending in %q", len(faults), err.Error()[len(err.Error())-30:])
	}
}
