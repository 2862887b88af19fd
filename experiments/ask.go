package experiments

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Ask is what someone wants to know of one workload: which model suits it. An experiment is
// written for it; see [Ask.YAML].
type Ask struct {
	Workload string              // name of a kernel; empty with Commands
	Params   []string            // its parameters, as "n=512"
	Commands map[string][]string // words of a program by model
	Models   []string            // in the order of [Models]
	Cores    []string            // as in a file: counts or max
	Workers  string              // count or multiple of the cores; empty: 1x
	Items    string              // as in a file; empty: auto
	Duration string              // fixed time instead; empty: none
	Top      int                 // largest number of cores, which the answer is about; 0: not known yet, and nothing is claimed
	Says     string              // words that ask this, for the file's first line
}

// AskName is the name of the experiment.
func (a Ask) AskName() string { return "advise-" + a.label() }

// programLabel is what charts call a program.
const programLabel = "program"

func (a Ask) label() string {
	if a.Workload == "" {
		return programLabel
	}
	return a.Workload
}

// What is asked about, in words.
func (a Ask) subject() string {
	if a.Workload != "" {
		return strings.Join(append([]string{a.Workload}, a.Params...), " ")
	}
	for _, model := range Models {
		if words := a.Commands[model]; words != nil {
			return strings.Join(words, " ")
		}
	}
	return programLabel
}

// places says where, as far as it is known.
func (a Ask) places() string {
	if a.Top == 0 {
		return ""
	}
	return " on " + plural(a.Top, "core")
}

// AskMetric is what the models are judged by: every trial has it, whatever is fixed.
const AskMetric = "throughput_items_per_s"

// YAML writes the experiment: every model on the same cores, each held against every other
// in claims, with controls, and with trials until the ratios are known to 3 %. Its profile
// smoke takes seconds and decides nothing.
func (a Ask) YAML() []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if a.Says != "" {
		line("# Written by: %s", strings.Join(strings.Fields(a.Says), " "))
	}
	line("question: %s\n", scalarText("Which model suits "+clipped(a.subject(), 120)+a.places()+"?"))
	line("analysis: |\n  Every model does the same work on the same cores. Each claim holds one model against\n" +
		"  another; those that are supported or reversed order the models, and those that are\n" +
		"  equivalent say that the choice between the two is one of memory, start and safety.\n")
	line("tags: [advice]\n")
	line("workloads:\n%s", a.workload("  ", a.Items, a.Duration))
	line("models: [%s]", strings.Join(a.Models, ", "))
	line("cores: [%s]", strings.Join(a.Cores, ", "))
	if a.Workers != "" {
		line("workers: %s", a.Workers)
	}
	line("\ntrials: {min: 10, max: 30, step: 5, precision: 3%%, budget: 4m}\nwarmup: 1\ntimeout: 60s")
	line("controls: true\n")
	if a.Top == 0 {
		return []byte(b.String())
	}
	a.claims(&b)
	items, duration := a.briefly()
	line("profiles:\n  smoke:                    # does it work at all?\n    trials: 2\n    warmup: 0\n    controls: false")
	line("    workloads:\n%s", strings.TrimRight(a.workload("      ", items, duration), "\n"))
	return []byte(b.String())
}

// briefly is how much a trial of the profile smoke does.
func (a Ask) briefly() (items, duration string) {
	switch {
	case a.Duration != "":
		return "", "50ms"
	case a.Items != "" && a.Items != "auto":
		return a.Items, ""
	case a.Workload != "" || a.counts():
		return "{auto: 50ms}", ""
	}
	return "", "" // a program that is not told how much to do does it once
}

// workload writes the entry of the list; how much it does is at the end.
func (a Ask) workload(indent, items, duration string) string {
	var lines []string
	if a.Workload != "" {
		lines = append(lines, "use: "+scalarText(a.Workload))
	} else {
		lines = append(lines, "label: "+programLabel, "command:")
		for _, model := range Models {
			if words := a.Commands[model]; words != nil {
				lines = append(lines, "  "+model+": "+flowText(words))
			}
		}
	}
	for _, p := range a.Params {
		name, value, _ := strings.Cut(p, "=")
		lines = append(lines, name+": "+value)
	}
	switch {
	case duration != "":
		lines = append(lines, "duration: "+duration)
	case items != "":
		lines = append(lines, "items: "+items)
	case a.Workload != "" || a.counts():
		lines = append(lines, "items: {auto: 500ms}")
	}
	return indent + "- " + strings.Join(lines, "\n"+indent+"  ") + "\n"
}

// counts reports whether a program is told how many items to do.
func (a Ask) counts() bool {
	for _, words := range a.Commands {
		if slices.Contains(heldIn(words...), holdItems) {
			return true
		}
	}
	return false
}

// claims writes one for every two models.
func (a Ask) claims(b *strings.Builder) {
	if len(a.Models) < 2 {
		return
	}
	cores := fmt.Sprint(a.Top)
	if slices.Contains(a.Cores, "max") {
		cores = "max" // on any machine
	}
	b.WriteString("claims:                       # every model against every other: the left one is claimed to be faster\n")
	for j, right := range a.Models {
		for _, left := range a.Models[j+1:] {
			fmt.Fprintf(b, "  - id: %s-beats-%s\n    says: With %s the work is done faster than with %s.\n    metric: %s\n    compare: {%s: %s}\n",
				left, right, left, right, AskMetric, left, right)
			fmt.Fprintf(b, "    where: {cores: %s}\n", cores)
		}
	}
	b.WriteString("\n")
}

// scalarText writes a text as YAML within one line.
func scalarText(s string) string {
	if plainText.MatchString(s) {
		return s
	}
	b, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s})
	if err != nil {
		panic("experiments: a text in YAML: " + err.Error())
	}
	return strings.Join(strings.Fields(string(b)), " ")
}

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_ ./=-]*\??$`)

func flowText(words []string) string {
	var list []string
	for _, w := range words {
		b, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: w})
		if err != nil {
			panic("experiments: a word in YAML: " + err.Error())
		}
		list = append(list, strings.TrimRight(string(b), "\n"))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// clipped cuts a text that is too long for a headline.
func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// SplitWords cuts a command line into words, as a shell does with blanks, single and double
// quotes; nothing else is special, for there is no shell.
func SplitWords(s string) ([]string, error) {
	var words []string
	word, quote, inside := "", rune(0), false
	for _, c := range s {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word += string(c)
		case c == '\'' || c == '"':
			quote, inside = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inside {
				words = append(words, word)
			}
			word, inside = "", false
		default:
			word, inside = word+string(c), true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is opened and never closed in %q", quote, clipped(s, 80))
	}
	if inside {
		words = append(words, word)
	}
	return words, nil
}
