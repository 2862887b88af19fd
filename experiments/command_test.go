package experiments

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsAreFilledIn(t *testing.T) {
	c := Cell{Model: Processes, Cores: 2, Workers: 4, Processes: 4, DurationS: 0.25, Params: map[string]string{"size": "{{items}}"}, Command: &Command{
		Argv: []string{"program", "{{workers}}/{{cores}}", "{{ items }}{{model}}", "{{seconds}}", "{{size}}", "{{dir}}/x", "{{here}}", "{{processes}}", "{plain}"},
		Env:  map[string]string{"B": "b", "A": "{{workers}}"},
	}}
	argv, env := c.Words(7, "/tmp/d", "/home/h")
	// What a param holds is the author's word: it is not filled in again.
	if want := strings.Fields("program 4/2 7processes 0.25 {{items}} /tmp/d/x /home/h 4 {plain}"); !slices.Equal(argv, want) {
		t.Errorf("argv is %q, want %q", argv, want)
	}
	if want := []string{"A=4", "B=b"}; !slices.Equal(env, want) {
		t.Errorf("env is %q, want %q", env, want)
	}
}

// An included cell that its command cannot run is left out and says why.
func TestMisfitsAreDropped(t *testing.T) {
	const text = "question: Q?\nworkloads: [{label: program, command: {threads: [program, \"{{items}}\"]}, items: 5}, {label: fixed, command: {threads: [program]}}]\n" +
		"models: [threads]\ncores: [1]\nscaling: [strong, weak]\n" +
		"include:\n  - {workload: program, model: threads, cores: 2, duration: 1s}\n  - {workload: program, model: processes, cores: 2}\n"
	p := planOf(t, text, Options{})
	var got []string
	for _, d := range p.Dropped {
		got = append(got, d.Because)
	}
	want := []string{
		"fixed: weak scaling multiplies the items, and the words for threads lack {{items}}",
		"program: the words for threads lack {{seconds}}: under a duration a program must be told the time",
		"program: it has no command for the model processes",
	}
	if !slices.Equal(got, want) {
		t.Errorf("dropped because\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
