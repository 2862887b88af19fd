package experiments

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	maxWords     = 200
	maxParams    = 20
	maxFiles     = 100
	maxFileBytes = 64 << 20
)

func (r *reader) cCommand(n *yaml.Node) {
	const example = `command: {threads: [python3, sum.py, "{{workers}}"]}`
	if !r.mapping(n, "command", example) {
		return
	}
	if len(n.Content) == 0 {
		r.fault(n, "command: no model has words").Remedy = "write " + example
	}
	for _, p := range r.pairs(n) {
		if !slices.Contains(Models, p.key.Value) {
			r.unknown(p.key, "model", Models)
			continue
		}
		r.w.program.argv[p.key.Value] = r.argv(p.val, "command")
		r.w.program.nodes[p.key.Value] = p.val
	}
}

// argv reads the words of a command line.
func (r *reader) argv(n *yaml.Node, what string) []string {
	var words []string
	for _, c := range r.list(n, what, what+": [python3, sum.py]") {
		if w, ok := r.verbatim(c, what); ok {
			words = append(words, w)
		}
	}
	if len(words) > maxWords {
		r.fault(n, "%s: %d words are too many", what, len(words)).Allowed = fmt.Sprintf("%d words", maxWords)
	}
	return words
}

// verbatim reads a word just as it is written: what a number is to YAML is
// a word to a program.
func (r *reader) verbatim(n *yaml.Node, what string) (string, bool) {
	switch {
	case r.bad[n]:
		return "", false
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0:
		r.wrong(n, what, "a word").Remedy = `put braces into quotes: "{{items}}"`
		return "", false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, what, "a word").Remedy = `an empty word is written ""`
		return "", false
	case strings.ContainsRune(n.Value, 0):
		r.fault(n, "%s: a word cannot hold the byte 0", what).Remedy = "remove it"
		return "", false
	}
	return n.Value, true
}

var paramName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (r *reader) cParams(n *yaml.Node) {
	if !r.mapping(n, "params", "params: {size: [10, 1000]}") {
		return
	}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		taken := slices.Concat(cellAxes, placeholders, []string{"duration", "timeout", "label", "because"})
		switch {
		case len(n.Content)/2 > maxParams:
			r.fault(n, "params: %d are too many", len(n.Content)/2).Allowed = fmt.Sprintf("%d params", maxParams)
			return
		case !paramName.MatchString(name):
			r.fault(p.key, "params: %s is not a name", quote(name)).Allowed = "letters in lower case, digits and _, beginning with a letter"
		case slices.Contains(taken, name):
			r.fault(p.key, "params: %s has a meaning of its own", name).Remedy = "choose another name"
		default:
			r.w.program.params = append(r.w.program.params, p)
		}
	}
}

