package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"forklore/experiments"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main([]string{"schema"}, &out, &errs); code != exitOK {
		t.Fatalf("code %d: %s", code, errs.String())
	}
	doc, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("experiment.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("experiment.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as a validator of JSON does.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestSchemaAcceptsWhatIsValid(t *testing.T) {
	s := compiled(t)
	for _, name := range experiments.Embedded() {
		src, _ := experiments.ReadEmbedded(name)
		if err := s.Validate(asJSON(t, src.Text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 3 {
		t.Fatalf("%d examples in the README", len(blocks))
	}
	for i, m := range blocks {
		if err := s.Validate(asJSON(t, m[1])); err != nil {
			t.Errorf("README example %d: %v", i+1, err)
		}
	}
}

// Each key's own example fits the schema, and no key is without a form.
func TestSchemaKnowsEveryKey(t *testing.T) {
	s := compiled(t)
	cat, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	forms := forms(cat)
	built := []string{"workloads", "models", "trials", "controls", "claims", "placement", "sample", "workloads.verify", "workloads.metrics"}
	known := map[string]bool{}
	for _, k := range experiments.Keys() {
		known[k.Name] = true
		if _, ok := forms[k.Name]; !ok && !strings.Contains(" "+strings.Join(built, " ")+" ", " "+k.Name+" ") {
			t.Errorf("key %s has no form in the schema", k.Name)
		}
		if strings.Contains(k.Name, ".") {
			continue
		}
		doc := map[string]any{"question": "Q?", "workloads": []any{"sieve"}, "models": []any{"goroutines"}, "cores": []any{1}}
		var example map[string]any
		if err := yaml.Unmarshal([]byte(k.Example), &example); err != nil {
			t.Fatal(err)
		}
		doc[k.Name] = example[k.Name]
		text, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("the example of %s: %v", k.Name, err)
		}
	}
	for name := range forms {
		if !known[name] {
			t.Errorf("the schema has a form for %s, which is no key", name)
		}
	}
}

// What a command takes is checked as well, and what it prints is a metric.
func TestSchemaOfCommands(t *testing.T) {
	s := compiled(t)
	const good = `question: Q?
workloads: [{label: p, command: {threads: [p, 1, "{{items}}"]}, params: {n: [1, a]}, env: {A: 1}, files: [x], build: [make], protocol: 1, install: i,
  verify: {exit: 0, output: "^x$", checksum: sum}, metrics: {took_s: {match: "([0-9])", unit: s, title: t, less: true}}}]
models: [threads]
cores: [1]
claims: [{says: S., metric: took_s, at_most: 5s}]
`
	if err := s.Validate(asJSON(t, []byte(good))); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"{label: p, ", "{"}, {"threads: [p", "thread: [p"}, {"protocol: 1", "protocol: 2"}, {"exit: 0", "exit: 256"}, {"checksum: sum", "checksum: md5"},
		{", less: true", ""}, {"command: {", "use: sieve, command: {"}, {"output", "outputs"}, {"match:", "mtch:"}, {"metric: took_s", "metric: Took"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if err := s.Validate(asJSON(t, []byte(bad))); err == nil {
			t.Errorf("accepted:\n%s", bad)
		}
	}
}

func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	s := compiled(t)
	const good = "question: Q?\nworkloads: [{use: sieve, segment: 4096}]\nmodels: [goroutines]\ncores: [1]\n"
	if err := s.Validate(asJSON(t, []byte(good))); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"question: Q?\n", ""}, {"sieve", "siev"}, {"segment", "segmnt"}, {"goroutines", "gorutines"},
		{"[1]", "[none]"}, {"[1]", "[0]"}, {"cores", "core"}, {"cores: [1]", "cores: [1]\ntimeout: 5"}, {"cores: [1]", "cores: [1]\ntrials: {mn: 5}"},
		{"cores: [1]", "cores: [1]\nclaims: [{says: S., metric: wall_ms}]"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if err := s.Validate(asJSON(t, []byte(bad))); err == nil {
			t.Errorf("accepted:\n%s", bad)
		}
	}
}
