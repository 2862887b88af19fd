package work

import (
	"strings"
	"testing"
	"time"
)

var (
	wholeParam    = Param{Name: "n", Type: "int", Default: "8", Min: 1, Max: 4096}
	bytesParam    = Param{Name: "size", Type: "bytes", Default: "4096", Min: 1 << 10, Max: 1 << 30}
	durationParam = Param{Name: "wait", Type: "duration", Default: "2ms", Min: 0, Max: 10}
	floatParam    = Param{Name: "share", Type: "float", Default: "0.5", Min: -1, Max: 1}
	choiceParam   = Param{Name: "how", Type: "choice", Default: "none", Choices: []string{"none", "panic"}}
	boolParam     = Param{Name: "touch", Type: "bool", Default: "false"}
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		param Param
		want  string
	}{
		{wholeParam, "a whole number from 1 to 4096"},
		{bytesParam, "bytes from 1KiB to 1GiB"},
		{Param{Type: "bytes", Min: 0, Max: 1000}, "bytes from 0B to 1000B"},
		{durationParam, "a duration from 0s to 10s"},
		{floatParam, "a number from -1 to 1"},
		{choiceParam, "one of none, panic"},
		{boolParam, "true or false"},
	} {
		if got := c.param.Allowed(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.param.Name, got, c.want)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	for _, c := range []struct {
		param      Param
		text, want string
	}{
		{wholeParam, "1", "1"},
		{wholeParam, "4096", "4096"},
		{bytesParam, "4096", "4096"},
		{bytesParam, "4096B", "4096"},
		{bytesParam, "4KB", "4000"},
		{bytesParam, "4kB", "4000"},
		{bytesParam, "4 KiB", "4096"},
		{bytesParam, "1.5MiB", "1572864"},
		{bytesParam, "3MB", "3000000"},
		{bytesParam, "1GB", "1000000000"},
		{bytesParam, "1GiB", "1073741824"},
		{durationParam, "0s", "0s"},
		{durationParam, "1500us", "1.5ms"},
		{durationParam, "10s", "10s"},
		{durationParam, "0.25ms", "250us"},
		{durationParam, "250µs", "250us"},
		{floatParam, "-1", "-1"},
		{floatParam, "5e-1", "0.5"},
		{floatParam, "-0", "0"},
		{choiceParam, "panic", "panic"},
		{boolParam, "true", "true"},
	} {
		got, err := c.param.Check(c.text)
		if err != nil || got != c.want {
			t.Errorf("%s %q: got %q, %v; want %q", c.param.Type, c.text, got, err, c.want)
		}
		if again, err := c.param.Check(got); err != nil || again != got {
			t.Errorf("%s %q: the canonical %q checks as %q, %v", c.param.Type, c.text, got, again, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		param      Param
		text, want string // want is part of the message
	}{
		{wholeParam, "0", "too small"},
		{wholeParam, "-5", "too small"},
		{wholeParam, "4097", "too large"},
		{wholeParam, "99999999999999999999", "too large"},
		{wholeParam, "010", "not a whole number"},
		{wholeParam, "0x10", "not a whole number"},
		{wholeParam, "1_000", "not a whole number"},
		{wholeParam, "1e3", "not a whole number"},
		{wholeParam, "1.0", "not a whole number"},
		{wholeParam, "+8", "not a whole number"},
		{wholeParam, " 8", "not a whole number"},
		{wholeParam, "", "not a whole number"},
		{bytesParam, "1023B", "too small"},
		{bytesParam, "2GiB", "too large"},
		{bytesParam, "9999999999999999999GiB", "too large"},
		{bytesParam, "4K", "unit"},
		{bytesParam, "4TB", "unit"},
		{bytesParam, "4 mb", "unit"},
		{bytesParam, "MiB", "unit"},
		{bytesParam, "1.0001KiB", "whole number of bytes"},
		{bytesParam, "1.2.3KiB", "unit"},
		{bytesParam, "1e6", "unit"},
		{durationParam, "5", "no unit"},
		{durationParam, "0", "no unit"},
		{durationParam, "0.5", "no unit"},
		{durationParam, "-1s", "too small"},
		{durationParam, "10.1s", "too large"},
		{durationParam, "5 ms", "not a duration"},
		{durationParam, "5 minutes", "not a duration"},
		{floatParam, "NaN", "not a number"},
		{floatParam, "Inf", "not a number"},
		{floatParam, "0x1p-2", "not a number"},
		{floatParam, "0_1", "not a number"},
		{floatParam, "1.01", "too large"},
		{choiceParam, "pnic", "nearest is panic"},
		{choiceParam, "Panic", "nearest is panic"},
		{boolParam, "yes", "not a truth value"},
	} {
		got, err := c.param.Check(c.text)
		if err == nil {
			t.Errorf("%s %q: accepted as %q", c.param.Type, c.text, got)
			continue
		}
		for _, part := range []string{c.want, "\"" + c.text + "\""} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s %q: %q lacks %q", c.param.Type, c.text, err, part)
			}
		}
	}
}

func TestParse(t *testing.T) {
	kind := Kind{Name: "demo", Params: []Param{wholeParam, bytesParam, durationParam, floatParam, boolParam}}
	ps, err := kind.Parse(map[string]string{"size": "2MiB", "touch": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if n := ps.Int("n"); n != 8 {
		t.Errorf("n = %d, want the default 8", n)
	}
	if size := ps.Bytes("size"); size != 2<<20 || ps.String("size") != "2097152" {
		t.Errorf("size = %d, spelled %q", size, ps.String("size"))
	}
	if wait := ps.Duration("wait"); wait != 2*time.Millisecond {
		t.Errorf("wait = %v", wait)
	}
	if share := ps.Float("share"); share != 0.5 {
		t.Errorf("share = %v", share)
	}
	if !ps.Bool("touch") {
		t.Error("touch = false")
	}
}

func TestParseReportsAllFaults(t *testing.T) {
	kind := Kind{Name: "demo", Params: []Param{wholeParam, bytesParam}}
	_, err := kind.Parse(map[string]string{"n": "none", "size": "1", "sise": "2MiB", "depth": "3"})
	want := strings.Join([]string{
		`workload demo: parameter n: "none" is not a whole number; allowed is a whole number from 1 to 4096`,
		`workload demo: parameter size: "1" is too small; allowed is bytes from 1KiB to 1GiB`,
		`workload demo has no parameter "depth"; it has n, size`,
		`workload demo has no parameter "sise"; it has size, n`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	_, err = Kind{Name: "bare"}.Parse(map[string]string{"n": "1"})
	if want := `workload bare has no parameter "n"; it has none`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
