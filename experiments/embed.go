package experiments

import (
	"embed"
	"slices"
	"strings"
)

//go:embed *.yaml textbook.md other-languages
var shipped embed.FS

// readingOrder names the shipped experiments as one would read them: the prices that
// the textbooks begin with, then work by what it waits for, then the kernel beneath,
// then what users do with all that, what goes wrong, and at last the same in other languages.
var readingOrder = []string{
	"quick",
	"creation-cost", "data-sharing", "context-switch", "resource-use",
	"cpu-bound", "io-wait", "durable-writes", "memory-bound", "allocation",
	"page-faults", "descriptors", "locks", "scheduling", "message-size",
	"data-processing", "scientific",
	"web-servers", "user-interface", "stability", "supervision", "server-faults", "isolation",
	"python-threads", "node-threads", "c-threads",
}

// Embedded returns the names of the shipped experiments in reading order.
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
	place := func(name string) int { return slices.Index(readingOrder, name) }
	slices.SortStableFunc(out, func(a, b string) int { return place(a) - place(b) })
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
