package link

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

var kinds = map[string]Kind{}

// register adds a link; each one's file calls it from init. Two of one name are
// our own bug.
func register(k Kind) {
	if _, taken := kinds[k.Name]; taken {
		panic("link: two links are named " + k.Name)
	}
	kinds[k.Name] = k
}

// Kinds returns all links, sorted by name.
func Kinds() []Kind {
	list := slices.Collect(maps.Values(kinds))
	slices.SortFunc(list, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Names returns the names of all links, sorted.
func Names() []string { return slices.Sorted(maps.Keys(kinds)) }

// Lookup returns the link of that name. For an unknown name the error lists the
// known ones, nearest first.
func Lookup(name string) (Kind, error) {
	if k, ok := kinds[name]; ok {
		return k, nil
	}
	return Kind{}, fmt.Errorf("no link is named %q; there are %s", name, strings.Join(Nearest(name, Names()), ", "))
}

// Nearest returns names sorted by edit distance from name, then by spelling.
func Nearest(name string, names []string) []string {
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, func(a, b string) int {
		if d := distance(name, a) - distance(name, b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return sorted
}

// distance is Levenshtein's: the fewest bytes to insert, delete or replace to
// turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
