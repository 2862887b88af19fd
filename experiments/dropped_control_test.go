package experiments

import "testing"

// A control that the plan cannot have is dropped with its reason and is no
// longer asked for: its gate would break every verdict for want of trials.
func TestDroppedControlIsNotAskedFor(t *testing.T) {
	text := `
question: Can fixed time do 10 % more work?
workloads: [{use: sieve, duration: 100ms}]
models: [goroutines, processes]
cores: [1]
controls: true
`
	e, err := Load(Source{Name: "test", File: "test.yaml", Text: []byte(text)}, testCatalogue(2), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Controls{AA: true, Canary: true}); p.Controls != want {
		t.Errorf("controls are %+v, want %+v", p.Controls, want)
	}
	if n := len(p.Dropped); n == 0 || p.Dropped[n-1].Cell.Control != ControlPositive || p.Dropped[n-1].Because == "" {
		t.Errorf("dropped: %+v, want the positive control with its reason", p.Dropped)
	}
}
