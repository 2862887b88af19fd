package experiments

import (
	"embed"
	"strings"
)

//go:embed *.yaml other-languages
var shipped embed.FS

// Embedded returns the names of the shipped experiments, in order.
func Embedded() []string {
	entries, err := shipped.ReadDir(".")
	if err != nil {
		panic("experiments: embedded files: " + err.Error())
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			out = append(out, name)
		}
	}
	return out
}

// ReadEmbedded returns a shipped experiment, and false for a name that is not
// shipped. Its File is "embedded:NAME".
func ReadEmbedded(name string) (Source, bool) {
	b, err := shipped.ReadFile(name + ".yaml")
	if err != nil {
		return Source{}, false
	}
	return Source{Name: name, File: "embedded:" + name, Text: b, Folder: shipped}, true
}
