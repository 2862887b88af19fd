package experiments

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

const maxTrials = 100_000

func (r *reader) question(n *yaml.Node) {
	s, ok := r.prose(n, "question")
	s = strings.TrimSpace(s)
	if ok && (strings.Contains(s, "\n") || len([]rune(s)) > 200) {
		r.fault(n, "question: a headline is one line of at most 200 characters").Remedy = "move the rest to analysis: |"
	}
	r.e.Question = s
}

func (r *reader) analysis(n *yaml.Node) { r.e.Analysis, _ = r.prose(n, "analysis") }

var tagWord = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (r *reader) tags(n *yaml.Node) {
	for _, c := range r.list(n, "tags", "tags: [cpu, short]") {
		tag, ok := r.prose(c, "tags")
		switch {
		case !ok:
		case !tagWord.MatchString(tag):
			r.fault(c, "tags: %s is not a tag", quote(tag)).Allowed = "letters in lower case, digits and -"
		case r.again(c, "tags", slices.Contains(r.e.Tags, tag)):
		default:
			r.e.Tags = append(r.e.Tags, tag)
		}
	}
}

// again reports an entry that its list already has.
func (r *reader) again(n *yaml.Node, what string, repeated bool) bool {
	if repeated {
		said := n.Value
		if said == "" {
			said = describe(n)
		}
		r.fault(n, "%s: %s is in the list twice", what, said).Remedy = "remove one of them"
	}
	return repeated
}

func (r *reader) charts(n *yaml.Node) {
	for _, c := range r.list(n, "charts", "charts: [speedup]") {
		name, ok := r.word(c, "chart", r.cat.Charts)
		if ok && !r.again(c, "charts", slices.Contains(r.e.Charts, name)) {
			r.e.Charts = append(r.e.Charts, name)
		}
	}
}

func (r *reader) trials(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		r.adaptive(n)
		return
	}
	v, _ := r.whole(n, "trials", 1, maxTrials)
	r.e.Trials = int(v)
}

func (r *reader) warmup(n *yaml.Node) {
	v, _ := r.whole(n, "warmup", 0, maxTrials)
	r.e.Warmup = int(v)
}

func (r *reader) order(n *yaml.Node) {
	r.e.Order, _ = r.word(n, "order", []string{"blocks", "sequential"})
	if r.e.Order == "sequential" && r.e.Adaptive != nil {
		r.fault(n, "order: adaptive trials end after whole blocks, and sequential order has none").Remedy =
			"write order: blocks, or a count: trials: 30"
	}
}

func (r *reader) seed(n *yaml.Node) { r.e.Seed, _ = r.whole(n, "seed", 0, math.MaxUint64) }

const (
	minTimeout = time.Millisecond
	maxTimeout = 7 * 24 * time.Hour
)

func (r *reader) timeout(n *yaml.Node) {
	r.grid.timeoutS, _ = r.span(n, "timeout", minTimeout, maxTimeout)
}

func (r *reader) placement(n *yaml.Node) {
	if r.mapping(n, "placement", "placement: {policy: compact}") {
		r.group(n, "placement.", nil)
	}
}

// setting makes the reader of a key that is one of a few words.
func setting(what string, at func(*Experiment) *string, known ...string) func(*reader, *yaml.Node) {
	return func(r *reader, n *yaml.Node) { *at(r.e), _ = r.word(n, what, known) }
}

func (r *reader) sample(n *yaml.Node) {
	if r.mapping(n, "sample", "sample: {every: 100ms}") {
		r.group(n, "sample.", nil)
	}
}

func (r *reader) sampleEvery(n *yaml.Node) {
	s, ok := r.span(n, "sample.every", 0, time.Minute)
	if ok && s > 0 && s < 0.001 {
		r.fault(n, "sample.every: %s is out of range", n.Value).Allowed = "a duration from 1ms to 1m, or 0s to turn the sampler off"
	}
	r.e.Sample.EveryS = s
}

func (r *reader) sampleMetrics(n *yaml.Node) {
	for _, c := range r.list(n, "sample.metrics", "metrics: [cpu, rss]") {
		name, ok := r.word(c, "sample metric", SampleMetrics)
		if ok && !r.again(c, "sample.metrics", slices.Contains(r.e.Sample.Metrics, name)) {
			r.e.Sample.Metrics = append(r.e.Sample.Metrics, name)
		}
	}
}

const maxIterations = 1_000_000

func (r *reader) schedule(n *yaml.Node) { r.grid.schedules = r.words(n, "schedule", Static, Dynamic) }
func (r *reader) scaling(n *yaml.Node)  { r.grid.scalings = r.words(n, "scaling", Strong, Weak) }

func (r *reader) iterations(n *yaml.Node) {
	r.grid.iterations = nil
	for _, c := range r.either(n, "iterations", "iterations: 1") {
		v, ok := r.whole(c, "iterations", 1, maxIterations)
		if ok && !r.again(c, "iterations", slices.Contains(r.grid.iterations, int(v))) {
			r.grid.iterations = append(r.grid.iterations, int(v))
		}
	}
}

// words reads one name, or a list of them: an axis.
func (r *reader) words(n *yaml.Node, what string, known ...string) []string {
	var out []string
	for _, c := range r.either(n, what, fmt.Sprintf("%s: %s", what, known[0])) {
		v, ok := r.word(c, what, known)
		if ok && !r.again(c, what, slices.Contains(out, v)) {
			out = append(out, v)
		}
	}
	return out
}
