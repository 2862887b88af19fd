package experiments

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	maxCores   = 4096 // of one machine
	maxWorkers = 100_000
	coresForm  = "cores: [1, 2, max] or cores: {powers_of_two: max}"
)

// coresReader reads one cores key. Counts above the host's are kept where the
// author said when_missing: skip, and dropped from the plan with the reason.
type coresReader struct {
	*reader
	skip bool
	host bool // some count depends on the host
	out  []int
}

func (r *reader) cores(n *yaml.Node) {
	c := &coresReader{reader: r}
	switch {
	case r.bad[n] || strings.Contains(n.Value, ":") && r.trap(n, "cores", rangeForm(n.Value)):
	case n.Kind == yaml.SequenceNode:
		c.entries(n)
	case n.Kind == yaml.MappingNode:
		c.form(n, true)
	default:
		r.wrong(n, "cores", "a list").Remedy = fmt.Sprintf("write cores: [%s]", n.Value)
	}
	r.grid.cores, r.grid.hostCores = c.out, c.host || c.skip
}

func (c *coresReader) entries(n *yaml.Node) {
	seen := map[string]bool{}
	for _, entry := range c.list(n, "cores", coresForm) {
		switch {
		case c.bad[entry] || c.trap(entry, "cores", rangeForm(entry.Value)):
		case entry.Kind == yaml.MappingNode:
			c.form(entry, false)
		case !c.again(entry, "cores", seen[entry.Value]):
			seen[entry.Value] = true
			if v, ok := c.count(entry, "cores"); ok {
				c.fits(entry, v)
				c.add(v)
			}
		}
	}
}

// count reads a count of cores or max.
func (c *coresReader) count(n *yaml.Node, what string) (int, bool) {
	if n.Kind == yaml.ScalarNode && n.Value == "max" {
		c.host = true
		return c.grid.cpus, true
	}
	if isPlain(n) && n.Tag == "!!str" && !isSwitch(n) && !numberLike.MatchString(n.Value) {
		f := c.fault(n, "%s: expected a count of cores or max, found %s", what, describe(n))
		f.Remedy = "write max for all CPUs that the machine has"
		return 0, false
	}
	v, ok := c.whole(n, what, 1, maxCores)
	return int(v), ok
}

// rangeForm says how to write what other tools write as 1:30.
func rangeForm(s string) string {
	if from, to, ok := strings.Cut(s, ":"); ok && !strings.Contains(to, ":") {
		return fmt.Sprintf("cores: {from: %s, to: %s} for a range, or cores: [%s, %s] for two counts", from, to, from, to)
	}
	return coresForm
}

var numberLike = regexp.MustCompile(`^[-+]?[0-9]`)

// fits checks a count against the host, unless the author said what happens
// where it has fewer CPUs. From then on the grid is that of a larger machine,
// so that everything else can be judged.
func (c *coresReader) fits(n *yaml.Node, v int) {
	if v > c.grid.cpus && !c.skip {
		f := c.lack(n, "cores: %d cores are asked for; this machine has %s", v, plural(c.grid.cpus, "usable CPU"))
		f.Remedy = "write max, or cores: {list: [...], when_missing: skip} to leave out what a machine lacks"
		c.grid.room = max(c.grid.room, v)
	}
}

// add keeps a count once.
func (c *coresReader) add(v int) {
	if !slices.Contains(c.out, v) {
		c.out = append(c.out, v)
	}
}

