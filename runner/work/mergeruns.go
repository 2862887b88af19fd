package work

import "math/bits"

// mergeRuns merges two sorted runs or more into to, which is as long as all of them:
// neighbours two at a time, between to and spare, so that the last merge ends in
// to. The slice of runs is used up.
func mergeRuns(runs [][]uint64, to, spare []uint64) {
	if bits.Len(uint(len(runs)-1))%2 == 0 {
		to, spare = spare, to
	}
	for len(runs) > 1 {
		rest, pairs := to, (len(runs)+1)/2
		for i := range pairs {
			first, second := runs[2*i], []uint64(nil)
			if 2*i+1 < len(runs) {
				second = runs[2*i+1]
			}
			n := len(first) + len(second)
			mergeTwo(rest[:n], first, second)
			runs[i], rest = rest[:n], rest[n:]
		}
		runs = runs[:pairs]
		to, spare = spare, to
	}
}

// mergeTwo merges two sorted runs into to, which is as long as both.
func mergeTwo(to, a, b []uint64) {
	n, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		if a[i] <= b[j] {
			to[n] = a[i]
			i++
		} else {
			to[n] = b[j]
			j++
		}
		n++
	}
	n += copy(to[n:], a[i:])
	copy(to[n:], b[j:])
}
