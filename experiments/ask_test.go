package experiments

import (
	"slices"
	"strings"
	"testing"
)

// Every experiment that is written can be read, whatever the words are.
func TestAskIsValid(t *testing.T) {
	for name, a := range map[string]Ask{
		"kernel":   {Workload: "sieve", Models: Models[:4], Cores: []string{"2"}, Top: 2, Says: "forklore advise\n --workload sieve"},
		"all":      {Workload: "matmul", Params: []string{"n=64"}, Models: Models, Cores: []string{"1", "max"}, Workers: "4x", Items: "100", Top: 4},
		"time":     {Workload: "sieve", Models: Models[1:], Cores: []string{"2"}, Duration: "200ms", Top: 2},
		"nothing":  {Workload: "sieve", Models: Models[:1], Cores: []string{"1"}, Top: 1},
		"no claim": {Workload: "sieve", Models: Models, Cores: []string{"1"}},
		"program":  {Commands: map[string][]string{Threads: {"sh", "-c", `echo "a: b" #c`, "{{workers}}", "{{items}}", ""}, Processes: {"x: [y]", "{{items}}", "'"}}, Models: []string{Threads, Processes}, Cores: []string{"2"}, Top: 2},
	} {
		text := a.YAML()
		for _, profile := range []string{"", "smoke"} {
			if a.Top == 0 && profile != "" {
				continue
			}
			e, err := Load(Source{File: "ask.yaml", Text: text}, testCatalogue(4), Options{Profile: profile})
			if err != nil {
				t.Fatalf("%s: %v\nin\n%s", name, err, text)
			}
			n := len(a.Models) * (len(a.Models) - 1) / 2
			if a.Top == 0 {
				n = 0
			}
			if len(e.Claims) != n {
				t.Errorf("%s: %d claims, want %d", name, len(e.Claims), n)
			}
			p, err := e.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if name == "program" && p.Cells[0].Command.Argv[2] != `echo "a: b" #c` {
				t.Errorf("the words became %q", p.Cells[0].Command.Argv)
			}
		}
	}
}

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"": nil, "  a  b\tc ": {"a", "b", "c"}, `a 'b  c' "d 'e'" f"g"h`: {"a", "b  c", "d 'e'", "fgh"}, `'' x`: {"", "x"}, `{{workers}}`: {"{{workers}}"},
	} {
		if got, err := SplitWords(in); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := SplitWords(`a "b`); err == nil || !strings.Contains(err.Error(), "never closed") {
		t.Error(err)
	}
}

func TestParseMust(t *testing.T) {
	for in, want := range map[string]struct {
		metric string
		most   float64
		least  float64
	}{
		"isolate": {"", 0, 0}, "share": {"", 0, 0}, "memory<1GiB": {"memory", 1 << 30, 0}, "p99 < 20ms": {"p99", 0.02, 0},
		"p999<=1s": {"p999", 1, 0}, "cpu_share>90%": {"cpu_share", 0, 0.9}, "spawn_s<5ms": {"spawn_s", 0.005, 0}, "throughput_items_per_s>=1000": {"throughput_items_per_s", 0, 1000},
	} {
		m, err := ParseMust(in)
		if err != nil || m.Metric != want.metric || m.Isolate != (in == "isolate") || m.Share != (in == "share") ||
			(want.most != 0) != (m.AtMost != nil) || (want.least != 0) != (m.AtLeast != nil) ||
			m.AtMost != nil && *m.AtMost != want.most || m.AtLeast != nil && *m.AtLeast != want.least {
			t.Errorf("%q: %+v, %v", in, m, err)
		}
	}
	for in, want := range map[string]string{
		"isolat": `did you mean "isolate"`, "": "isolate, share", "p99<20": "a duration", "memory<5": "bytes with a unit", "memory<-1GiB": "bytes", "p99": "p99<20ms", "p98<1ms": "a number", "p99<-5ms": "a duration",
	} {
		if _, err := ParseMust(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}
