package experiments

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// claim is one entry of the list of claims.
type claim struct {
	Claim
	node        *yaml.Node
	bounds      []*yaml.Node    // of otherwise
	given       map[string]pair // its keys
	unclear     bool            // its keys do not go together
	left, right *yaml.Node
	where       []whereClause
}

// whereClause is one axis of where, with the node of each value.
type whereClause struct {
	condition
	nodes []*yaml.Node
}

func (c *claim) has(name string) bool { return c.given[name].key != nil }

const claimForm = `claims: [{says: "Processes are faster.", metric: wall_s, compare: {processes: goroutines}}]`

func claimKeys() []keyReader {
	return []keyReader{
		{Key: Key{"claims", "Statements that the run puts to the test, written down before it.",
			"list of mappings with says, metric, and compare, at_least or at_most, or with says, model, law and quantity", "", claimForm, false},
			read: (*reader).claims},
		{Key: Key{"claims.id", "The claim's name in tables; claim-1, claim-2... unless given.", "words in lower case with -",
			"", "id: processes-faster", false}, read: (*reader).claimID},
		{Key: Key{"claims.says", "The sentence under test.", "one line of text", "", "says: Processes are faster.", true}, read: (*reader).claimSays},
		{Key: Key{"claims.metric", "What is measured; ok is the share of trials that end well, can_... the share in which a probe succeeds.", "name, see forklore list metrics",
			"", "metric: wall_s", false}, read: (*reader).claimMetric},
		{Key: Key{"claims.compare", "Two values of one axis, as models, links or worker counts: the one that is claimed to be better, and the one it is held against.",
			"mapping of one value of an axis to another, or of axis, left (claimed to be better) and right", "",
			"compare: {processes: goroutines}", false}, read: (*reader).claimCompare},
		{Key: Key{"claims.law", "Makes the claim one about a scaling law; usl unless given.", strings.Join(laws, ", "),
			"", "law: amdahl", false}, read: (*reader).claimLaw},
		{Key: Key{"claims.quantity", "Of the fitted law: the largest speedup (peak), where it lies (n_star), what contention alone allows (limit), or a parameter.",
			strings.Join(quantities, ", "), "", "quantity: peak", false}, read: (*reader).claimQuantity},
		{Key: Key{"claims.model", "Whose curve the law is fitted to.", "name of a model", "", "model: processes", false}, read: (*reader).claimModel},
		{Key: Key{"claims.at_least", "The metric, the quantity, or with compare the ratio in favour of the left side (of shares the difference), is at least this.",
			"number with the metric's unit: 5ms, 64MiB, 3x, 95%", "", "at_least: 1.5x", false}, read: (*reader).claimAtLeast},
		{Key: Key{"claims.at_most", "The same, at most this. Both together claim that it lies between them.",
			"number with the metric's unit: 5ms, 64MiB, 3x, 95%", "", "at_most: 3x", false}, read: (*reader).claimAtMost},
		{Key: Key{"claims.where", "Which cells the claim is about; all unless given.", "mapping of axes to a value or a list of values",
			"", "where: {workload: sieve, cores: max}", false}, read: (*reader).claimWhere},
		{Key: Key{"claims.margin", "Differences within this margin do not matter; 5 % for time, throughput and CPU, 10 % for memory, 20 % for tails, 0.05 between shares unless given.",
			"share above 0", "", "margin: 3%", false}, read: (*reader).claimMargin},
		{Key: Key{"claims.otherwise", "Claims of this file that bound this one: where their verdicts stand beside its own, a reader sees when it is otherwise.",
			"id of another claim, or list of ids", "", "otherwise: [shared-pages-help]", false}, read: (*reader).claimOtherwise},
	}
}

