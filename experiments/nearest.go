package experiments

import (
	"strings"
	"unicode"
)

// nearest returns the known name that a typo most probably meant, or "".
// It is the name at the smallest Damerau-Levenshtein distance (adjacent
// letters swapped count once), no farther than a third of its length.
func nearest(wrong string, known []string) string {
	const longest = 40 // a longer word is no typo of a name
	wrong = strings.ToLower(wrong)
	if len(wrong) > longest || !strings.ContainsFunc(wrong, unicode.IsLetter) {
		return ""
	}
	best, least := "", 1<<30
	for _, name := range known {
		if len(name) > longest {
			continue
		}
		d := distance([]rune(wrong), []rune(strings.ToLower(name)))
		if d < least && d <= max(1, (len(name)+1)/3) {
			best, least = name, d
		}
	}
	if best != "" {
		return best
	}
	for _, name := range known { // "process" for "processes", "auto_items" for "items"
		if len(wrong) >= 3 && strings.HasPrefix(name, wrong) || len(name) >= 4 && strings.Contains(wrong, name) {
			return name
		}
	}
	return ""
}

// distance is the optimal string alignment distance of two words.
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		old, prev, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], old[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = prev, row, old
	}
	return rows[1][len(b)]
}
