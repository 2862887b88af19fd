package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"forklore/runner/work"
)

func goodPlan() Plan {
	return Plan{Addr: "127.0.0.1:34567", Path: `/a?b="c%20{n}"`, Expect: "line\nbreak \"{n}\" ü", Connections: 3, Mode: Search, Rate: 1234.5678901234567, Duration: time.Second,
		Warmup: 17, Seed: 1<<64 - 1, Timeout: time.Minute, Trace: true, Retry: true, Spin: true, Quantile: 0.999, Limit: 20 * time.Millisecond}
}

func TestPlanSurvivesItsLine(t *testing.T) {
	want := goodPlan()
	var b bytes.Buffer
	if err := want.write(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != 1 {
		t.Errorf("a plan of %d lines: %q", n, b.String())
	}
	var got Plan
	if err := got.read(b.String()); err != nil || got != want {
		t.Errorf("sent %+v\n got %+v\nerror %v", want, got, err)
	}
	for _, line := range []string{"", "\n", "plan\n", "go home\n", strings.Replace(b.String(), "1234.5", "many", 1)} {
		if err := got.read(line); err == nil || !strings.Contains(err.Error(), "no plan") {
			t.Errorf("%q is a plan: %v", line, err)
		}
	}
}

func TestEveryFaultOfAPlanIsNamed(t *testing.T) {
	err := Plan{Addr: "localhost", Path: "no slash", Mode: "half-open", Connections: 20_000, Rate: -1, Warmup: -1}.Check()
	if err == nil {
		t.Fatal("no fault")
	}
	for _, part := range []string{`address "localhost"`, `path "no slash"`, `mode "half-open": want closed, open or search`, "20000 connections: want 1 to 10000", "rate -1", "duration 0s", "warm-up -1ns", "timeout 0s"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
	for _, addr := range []string{"", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.256:80", "[::1]:80", "127.0.0.1:80 ", "1.2.3:4"} {
		p := goodPlan()
		p.Addr = addr
		if p.Check() == nil {
			t.Errorf("%q is an address", addr)
		}
	}
	p := goodPlan()
	p.Quantile, p.Limit = 1, 2*p.Timeout
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "quantile 1:") || !strings.Contains(err.Error(), "limit 2m0s: want more than 0 and up to the timeout, 1m0s") {
		t.Errorf("a search that cannot be: %v", err)
	}
	p = goodPlan()
	p.Rate, p.Timeout = 1e5, 401*time.Second
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "do not fit into memory") {
		t.Errorf("40 million requests may wait: %v", err)
	}
	if _, err := Start(program, nil, Plan{}); err == nil {
		t.Error("a generator of an empty plan was started")
	}
}

func someResult() Result {
	r := Result{Offered: 1000.5, Achieved: 999.25, Done: 1 << 40, Measured: 2, Errors: Errors{1, 2, 3, 4, 5, 6, "it said \"no\"\nand went"},
		Latency: work.NewHistogram(), Service: work.NewHistogram(), SendLateness: work.NewHistogram(),
		Waited: 7, Reopened: 8, CPUS: 0.1, SpunS: 1e-9, DelayS: 0.25, WallS: 3, FromNS: 1 << 60, ToNS: 1<<60 + 1, Saturated: "too busy: 100 %", MaxRate: 12.5,
		Steps: []Step{{1, 2, 3, 4, 5, "", "late"}, {10, 20, 30, 40, 50, "6 errors", ""}}}
	for i := range 10_000 {
		r.Latency.Record(time.Duration(i*i) * time.Microsecond)
	}
	r.Service.Record(time.Second)
	return r
}

func TestResultSurvivesItsLines(t *testing.T) {
	want := someResult()
	var b bytes.Buffer
	if err := want.write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := readResult(bufio.NewReader(&b))
	if err != nil || b.Len() > 0 {
		t.Fatalf("error %v, %d bytes left", err, b.Len())
	}
	if g, w := got.Latency.Buckets(), want.Latency.Buckets(); !reflect.DeepEqual(g, w) {
		t.Errorf("latencies differ: %d and %d spans", len(g), len(w))
	}
	if g := got.Service.Buckets(); !reflect.DeepEqual(g, want.Service.Buckets()) || got.SendLateness.Count() != 0 {
		t.Errorf("service times %v, %d lateness", g, got.SendLateness.Count())
	}
	got.Latency, got.Service, got.SendLateness = want.Latency, want.Service, want.SendLateness
	if !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v\n got %+v", want, got)
	}
}

func TestResultThatBreaksOffIsNone(t *testing.T) {
	var b bytes.Buffer
	r := someResult()
	if err := r.write(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, cut := range []int{0, 1, len(text) / 2, len(text) - 1} {
		if _, err := readResult(bufio.NewReader(strings.NewReader(text[:cut]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: error %v", cut, len(text), err)
		}
	}
	for _, line := range []string{"hello\n", "result 1 2\n", "latency 1 2\n", "latency a b c\n", "step\n", "fault no\n"} {
		if _, err := readResult(bufio.NewReader(strings.NewReader(line + text))); err == nil || !strings.Contains(err.Error(), "said") {
			t.Errorf("%q is part of a result: %v", line, err)
		}
	}
}

func TestFaultKeepsWhatTheSystemLacks(t *testing.T) {
	for _, want := range []error{errors.New("no \"server\"\nthere"), work.Unavailable{Reason: "RLIMIT_NOFILE is 3"}} {
		var b bytes.Buffer
		writeFault(&b, want)
		_, got := readResult(bufio.NewReader(&b))
		if got == nil || got.Error() != want.Error() || errors.As(got, &work.Unavailable{}) != errors.As(want, &work.Unavailable{}) {
			t.Errorf("sent %#v, got %#v", want, got)
		}
	}
}