// ownParams makes the params of a command what those of a kernel are: axes.
func (r *reader) ownParams() {
	const allowed = "one word without spaces"
	for _, p := range r.w.program.params {
		spec := ParamSpec{Name: p.key.Value, Allowed: allowed, Check: func(text string) (string, error) {
			if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				return "", fmt.Errorf("%q is not one word", text)
			}
			return text, nil
		}}
		var values []string
		for _, c := range r.either(p.val, "params."+spec.Name, spec.Name+": [10, 1000]") {
			text, ok := r.verbatim(c, "params."+spec.Name)
			if !ok {
				continue
			}
			if _, err := spec.Check(text); err != nil {
				r.fault(c, "params.%s: %v", spec.Name, err).Allowed = allowed
			} else if !r.again(c, "params."+spec.Name, slices.Contains(values, text)) {
				values = append(values, text)
			}
		}
		if len(values) > 0 {
			spec.Default = values[0]
		}
		r.w.spec.Params = append(r.w.spec.Params, spec)
		r.w.params = append(r.w.params, param{spec.Name, values})
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (r *reader) cEnv(n *yaml.Node) {
	if !r.mapping(n, "env", `env: {OMP_NUM_THREADS: "{{workers}}"}`) {
		return
	}
	r.w.program.all.Env = map[string]string{}
	for _, p := range r.pairs(n) {
		switch name := p.key.Value; {
		case !envName.MatchString(name):
			r.fault(p.key, "env: %s is not the name of a variable", quote(name)).Allowed = "letters, digits and _, not beginning with a digit"
		case strings.HasPrefix(name, "FORKLORE_"):
			r.fault(p.key, "env: %s belongs to forklore", name).Remedy = "choose another name"
		default:
			if text, ok := r.verbatim(p.val, "env."+name); ok {
				r.w.program.all.Env[name] = text
			}
		}
	}
}

func (r *reader) cFiles(n *yaml.Node) {
	for _, c := range r.list(n, "files", "files: [sum.py]") {
		name, ok := r.verbatim(c, "files")
		if !ok || r.again(c, "files", slices.Contains(r.w.program.all.Files, name)) {
			continue
		}
		if because := r.unfit(name); because != "" {
			r.fault(c, "files: %s %s", quote(name), because).Remedy = "name files in the experiment's folder or below it; without files a command runs in that folder itself"
			continue
		}
		r.w.program.all.Files = append(r.w.program.all.Files, name)
	}
	if len(n.Content) > maxFiles {
		r.fault(n, "files: %d are too many", len(n.Content)).Allowed = fmt.Sprintf("%d files", maxFiles)
	}
}

// unfit says why a file cannot be one of a command, or "".
func (r *reader) unfit(name string) string {
	if !fs.ValidPath(name) || name == "." {
		return "is not a path below the experiment's folder"
	}
	if r.folder == nil {
		return ""
	}
	info, err := fs.Stat(r.folder, name)
	switch {
	case err != nil:
		return "is not there"
	case !info.Mode().IsRegular():
		return "is no file"
	case info.Size() > maxFileBytes:
		return fmt.Sprintf("has more than %d MiB", maxFileBytes>>20)
	}
	return ""
}

func (r *reader) cNeeds(n *yaml.Node) {
	for _, c := range r.list(n, "needs", "needs: [make, cc]") {
		name, ok := r.verbatim(c, "needs")
		switch {
		case !ok || r.again(c, "needs", slices.Contains(r.w.program.all.Needs, name)):
		case name == "" || strings.ContainsAny(name, "/ {}"):
			r.fault(c, "needs: %s is not the name of a program", quote(name)).Remedy = "write the name that PATH is searched for"
		default:
			r.w.program.all.Needs = append(r.w.program.all.Needs, name)
		}
	}
}

func (r *reader) cBuild(n *yaml.Node)   { r.w.program.all.Build = r.fixed(n, "build") }
func (r *reader) cVersion(n *yaml.Node) { r.w.program.all.Version = r.fixed(n, "version") }

// fixed reads the words of what is run outside any trial.
func (r *reader) fixed(n *yaml.Node, what string) []string {
	words := r.argv(n, what)
	if names := heldIn(words...); len(names) > 0 {
		r.fault(n, "%s: {{%s}} is known only in a trial", what, names[0]).Remedy = "write it without, as one runs it in the folder of the program"
	}
	return words
}

func (r *reader) cProtocol(n *yaml.Node) {
	v, _ := r.whole(n, "protocol", 1, 1)
	r.w.program.all.Protocol = int(v)
}

func (r *reader) cInstall(n *yaml.Node) { r.w.program.all.Install, _ = r.prose(n, "install") }

func (r *reader) cVerify(n *yaml.Node) {
	if r.mapping(n, "verify", "verify: {checksum: stdout}") {
		r.group(n, "workloads.verify.", nil)
	}
}

func (r *reader) cExit(n *yaml.Node) {
	v, _ := r.whole(n, "verify.exit", 0, 255)
	r.w.program.all.Verify.Exit = int(v)
}

func (r *reader) cOutput(n *yaml.Node) {
	r.w.program.all.Verify.Output, _ = r.expression(n, "verify.output")
}

// expression reads a regular expression and says how many groups it has.
func (r *reader) expression(n *yaml.Node, what string) (text string, groups int) {
	text, ok := r.prose(n, what)
	if !ok {
		return "", 1
	}
	e, err := regexp.Compile(text)
	if err != nil {
		r.fault(n, "%s: %s", what, strings.TrimPrefix(err.Error(), "error parsing regexp: ")).Remedy = "write a regular expression as RE2 knows them, in single quotes"
		return "", 1
	}
	return text, e.NumSubexp()
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (r *reader) cChecksum(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && sha256Hex.MatchString(n.Value) {
		r.w.program.all.Verify.Checksum = n.Value
		return
	}
	word, ok := r.word(n, "checksum", []string{ChecksumStdout, ChecksumSum, "a SHA-256 in 64 hex digits"})
	if ok {
		r.w.program.all.Verify.Checksum = word
	}
}
