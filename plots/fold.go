package plots

import (
	"regexp"
	"slices"
	"strings"
)

// between finds what separates the parts of a name.
var between = regexp.MustCompile(`, |: `)

// words splits what stands beside a line, or above a panel, at what separates
// its words: "ring link=pipe, 2 cores" has three. Each keeps what stands before
// it, so that spoken makes the same text of all, and a sound one of some. The
// two sides of a comparison, "8 B / 64 B", are one word: neither means a thing
// without the other.
func words(text string) []string {
	var all []string
	ends := between.FindAllStringIndex(text, -1)
	head := text
	if len(ends) > 0 {
		head = text[:ends[0][0]]
	}
	if strings.Contains(head, " / ") {
		all = append(all, ", "+head)
	} else {
		for _, word := range strings.Fields(head) {
			all = append(all, " "+word)
		}
	}
	for i, at := range ends {
		to := len(text)
		if i+1 < len(ends) {
			to = ends[i+1][0]
		}
		all = append(all, text[at[0]:to])
	}
	return all
}

// spoken joins words.
func spoken(words []string) string {
	return strings.TrimLeft(strings.Join(words, ""), ",: ")
}

// shared returns the words that all lists have, in the order of the first.
func shared(lists ...[]string) []string {
	if len(lists) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(lists[0]), func(w string) bool {
		return slices.ContainsFunc(lists[1:], func(other []string) bool { return !slices.Contains(other, w) })
	})
}

// without returns the words of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(w string) bool { return slices.Contains(other, w) })
}

// fold takes out of texts what all of them say, and returns it: there is room
// for it above them. Of texts that are all alike it leaves everything.
func fold(texts []string) (common string, own []string) {
	var lists [][]string
	for _, t := range texts {
		lists = append(lists, words(t))
	}
	if !slices.ContainsFunc(texts, func(t string) bool { return t != texts[0] }) {
		return "", texts
	}
	same := shared(lists...)
	for _, list := range lists {
		own = append(own, spoken(without(list, same)))
	}
	return spoken(same), own
}
