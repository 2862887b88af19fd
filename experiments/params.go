package experiments

import (
	"maps"
	"slices"
	"strings"
)

// ParamText returns the cell's parameters as one text, sorted by name:
// "block=64 n=256". It is how files and tables show them.
func (c Cell) ParamText() string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		words = append(words, name+"="+c.Params[name])
	}
	return strings.Join(words, " ")
}