var (
	laws       = []string{"usl", "amdahl", "linear"}
	quantities = []string{"peak", "n_star", "limit", "sigma", "kappa"}
	claimName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// claims reads the list. The claims of the file stay as they are under a
// profile or an option that takes their cells away: their verdict will be that
// there are no data.
func (r *reader) claims(n *yaml.Node) {
	if r.fromBase["claims"] {
		r.e.Claims = r.told
		return
	}
	r.lenient = false
	ids := map[string]*yaml.Node{}
	for i, entry := range r.list(n, "claims", claimForm) {
		if r.tainted(entry) || !r.mapping(entry, "claims", claimForm) {
			continue
		}
		before := len(r.faults)
		r.claim(entry)
		c := r.c
		if c.ID == "" {
			c.ID = fmt.Sprintf("claim-%d", i+1)
		}
		at := entry
		if c.has("id") {
			at = c.given["id"].val
		}
		if first := ids[c.ID]; first != nil {
			r.fault(at, "claims: the id %s is given twice; the first is at line %d", c.ID, first.Line).Remedy = "give one of them another id"
		}
		ids[c.ID] = at
		if len(r.faults) == before {
			r.grid.claims = append(r.grid.claims, c)
			r.e.Claims = append(r.e.Claims, c.Claim)
		}
	}
	r.checkOtherwise(ids)
	if r.fromBase == nil {
		r.told = r.e.Claims
	}
}

// claim reads one entry into r.c.
func (r *reader) claim(n *yaml.Node) {
	c := &claim{node: n, given: map[string]pair{}}
	for _, p := range r.pairs(n) {
		c.given[p.key.Value] = p
	}
	r.c = c
	before := len(r.faults)
	r.kind()
	c.unclear = c.unclear || len(r.faults) > before
	r.group(n, "claims.", nil)
	r.claimBounds()
}

// kind decides what kind of claim the keys make, and reports keys that do not
// go together.
func (r *reader) kind() {
	c := r.c
	bounded := c.has("at_least") || c.has("at_most")
	scaling := c.has("law") || c.has("quantity") || c.has("model")
	metric := ""
	if c.has("metric") {
		metric = c.given["metric"].val.Value
	}
	switch {
	case scaling:
		c.Kind, c.Metric = ClaimScaling, "throughput_items_per_s"
		r.clash("a law is fitted to the throughput of one model over cores", "metric", "compare", "margin")
		if !bounded || !c.has("model") || !c.has("quantity") {
			r.lacks("a claim about a scaling law needs model, quantity, and at_least or at_most")
		}
	case c.has("compare"):
		c.Kind = ClaimCompare
		if metric == "ok" {
			r.fault(c.given["compare"].key, "claims: ok is a share of trials; it has no ratio to compare").Remedy = claimKinds
		}
		if bounded {
			r.clash("at_least and at_most say by how much", "margin")
		}
		if !c.has("metric") {
			r.lacks("compare needs a metric")
		}
	case bounded:
		c.Kind = ClaimBound
		if Proportion(metric) {
			c.Kind = ClaimProportion
		}
		r.clash("at_least and at_most are limits, not differences", "margin")
		if !c.has("metric") {
			r.lacks("at_least and at_most need a metric")
		}
	default:
		r.lacks("nothing is claimed")
	}
}

const claimKinds = "a claim is one of: metric and compare; metric, compare and at_least or at_most (of the ratio); " +
	"metric and at_least or at_most; law, quantity, model and at_least or at_most"

// clash reports keys that the claim has and its kind cannot have.
func (r *reader) clash(because string, names ...string) {
	for _, name := range names {
		if r.c.has(name) {
			r.fault(r.c.given[name].key, "claims: %s does not belong here: %s", name, because).Remedy = claimKinds
		}
	}
}

// lacks reports what the claim needs, unless a misspelt key may be just that.
func (r *reader) lacks(message string) {
	for name := range r.c.given {
		if !slices.ContainsFunc(claimKeys(), func(k keyReader) bool { return k.Name == "claims."+name }) {
			r.c.unclear = true
			return
		}
	}
	r.fault(r.c.node, "claims: %s", message).Remedy = claimKinds
}

func (r *reader) claimID(n *yaml.Node) {
	s, ok := r.prose(n, "id")
	if ok && (!claimName.MatchString(s) || len(s) > 40) {
		r.fault(n, "id: %s is not an id", quote(s)).Allowed = "at most 40 letters in lower case and digits, with - between words: threads-win"
	}
	r.c.ID = s
}

func (r *reader) claimSays(n *yaml.Node) {
	s, ok := r.prose(n, "says")
	s = strings.TrimSpace(s)
	if ok && (strings.ContainsAny(s, "\n\r") || len([]rune(s)) > 300) {
		r.fault(n, "says: a claim is one line of at most 300 characters").Remedy = "say one thing in one sentence; use says: > to break the line in the file"
	}
	r.c.Says = s
}

func (r *reader) claimMetric(n *yaml.Node) {
	name, ok := r.prose(n, "metric")
	known := slices.Concat([]string{"ok"}, r.cat.Metrics, r.grid.metrics)
	measured := func(c CompanionSpec) bool { return slices.Contains(c.Measures, name) }
	if ok && len(r.cat.Metrics) > 0 && !slices.Contains(addMeasures(known, r.cat.Workloads), name) && !slices.ContainsFunc(r.cat.Companions, measured) {
		r.unknown(n, "metric", addMeasures(known, r.grid.specs()))
	}
	r.c.Metric = name
}

// addMeasures adds to metrics what workloads measure of themselves, each name once.
func addMeasures(metrics []string, workloads []WorkloadSpec) []string {
	metrics = slices.Clone(metrics)
	for _, s := range workloads {
		for _, m := range s.Measures {
			if !slices.Contains(metrics, m) {
				metrics = append(metrics, m)
			}
		}
	}
	return metrics
}

func (r *reader) claimLaw(n *yaml.Node) {
	r.c.Law, _ = r.word(n, "law", laws)
	if r.c.Law == "linear" {
		r.fault(n, "law: a straight line has no peak, limit or contention to make claims about").Remedy =
			"write law: usl, quantity: sigma, at_most: 1%"
	}
}

func (r *reader) claimQuantity(n *yaml.Node) {
	q, ok := r.word(n, "quantity", quantities)
	if r.c.Law == "" {
		r.c.Law = "usl"
	}
	if ok && r.c.Law == "amdahl" && (q == "n_star" || q == "kappa") {
		r.fault(n, "quantity: Amdahl's law has no %s", q).Allowed = "peak, limit, sigma; or law: usl"
	}
	r.c.Quantity = q
}

func (r *reader) claimModel(n *yaml.Node) {
	if values, ok := r.value("model", n); ok {
		r.c.Model = values[0]
	}
	if r.c.Model == Sequential {
		r.fault(n, "model: sequential is one worker: it has no curve").Remedy = "name a model with several workers"
	}
}

func (r *reader) claimMargin(n *yaml.Node) {
	r.c.Margin, _ = r.share(n, "margin", 0.001, 1)
}

// claimOtherwise reads the ids of other claims; whether these are there is seen at the end of the list.
func (r *reader) claimOtherwise(n *yaml.Node) {
	for _, one := range r.either(n, "otherwise", "otherwise: [shared-pages-help]") {
		id, ok := r.prose(one, "otherwise")
		if !ok || r.again(one, "otherwise", slices.Contains(r.c.Otherwise, id)) {
			continue
		}
		r.c.Otherwise, r.c.bounds = append(r.c.Otherwise, id), append(r.c.bounds, one)
	}
}

// checkOtherwise reports ids of otherwise that no other claim has.
func (r *reader) checkOtherwise(ids map[string]*yaml.Node) {
	have := slices.Sorted(maps.Keys(ids))
	for _, c := range r.grid.claims {
		for _, n := range c.bounds {
			switch {
			case n.Value == c.ID:
				r.fault(n, "otherwise: %s is this claim itself", n.Value).Remedy = "name another claim of the file"
			case ids[n.Value] == nil:
				f := r.fault(n, "otherwise: no claim of the file has the id %s", n.Value)
				f.Allowed, f.Nearest = some(have), nearest(n.Value, have)
			}
		}
	}
}

func (r *reader) claimAtLeast(n *yaml.Node) { r.c.AtLeast = r.bound(n, "at_least") }
func (r *reader) claimAtMost(n *yaml.Node)  { r.c.AtMost = r.bound(n, "at_most") }

// bound reads a limit in the unit of what it limits.
func (r *reader) bound(n *yaml.Node, what string) *float64 {
	m := ratios
	if r.c.Kind == ClaimBound {
		m = measureOf(r.c.Metric)
	}
	if r.c.unclear {
		return nil
	}
	v, ok := r.quantity(n, what, m)
	switch {
	case !ok:
		return nil
	case r.c.Kind == ClaimProportion && v > 1:
		r.fault(n, "%s: %s is more than all trials", what, n.Value).Allowed = "a share from 0 to 1, or 0% to 100%"
	case r.c.Kind == ClaimCompare && Level(r.c.Metric) && (v > 1 || strings.HasSuffix(n.Value, "x")):
		r.fault(n, "%s: two shares are compared by their difference, and %s is none", what, n.Value).Allowed = "a difference from 0 to 1, or 0% to 100%"
	case r.c.Kind == ClaimCompare && !Level(r.c.Metric) && v == 0:
		r.fault(n, "%s: a ratio is above 0", what).Remedy = "write for example at_least: 1.5x"
	}
	return &v
}

func (r *reader) claimBounds() {
	c := r.c
	if c.AtLeast != nil && c.AtMost != nil && *c.AtLeast > *c.AtMost {
		r.fault(c.given["at_least"].val, "claims: at_least %s is more than at_most %s", c.given["at_least"].val.Value,
			c.given["at_most"].val.Value).Remedy = "swap them"
	}
}