// form reads {powers_of_two}, {from, to, step} or, at the top, {list}; each
// with when_missing at the top.
func (c *coresReader) form(n *yaml.Node, top bool) {
	known := []string{"powers_of_two", "from", "to", "step"}
	if top {
		known = append(known, "list", "when_missing")
	}
	keys := map[string]*yaml.Node{}
	for _, p := range c.pairs(n) {
		if !slices.Contains(known, p.key.Value) {
			c.unknown(p.key, "key of cores", known)
			return
		}
		keys[p.key.Value] = p.val
	}
	if m := keys["when_missing"]; m != nil {
		v, _ := c.word(m, "when_missing", []string{"skip"})
		c.skip = v == "skip" || v == "" // a typo in the word is no reason to complain of the counts
	}
	ranged := keys["from"] != nil || keys["to"] != nil || keys["step"] != nil
	forms := 0
	for _, has := range []bool{keys["list"] != nil, keys["powers_of_two"] != nil, ranged} {
		if has {
			forms++
		}
	}
	switch {
	case forms != 1:
		c.fault(n, "cores: write exactly one of list, powers_of_two and from/to").Remedy = "for example " + coresForm
	case keys["list"] != nil:
		c.entries(keys["list"])
	case ranged:
		c.span(n, keys)
	default:
		c.powers(keys["powers_of_two"])
	}
}

// powers adds 1, 2, 4... below the bound, and the bound itself.
func (c *coresReader) powers(n *yaml.Node) {
	bound, ok := c.count(n, "powers_of_two")
	if !ok {
		return
	}
	c.fits(n, bound)
	for v := 1; v < bound; v *= 2 {
		c.add(v)
	}
	c.add(bound)
}

func (c *coresReader) span(n *yaml.Node, keys map[string]*yaml.Node) {
	from, step, ok := 1, 1, true
	if keys["to"] == nil {
		c.fault(n, "cores: from and step need to").Remedy = "write cores: {from: 1, to: max}"
		return
	}
	to, ok1 := c.count(keys["to"], "to")
	if k := keys["from"]; k != nil {
		from, ok = c.count(k, "from")
	}
	if k := keys["step"]; k != nil {
		v, ok2 := c.whole(k, "step", 1, maxCores)
		step, ok = int(v), ok && ok2
	}
	switch {
	case !ok || !ok1:
	case from > to && keys["to"].Value == "max":
		c.fits(keys["from"], from)
		c.add(from)
	case from > to:
		c.fault(n, "cores: from %d is more than to %d", from, to).Remedy = "write the smaller one first"
	default:
		c.fits(keys["to"], to)
		for v := from; v <= to; v += step {
			c.add(v)
		}
	}
}

// workerCount is a number of workers: a count, or a multiple of the cores.
type workerCount struct {
	n     int
	times bool
}

func (w workerCount) of(cores int) int {
	if w.times {
		return w.n * cores
	}
	return w.n
}

func (w workerCount) String() string {
	if w.times {
		return strconv.Itoa(w.n) + "x"
	}
	return strconv.Itoa(w.n)
}

var multiple = regexp.MustCompile(`^([0-9]+)x$`)

func (r *reader) workers(n *yaml.Node) {
	r.grid.workers = nil
	for _, c := range r.either(n, "workers", "workers: [1x, 4x]") {
		w, ok := r.worker(c)
		if ok && !r.again(c, "workers", slices.Contains(r.grid.workers, w)) {
			r.grid.workers = append(r.grid.workers, w)
		}
	}
}

func (r *reader) worker(n *yaml.Node) (workerCount, bool) {
	if m := multiple.FindStringSubmatch(n.Value); m != nil && n.Kind == yaml.ScalarNode && !r.bad[n] {
		v, err := strconv.Atoi(m[1])
		if err != nil || v < 1 || v > 1024 || m[1][0] == '0' {
			r.fault(n, "workers: %s is out of range", n.Value).Allowed = "multiples from 1x to 1024x"
			return workerCount{}, false
		}
		return workerCount{v, true}, true
	}
	if isPlain(n) && n.Tag == "!!str" && !isSwitch(n) && !r.bad[n] {
		f := r.fault(n, "workers: expected a count or a multiple of the cores, found %s", describe(n))
		f.Remedy = "write 8 for eight workers, 4x for four per core"
		return workerCount{}, false
	}
	v, ok := r.whole(n, "workers", 1, maxWorkers)
	return workerCount{int(v), false}, ok
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
