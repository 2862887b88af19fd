package work

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// Patterns and texts drawn at random from few letters, against Go's regexp: the
// same match, or none in both.
func TestMatcherAgreesWithRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := newMatcher(1000)
	for range 3000 {
		pattern := randomPattern(random, 3)
		ours, err := compilePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		theirs := regexp.MustCompile(pattern)
		for range 5 {
			text := randomText(random, 12)
			want := theirs.FindStringIndex(text)
			start, end, found := m.find(ours, []byte(text), 0)
			if found != (want != nil) || found && (start != want[0] || end != want[1]) {
				t.Fatalf("%q in %q: match [%d, %d), %v; Go's regexp finds %v", pattern, text, start, end, found, want)
			}
		}
	}
}

func randomText(random *rand.Rand, longest int) string {
	var text strings.Builder
	for range random.IntN(longest + 1) {
		text.WriteByte("abc"[random.IntN(3)])
	}
	return text.String()
}

// randomPattern nests groups depth times at the most. Repetitions of what may
// be empty are left out: there engines differ by design.
func randomPattern(random *rand.Rand, depth int) string {
	var pattern strings.Builder
	for range 1 + random.IntN(4) {
		switch choice := random.IntN(8); {
		case choice == 0 && depth > 0:
			pattern.WriteString("(" + randomPattern(random, depth-1) + "|" + randomPattern(random, depth-1) + ")")
		case choice == 1 && depth > 0:
			pattern.WriteString("(a" + randomPattern(random, depth-1) + ")" + []string{"*", "+", "?"}[random.IntN(3)])
		case choice == 2:
			pattern.WriteString([]string{"[ab]", "[bc]", "[abc]", "[c]"}[random.IntN(4)])
		case choice == 3:
			pattern.WriteString([]string{"a*", "b+", "c?", "[ab]*"}[random.IntN(4)])
		default:
			pattern.WriteByte("abc"[random.IntN(3)])
		}
	}
	return pattern.String()
}

func TestCompilePatternRefuses(t *testing.T) {
	for _, pattern := range []string{"*", "a**b", "(a", "a)", "[a", "[]", "a|+", "]"} {
		if _, err := compilePattern(pattern); err == nil || !strings.Contains(err.Error(), pattern) {
			t.Errorf("%q was compiled, or the error does not quote it: %v", pattern, err)
		}
	}
}
